/* SPDX-License-Identifier: Apache-2.0 */
/* What the publishing and the consuming process of the fault tests share: settings from the command
 * line, a journal that survives kill -9, and events that can be told from their number alone. */
#ifndef DRIVE_H
#define DRIVE_H

#include <nexus/nexus.h>
#include <stdio.h>

#define EVENT_ID_SIZE  48
#define EVENT_PAYLOAD  1536
#define EVENT_TENANTS  5
#define EVENT_CHANNELS 4

/* One event: all of it follows from the publisher's name and the number. */
struct event {
    char id[EVENT_ID_SIZE];
    const char *tenant;
    const char *channel;
    char payload[EVENT_PAYLOAD];
};

void event_make(const char *publisher, unsigned number, struct event *out);

/* The event that a received payload claims to be; false when it is none of ours. */
bool event_read(const char *payload, struct event *out);

/* `name=value` from the command line; the default without it. A name that nobody asks for ends the
 * program, so that no scenario believes in a setting that does nothing. */
void settings_read(int argc, char **argv);
const char *setting(const char *name, const char *otherwise);
long setting_number(const char *name, long otherwise);
void settings_check(void);

/* One line, written with one call: a kill leaves whole lines, and none that was not true. */
void journal_open(const char *path);
void journal(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* CLOCK_MONOTONIC in nanoseconds: the same for all processes of the machine. */
long long monotonic(void);

/* Small, seeded, the same everywhere. */
struct dice {
    unsigned long long state;
};
unsigned dice_roll(struct dice *dice, unsigned sides);

/* Options from the settings that both sides know, and a client of them. Ends the program on error.
 */
struct nexus_client_options *drive_options(void);
struct nexus_client *drive_connect(struct nexus_client_options *options);
void drive_must(int status, const struct nexus_error *err, const char *what);

/* The last line of a journal: the counters, and the most memory that the process ever had. */
void drive_finish(struct nexus_client *client);

/* SIGTERM and SIGINT stop the client's run. */
void drive_stop_on_signal(struct nexus_client *client);
bool drive_stopped(void);

#endif
