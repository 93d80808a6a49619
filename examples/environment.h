/* SPDX-License-Identifier: Apache-2.0 */
/* How the programs of this directory connect, sign and trust: from NEXUS_URL and its friends. The
 * library itself never reads the environment; a service with a configuration file calls the same
 * setters. docs/nexusctl.md has the table for readers. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <nexus/nexus.h>

/* Options filled from the environment, or NULL with `err` saying which variable is unusable.
 * `service` counts where NEXUS_SERVICE is not set. The caller destroys them. */
struct nexus_client_options *environment_options(const char *service, struct nexus_error *err);

/* A client connected as the environment says, or NULL. */
struct nexus_client *environment_client(const char *service, struct nexus_error *err);

/* A variable, and the command-line option that stands for it. */
struct environment_setting {
    const char *variable;
    const char *option; /* NULL for secrets: other users can read command lines */
    const char *value;  /* what it is: URL, FILE, "require|permit" */
    const char *help;
    /* Sets what it means, or checks that the one that it belongs to is set. */
    int (*set)(struct nexus_client_options *options, const char *value, struct nexus_error *err);
};

/* All of them; the last one has no variable. docs/nexusctl.md lists them, too: a test compares. */
extern const struct environment_setting environment_settings[];

/* A variable's value; NULL when it is not set, or empty. */
const char *environment_value(const char *variable);

#endif
