/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a delivery: a message in hand, what was read from it, and what becomes of it. */
#ifndef NX_DELIVERY_H
#define NX_DELIVERY_H

#include <nexus/delivery.h>
#include <nexus/trust.h>

#include "arena.h"
#include "delivery_chain.h"
#include "envelope.h"
#include "subscription_state.h"

#define NX_REASON_SIZE 256

enum nx_delivery_state {
    NX_DELIVERY_OPEN,
    NX_DELIVERY_SETTLED,
    NX_DELIVERY_GIVEN_BACK, /* by the client's end; a verdict comes too late */
    NX_DELIVERY_BURYING,    /* its dead letter is on its way */
    NX_DELIVERY_UNBURIED    /* the client's end came first */
};

/* Texts that a getter is asked for, made when it is. */
enum nx_delivery_text {
    NX_TEXT_CAUSAL_ID,
    NX_TEXT_VECTOR_CLOCK,
    NX_TEXT_PAYLOAD,
    NX_TEXT_TENANT,
    NX_TEXTS
};

struct nexus_delivery {
    struct nexus_delivery *next; /* among the spare ones, or those held back */
    int64_t hold_until;
    struct nexus_subscription *subscription;
    struct nx_received *received;
    struct nx_view view;
    struct nx_ack_subject ack;

    /* What nx_receive() has found. */
    struct nx_subject subject;
    struct nx_json json;
    struct nx_envelope envelope;
    struct nx_arena arena;
    void *event; /* the channel's struct, in the arena */

    struct nx_held held;        /* in the inbox */
    struct nx_lane *lane;       /* which it keeps from others, or NULL */
    bool again;                 /* its message is tried again here */
    struct nx_checker *checker; /* of the thread that hands it out; NULL: nothing is checked */
    enum nexus_trust_verdict trust;
    enum nexus_refusal refusal;
    char key_id[NEXUS_KEY_ID_MAX + 1];

    atomic_int state;
    unsigned references;    /* the client's lock: one of the handler's, one of the verdict's */
    int64_t retry_delay_ms; /* -1: the subscription's */
    bool excused;           /* that it comes again is not its handler's doing */
    char reason[NX_REASON_SIZE];

    /* Made on demand, by any thread. The room is reserved on receipt, so that this cannot fail. */
    pthread_mutex_t texts_lock;
    const char *texts[NX_TEXTS];
    char *room;
    size_t room_size;
    size_t room_used;
    struct nx_buf extra;
    bool chain_made;
    struct nx_chain chain;
    char traceparent[NX_TRACEPARENT_SIZE];
};

/* What is taken out of the queue for one handler. */
struct nx_turn {
    struct nexus_subscription *subscription;
    struct nx_received *received;
    struct nexus_delivery *delivery; /* NULL: no memory */
    bool last;                       /* nothing else is queued */
    bool pull;                       /* it is time to ask for more */
};

/* serve.c. Takes a message out of the queue; with the lock. Hands it out; no lock. */
void nx_turn_take(struct nexus_subscription *subscription, struct nx_received *received,
                  struct nx_turn *turn);
void nx_turn_run(struct nx_turn *turn);
/* Ends one whose handler has not run and will not. No lock. */
void nx_turn_give_back(struct nexus_delivery *delivery);

/* Memory; with the client's lock. */
struct nexus_delivery *nx_delivery_new(struct nexus_subscription *subscription,
                                       struct nx_received *received);
void nx_delivery_recycle(struct nexus_delivery *delivery);
void nx_delivery_free(struct nexus_delivery *delivery);

/* Makes room for the texts; called once the envelope has been read. NEXUS_E_MEMORY. */
int nx_delivery_reserve(struct nexus_delivery *delivery, struct nexus_error *err);
const char *nx_delivery_text(const struct nexus_delivery *delivery, enum nx_delivery_text which);

/* receive.c: from the message to the event. On failure `*kind` is the counter of what is wrong.
 * NEXUS_E_MEMORY is nobody's fault: the message comes again. */
int nx_receive(struct nexus_delivery *delivery, enum nx_counter *kind, struct nexus_error *err);

/* trust/receive_trust.c: whether a message may be believed. Fills in what the delivery tells of it;
 * fails as nx_receive() does. */
int nx_receive_trust(struct nexus_delivery *delivery, enum nx_counter *kind,
                     struct nexus_error *err);
/* It was believed, and given up on: when it is sent back, that is no replay. Any thread, no lock.
 */
void nx_receive_forgive(struct nexus_delivery *delivery);

/* settle.c */
/* Carries out a verdict that has been decided, counts and logs it. False: the delivery is being
 * given up, stays in hand for that, and the verdict's reference has been taken. No lock. */
bool nx_settle(struct nexus_delivery *delivery, enum nexus_verdict verdict, bool urgent);
/* The end of a message that reaches no handler; false as above. No lock. */
bool nx_settle_poison(struct nexus_delivery *delivery, enum nx_counter kind,
                      const struct nexus_error *err, bool urgent);
/* Sends a word to a reply subject, later when there is no connection now. No lock. */
void nx_settle_say(struct nexus_subscription *subscription, const char *reply, const char *verdict,
                   bool urgent);
/* For a double: +ACK when the event was handled, else it is put off. No lock. */
void nx_settle_double(struct nexus_delivery *delivery, bool handled, bool urgent);
/* Gives up references; with `settled`, the delivery is no longer in hand. No lock; afterwards
 * neither the delivery nor the subscription may be used, if they were the last. */
void nx_delivery_drop(struct nexus_delivery *delivery, unsigned references, bool settled,
                      bool returned);
/* Gives a message back that was not handed out: it comes again at once. No lock. */
void nx_settle_give_back(struct nexus_client *client, const char *reply, bool urgent);
/* Sends the acks that waited for the wire. I/O thread, no lock. */
void nx_settle_late(struct nexus_subscription *subscription);
void nx_settle_forget_late(struct nexus_subscription *subscription);

#endif
