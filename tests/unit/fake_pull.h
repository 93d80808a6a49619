/* SPDX-License-Identifier: Apache-2.0 */
/* One subscription over a scripted wire, for the tests of what it asks for. */
#ifndef FAKE_PULL_H
#define FAKE_PULL_H

#include <stdio.h>

#include "fake_stream.h"
#include "unit.h"

#define MEBIBYTE (1024 * 1024)

struct errors {
    int count;
    int code;
    char message[NEXUS_ERROR_MESSAGE_SIZE];
};

static struct fake_stream stream;
static struct errors errors;

static inline enum nexus_verdict acknowledge(const struct nexus_json_event *event,
                                             struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    (void)data;
    return NEXUS_ACK;
}

static inline void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                            void *data)
{
    struct errors *seen = data;

    ck_assert_ptr_nonnull(subscription);
    seen->count++;
    seen->code = err->code;
    snprintf(seen->message, sizeof(seen->message), "%s", err->message);
}

static inline struct nexus_subscription *begin(uint32_t messages, size_t bytes)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    memset(&errors, 0, sizeof(errors));
    fake_stream_open(&stream, NULL);
    unit_ok(nexus_subscribe_options_set_queue(options, messages, bytes, &err), &err);
    unit_ok(nexus_subscribe_options_set_error_callback(options, on_error, &errors, &err), &err);
    unit_ok(nexus_subscribe_json(stream.client, "kbIngested", NULL, acknowledge, NULL, options,
                                 &subscription, &err),
            &err);
    nexus_subscribe_options_destroy(options);
    return subscription;
}

static inline void end(void)
{
    fake_stream_close(&stream);
}

static inline void deliver(struct nexus_subscription *subscription, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fake_event(&stream, subscription);
}

static inline size_t pulls(void)
{
    return fake_count(stream.wire, PULL, NULL);
}

#endif
