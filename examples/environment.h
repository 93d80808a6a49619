/* SPDX-License-Identifier: Apache-2.0 */
/* How the programs of this directory connect: from NEXUS_URL and its friends. The library itself
 * never reads the environment; a service with a configuration file calls the same setters. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <nexus/nexus.h>

/* Options filled from the environment, or NULL with `err` saying which variable is unusable.
 * `service` counts where NEXUS_SERVICE is not set. The caller destroys them. */
struct nexus_client_options *environment_options(const char *service, struct nexus_error *err);

/* A client connected as the environment says, or NULL. */
struct nexus_client *environment_client(const char *service, struct nexus_error *err);

/* The variables and their meaning, for a help text: two columns, a line each. */
extern const char environment_help[];

#endif
