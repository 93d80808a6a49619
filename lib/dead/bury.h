/* SPDX-License-Identifier: Apache-2.0 */
/* Giving events up: a dead letter is stored, and only then the event is ended. */
#ifndef NX_BURY_H
#define NX_BURY_H

#include "condemned.h"
#include "delivery.h"

/* The events of a client that are being given up and wait for room among the posts. */
struct nx_burials;

int nx_burials_new(struct nexus_client *client, struct nexus_error *err);
/* After the posts have ended: what still waits is dropped; its ack wait brings it back. */
void nx_burials_abandon(struct nexus_client *client);
void nx_burials_free(struct nexus_client *client);
/* I/O thread, no lock: those that were put off. The next one. */
int64_t nx_burials_tick(struct nexus_client *client, int64_t now);

/* Gives up a delivery that has been claimed. True: it stays in hand until its letter is stored, and
 * the reference of its verdict has been taken over. False: it has been ended, as the subscription
 * asks for or for want of memory. Any thread, no lock. */
bool nx_bury(struct nexus_delivery *delivery, enum nexus_dead_reason reason,
             const struct nexus_error *err, bool urgent);
/* Whether the number of its deliveries ends a delivery that is to be retried; or one that comes and
 * comes without any verdict. */
bool nx_bury_exhausted(const struct nexus_delivery *delivery);
bool nx_bury_unanswered(const struct nexus_delivery *delivery);
/* Whether its dead letter was stored before, or it was reported: it comes again since the server
 * lost what it was told. Any thread, no lock. */
bool nx_bury_done(const struct nexus_delivery *delivery);
/* Whether it was given up before, and why. Any thread, no lock. */
bool nx_bury_condemned(struct nexus_delivery *delivery, struct nx_sentence *out);

#endif
