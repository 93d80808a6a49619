/* SPDX-License-Identifier: Apache-2.0 */
/* The quickstart's book: what was published, what of it was stored, what arrived, and whether the
 * two are the same event. */
#ifndef LEDGER_H
#define LEDGER_H

#include <nexus/nexus.h>

#include <stdio.h>

#include "event_line.h"

/* One event that was published. */
struct ledger_entry {
    size_t line;
    const struct nexus_channel *channel;
    char *tenant;    /* or NULL */
    char *causal_id; /* or NULL: a fresh one */
    char *payload;   /* in its canonical spelling */
    char message_id[NEXUS_MESSAGE_ID_SIZE];
    uint64_t sequence;   /* as the ack has it; 0: not stored */
    uint64_t arrived_as; /* as the delivery has it */
    unsigned received;
    bool equal;
};

struct ledger {
    struct ledger_entry **entries;
    size_t count;
    size_t next;      /* where the next arrival is looked for first */
    size_t refused;   /* lines that were not accepted */
    size_t missing;   /* stored events that have not arrived */
    size_t strangers; /* arrivals that were not published here */
    FILE *complaints; /* one line for each thing that is wrong */
};

/* What arrived, as its delivery has it. */
struct arrival {
    const char *message_id;
    const char *channel;
    const char *tenant;
    const char *causal_id;
    const char *payload;
    uint64_t sequence;
};

/* Enters an event that is about to be published. NULL without memory, or when the line's channel is
 * unknown or its payload no JSON. */
struct ledger_entry *ledger_add(struct ledger *ledger, size_t line, const struct event_line *event);

/* The event was accepted, and these are its ids. */
void ledger_accepted(struct ledger *ledger, struct ledger_entry *entry,
                     const struct nexus_receipt *receipt);

/* The event was not accepted, or was given up on. */
void ledger_failed(struct ledger *ledger, struct ledger_entry *entry,
                   const struct nexus_error *err);

/* The stream has acknowledged the event. */
void ledger_stored(struct ledger *ledger, struct ledger_entry *entry,
                   const struct nexus_receipt *receipt);

/* An event arrived: finds it in the book and compares. */
void ledger_arrived(struct ledger *ledger, const struct arrival *arrival);

/* Prints the table by channel. True when every event was stored, arrived once and is equal, and
 * nothing else arrived. Each loss is a complaint. */
bool ledger_close(struct ledger *ledger, FILE *out);

void ledger_free(struct ledger *ledger);

#endif
