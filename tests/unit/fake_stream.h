/* SPDX-License-Identifier: Apache-2.0 */
/* A fake wire with as much of JetStream behind it as a subscription needs: it finds and creates
 * consumers, and delivers what the test says. */
#ifndef FAKE_STREAM_H
#define FAKE_STREAM_H

#include <check.h>

#include "fake_wire.h"
#include "pull.h"
#include "subscription.h"

#define KB_SUBJECT "nexus.salon-001.kb.ingested"
#define KB_BODY(causal_id)                                                          \
    "{\"causal_id\":\"" causal_id "\",\"vector_clock\":{\"edge-1\":7},\"payload\":" \
    "{\"document_id\":\"doc-1\",\"facts_extracted\":3},\"tenant\":\"salon-001\"}"
#define PULL "$JS.API.CONSUMER.MSG.NEXT."

struct fake_stream {
    struct nexus_client *client;
    struct fake_wire *wire;
    bool stream_missing;
    bool mute;               /* answers nothing */
    bool exists;             /* the consumer */
    bool letters_lost;       /* dead letters are not acked */
    char config[2048];       /* the consumer's, as JSON */
    const char *state;       /* of the consumer: "\"ack_floor\":{…},", or NULL */
    const char *stream_info; /* NULL: an empty one */
    const char *answer;      /* to be given to every request instead; NULL: the usual */
    unsigned infos, creates;
    uint64_t sequence; /* of the last message */
};

/* A client over a wire with a stream; `options` NULL: the service is "test". */
void fake_stream_open(struct fake_stream *stream, const struct nexus_client_options *options);
void fake_stream_close(struct fake_stream *stream);

/* Delivers a message to a subscription, as the server does: acked by "$JS.ACK.…". Gives its number.
 */
uint64_t fake_deliver(struct fake_stream *stream, struct nexus_subscription *subscription,
                      const char *subject, const char *const *headers, const char *body);
/* The same for a sound event of kbIngested. */
uint64_t fake_event(struct fake_stream *stream, struct nexus_subscription *subscription);
/* The reply subject of message `number`, delivered `count` times. Static storage. */
const char *fake_reply(const struct nexus_subscription *subscription, uint64_t number,
                       unsigned count);
/* How often `verdict` was sent for message `number`. */
size_t fake_verdicts(struct fake_stream *stream, const struct nexus_subscription *subscription,
                     uint64_t number, const char *verdict);

/* A status for the last pull of a subscription, or the one with a number. */
void fake_pull_status(struct fake_stream *stream, struct nexus_subscription *subscription,
                      uint64_t pull, int status, const char *description,
                      const char *const *headers);

/* Time passes, and the ticks are run. */
void fake_pass(struct fake_stream *stream, int64_t milliseconds);
/* Sends the dead letters that are due. */
void fake_letters(struct fake_stream *stream);
/* Runs the callbacks that are due; returns how many; and sends dead letters. */
int fake_dispatch(struct fake_stream *stream);
/* A number in the last pull's body, -1 when it is not there. */
int64_t fake_asked(struct fake_stream *stream, const char *member);

#endif
