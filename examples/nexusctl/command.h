/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of nexusctl, and how it exits.
 *
 * A command is one `struct command` in a file of its own, one line in commands.c, and one in
 * docs/nexusctl.md. Its help, its page of the manual, the completion of the shells and the parsing
 * of its options all come from that struct. Every command takes --json; what it prints then goes to
 * standard output and is for programs: one JSON value, or one per line. Errors, progress and
 * summaries go to standard error.
 */
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

struct command_option {
    int key;           /* its letter; from 256 on: it has none */
    const char *name;  /* without the dashes */
    const char *value; /* NULL: a switch. FILE, DIR, CHANNEL and lists like "require|permit" are
                          completed */
    const char *help;  /* one sentence or two; wrapped where it is printed */
};

struct command {
    const char *name;      /* for an action with its command: "consumers list" */
    const char *arguments; /* for the first line of its help */
    const char *operands;  /* what completes its arguments, one after the other, as the values of
                              options are: "CHANNEL|all FILE"; NULL: nothing */
    const char *summary;
    const char *about;                    /* what stands before the options */
    const struct command_option *options; /* the last one has no name; NULL: none */
    const char *json;                     /* what --json prints, for the list of options */
    const char *notes;                    /* what stands behind the options, or NULL */
    const char *examples;                 /* one per line, beginning with two spaces */
    bool connects;                        /* takes the options of environment.c as well */
    const struct command *const *actions; /* ends with NULL: `nexusctl NAME ACTION`; or NULL */
    int (*run)(int argc, char **argv);    /* NULL where there are actions */
};

/* Every command, in the order of the help; NULL at the end. */
extern const struct command *const commands[];

extern const struct command bench_command;
extern const struct command capability_command;
extern const struct command capability_issue_command;
extern const struct command capability_show_command;
extern const struct command channels_command;
extern const struct command completion_command;
extern const struct command consumers_command;
extern const struct command consumers_create_command;
extern const struct command consumers_delete_command;
extern const struct command consumers_list_command;
extern const struct command dev_command;
extern const struct command dlq_command;
extern const struct command jwks_command;
extern const struct command doctor_command;
extern const struct command keygen_command;
extern const struct command man_command;
extern const struct command permissions_command;
extern const struct command provision_command;
extern const struct command pub_command;
extern const struct command replay_command;
extern const struct command schema_command;
extern const struct command sign_command;
extern const struct command stats_command;
extern const struct command sub_command;
extern const struct command trace_command;
extern const struct command validate_command;
extern const struct command verify_command;

/* Finds "pub", or "list" among the actions of a command. */
const struct command *command_find(const struct command *const *list, const char *name);

/* getopt_long() by the command's table: the key of the next option with its value in `optarg`, -1
 * after the last, '?' for one that is wrong, which has been reported. --json and the options of
 * environment.c are taken care of inside. Used by one command in the life of the program. */
int command_next(const struct command *command, int argc, char **argv);

/* Whether --json was given; known once command_next() has returned -1. */
bool command_json(void);

/* Prints the help of a command to standard output. */
void command_help(const struct command *command);

/* The same for programs: one command without a newline; all of them, and the variables. */
void command_put_json(const struct command *command);
void commands_put_json(void);

/* What every command does first, as far as it has a connection. Reports a failure. */
struct nexus_client *ctl_connect(int *status);

/* Flushes standard output; false when it cannot be written. A reader that has gone (`| head`) is no
 * error and is not reported. */
bool ctl_flush(int *status);

#endif
