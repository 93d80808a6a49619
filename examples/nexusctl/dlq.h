/* SPDX-License-Identifier: Apache-2.0 */
/* What the actions of `nexusctl dlq` share: which letters, and how one is shown. */
#ifndef DLQ_H
#define DLQ_H

#include "command.h"

/* Letters that were chosen: by number, or by what they are. */
struct dlq {
    struct nexus_client *client;
    struct nexus_dead_letter_filter filter;
    uint64_t *numbers;
    size_t count, capacity;
    bool filtered; /* any option that chooses was given */
    bool all;
    bool no_memory;
};

/* The options that choose; takes those of their keys, and reports what is wrong. */
#define DLQ_CHOICE                                                                       \
    {'d', "dlq", "NAME", "the stream of dead letters (default: NEXUS_DLQ)"},             \
        {'S', "subject", "SUBJECT", "events of these subjects: 'nexus.salon-001.>'"},    \
        {'r', "reason", "rejected|exhausted|poison", "events given up for this reason"}, \
        {'c', "consumer", "NAME", "events that this consumer gave up"},                  \
        {'s', "since", "TIME", "given up in the last 10m, 24h, 7d, or since a date"},    \
    {                                                                                    \
        'u', "until", "TIME", "given up before then"                                     \
    }
int dlq_choose(struct dlq *dlq, const struct command *command, int option);

/* Reads the numbers on the command line; connects; with `all` or a filter looks up the rest. */
int dlq_open(struct dlq *dlq, const struct command *command, int argc, char **argv);
int dlq_find(struct dlq *dlq);
void dlq_close(struct dlq *dlq);

/* One letter as a row, as an object, as a page. */
void dlq_put_row(const struct nexus_dead_letter *letter);
void dlq_put_json(const struct nexus_dead_letter *letter, bool whole);
void dlq_put_page(const struct nexus_dead_letter *letter);

extern const struct command dlq_show_command;
extern const struct command dlq_retry_command;
extern const struct command dlq_purge_command;

#endif
