/* SPDX-License-Identifier: Apache-2.0 */
/* The half of an outbox that has nothing to do with the database: an event as bytes, and bytes on
 * their way. outbox_sqlite.c and outbox_postgres.c are the other half. */
#ifndef OUTBOX_EVENT_H
#define OUTBOX_EVENT_H

#include <nexus/nexus.h>

/* One sale at a till. */
struct outbox_sale {
    const char *tenant;
    int64_t receipt; /* the row's number, which the database gave it */
    int64_t cents;
};

/* What became of an event of the outbox. */
enum outbox_outcome {
    OUTBOX_SENT,  /* stored, now or before: the row can go */
    OUTBOX_LATER, /* not now: the row stays as it is */
    OUTBOX_NEVER  /* not ever: the row is for somebody to look at */
};

/* A client that prepares without waiting for a server; or one that publishes. NULL: see `err`. */
struct nexus_client *outbox_client(bool publishes, struct nexus_error *err);

/* The event of a sale, ready for the outbox; NULL: see `err`. */
struct nexus_prepared *outbox_prepare(struct nexus_client *client, const struct outbox_sale *sale,
                                      struct nexus_error *err);

/* Publishes what was prepared, perhaps by another process, perhaps not for the first time. */
enum outbox_outcome outbox_publish(struct nexus_client *client, const void *bytes, size_t length,
                                   struct nexus_error *err);

/* Reads "1250" or complains; and says on standard error why something failed. */
bool outbox_cents(const char *text, int64_t *cents);
int outbox_report(const struct nexus_error *err);

#endif
