/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of nexusctl, and how it exits. */
#ifndef COMMAND_H
#define COMMAND_H

#include <nexus/nexus.h>

/* The exit status; part of what scripts rely on. */
enum exit_status {
    CTL_OK = 0,
    CTL_FAILED = 1,       /* an event was refused, a stream differs, … */
    CTL_USAGE = 2,        /* the command line is wrong; nothing was done */
    CTL_CONNECTION = 3,   /* no server, or it refused the credentials */
    CTL_NOTHING = 4,      /* the time is up: nothing received, or no ack */
    CTL_INTERRUPTED = 130 /* ended by Ctrl-C before it was done */
};

struct command {
    const char *name;
    const char *arguments; /* for the first line of its help */
    const char *summary;
    const char *help;
    int (*run)(int argc, char **argv);
};

extern const struct command channels_command;
extern const struct command jwks_command;
extern const struct command keygen_command;
extern const struct command provision_command;
extern const struct command pub_command;
extern const struct command sign_command;
extern const struct command sub_command;
extern const struct command verify_command;

/* What every command does first, as far as it has a connection. Reports a failure. */
struct nexus_client *ctl_connect(int *status);

/* Flushes standard output; false when it cannot be written. A reader that has gone (`| head`) is no
 * error and is not reported. */
bool ctl_flush(int *status);

#endif
