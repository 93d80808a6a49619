/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of dead letters share. */
#ifndef DEAD_LETTERS_TEST_H
#define DEAD_LETTERS_TEST_H

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "simple.h"

#define DURABLE "undertaker-kb_ingested-all"
#define LETTERS "NEXUS_DLQ"

/* What the handler is to do, and what was seen. */
struct script {
    struct nexus_client *client;
    struct nexus_subscription *subscription;
    enum nexus_verdict verdict;
    int calls;
    int errors;
    int code;        /* of the last error */
    int letters;     /* callbacks */
    uint64_t number; /* of the last letter */
    enum nexus_dead_reason reason;
    struct nexus_delivery *held;
};

static inline enum nexus_verdict handle(const struct nexus_kb_ingested *event,
                                        struct nexus_delivery *delivery, void *data)
{
    struct script *script = data;
    (void)event;
    script->calls++;
    script->held = delivery;
    OK(nexus_delivery_set_reason(delivery, "the document is upside down", err));
    return script->verdict;
}

static inline void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                            void *data)
{
    struct script *script = data;
    (void)subscription;
    script->errors++;
    script->code = err->code;
}

static inline void on_letter(struct nexus_subscription *subscription,
                             const struct nexus_dead_letter *letter, void *data)
{
    struct script *script = data;
    (void)subscription;
    ck_assert_str_eq(letter->consumer, DURABLE);
    ck_assert_str_eq(letter->stream, "NEXUS");
    ck_assert_ptr_nonnull(letter->body);
    script->letters++;
    script->number = letter->number;
    script->reason = letter->reason;
}

static inline struct nexus_subscribe_options *options_of(struct script *script)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_error_callback(options, on_error, script, err));
    OK(nexus_subscribe_options_set_dead_letter_callback(options, on_letter, script, err));
    OK(nexus_subscribe_options_set_retry_delay(options, 0, err));
    return options;
}

/* Subscribes, and gives up the options. */
static inline void begin(struct script *script, struct nexus_subscribe_options *options)
{
    if (script->client == NULL) {
        script->client = test_client("undertaker");
    }
    OK(nexus_subscribe_kb_ingested(script->client, NULL, handle, script, options,
                                   &script->subscription, err));
    nexus_subscribe_options_destroy(options);
}

static inline uint64_t letters_stored(void)
{
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    uint64_t count = test_raw_count(&raw, LETTERS);
    test_raw_close(&raw);
    return count;
}

static inline bool consumer_is_done(const char *durable)
{
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    jsConsumerInfo *info = test_raw_consumer(&raw, "NEXUS", durable);
    ck_assert_ptr_nonnull(info);
    bool done = info->NumPending == 0 && info->NumAckPending == 0;
    jsConsumerInfo_Destroy(info);
    test_raw_close(&raw);
    return done;
}

/* A copy of the last letter that was shown. */
struct shown {
    int count;
    uint64_t numbers[16];
    struct nexus_dead_letter letter;
    struct nexus_error err;
    char subject[256], stream[64], consumer[128], message_id[128], schema[128], body[4096];
};

static inline void keep(char *to, size_t size, const char *text)
{
    ck_assert_uint_lt(strlen(text), size);
    memcpy(to, text, strlen(text) + 1);
}

static inline bool on_shown(const struct nexus_dead_letter *letter, void *data)
{
    struct shown *shown = data;
    ck_assert_int_lt(shown->count, 16);
    shown->numbers[shown->count++] = letter->number;
    shown->letter = *letter;
    shown->err = *letter->err;
    keep(shown->subject, sizeof shown->subject, letter->subject);
    keep(shown->stream, sizeof shown->stream, letter->stream);
    keep(shown->consumer, sizeof shown->consumer, letter->consumer);
    keep(shown->message_id, sizeof shown->message_id,
         letter->message_id != NULL ? letter->message_id : "");
    for (size_t i = 0; i < letter->header_count; i++) {
        if (strcmp(letter->headers[i].name, "Nexus-Schema") == 0) {
            keep(shown->schema, sizeof shown->schema, letter->headers[i].value);
        }
    }
    if (letter->body != NULL && letter->body_length < sizeof shown->body) {
        memcpy(shown->body, letter->body, letter->body_length + 1);
    }
    return true;
}

static inline void look(struct nexus_client *client, struct shown *shown)
{
    uint64_t count = 0;
    memset(shown, 0, sizeof *shown);
    OK(nexus_dead_letters(client, NULL, on_shown, shown, &count, err));
    ck_assert_uint_eq(count, (uint64_t)shown->count);
}

#endif
