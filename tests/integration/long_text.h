/* SPDX-License-Identifier: Apache-2.0 */
/* Events with long texts. */
#ifndef TEST_LONG_TEXT_H
#define TEST_LONG_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "harness.h"

static inline struct nexus_client *client_with_limit(size_t bytes)
{
    struct nexus_client_options *options = test_options("large");
    OK(nexus_client_options_set_max_body(options, bytes, err));
    return test_client_of(options);
}

/* Text of `length` bytes in which every place differs from its neighbours'. */
static inline char *long_text(size_t length)
{
    char *text = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
        text[i] = (char)('a' + (i * 7 + i / 26) % 26);
    }
    text[length] = '\0';
    return text;
}

static inline int publish_text(struct nexus_client *client, const char *text,
                               struct nexus_error *err)
{
    struct nexus_telegram_message event = NEXUS_TELEGRAM_MESSAGE_INIT;
    event.direction = NEXUS_TELEGRAM_MESSAGE_DIRECTION_INBOUND;
    event.chat_id = -1001234567890;
    event.text = text;
    return nexus_publish_telegram_message(client, &event, NULL, NULL, err);
}

struct expected {
    const char *text;
    int seen;
};

static inline enum nexus_verdict compare_text(const struct nexus_telegram_message *event,
                                              struct nexus_delivery *delivery, void *data)
{
    struct expected *expected = data;
    (void)delivery;
    ck_assert(strcmp(event->text, expected->text) == 0);
    expected->seen++;
    return NEXUS_ACK;
}

#endif
