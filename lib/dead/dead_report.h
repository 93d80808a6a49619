/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the application what was given up. */
#ifndef NX_DEAD_REPORT_H
#define NX_DEAD_REPORT_H

#include <nexus/dead_letter.h>

#include "delivery.h"

/* An event on its way out, with the reference of its delivery's verdict. */
struct nx_burial {
    struct nx_due due; /* first: it becomes its own report */
    struct nx_burial *next;
    struct nexus_delivery *delivery;
    enum nexus_dead_reason reason;
    struct nexus_error err;
    int64_t not_before;
    uint64_t number; /* of the letter; 0: none */
    int64_t time;
};

/* Has the subscription's callback called where handlers run, and takes the burial over; `in_hand`:
 * the delivery still is, and ends to be. False: there is no callback. Any thread, no lock. */
bool nx_dead_report(struct nx_burial *burial, bool in_hand);

#endif
