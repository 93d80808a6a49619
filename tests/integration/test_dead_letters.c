/* SPDX-License-Identifier: Apache-2.0 */
/* Events that are given up on: where they go, that none is lost on the way, and how they come back.
 */
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

static enum nexus_verdict handle(const struct nexus_kb_ingested *event,
                                 struct nexus_delivery *delivery, void *data)
{
    struct script *script = data;
    (void)event;
    script->calls++;
    script->held = delivery;
    OK(nexus_delivery_set_reason(delivery, "the document is upside down", err));
    return script->verdict;
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    struct script *script = data;
    (void)subscription;
    script->errors++;
    script->code = err->code;
}

static void on_letter(struct nexus_subscription *subscription,
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

static struct nexus_subscribe_options *options_of(struct script *script)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    OK(nexus_subscribe_options_set_error_callback(options, on_error, script, err));
    OK(nexus_subscribe_options_set_dead_letter_callback(options, on_letter, script, err));
    OK(nexus_subscribe_options_set_retry_delay(options, 0, err));
    return options;
}

/* Subscribes, and gives up the options. */
static void begin(struct script *script, struct nexus_subscribe_options *options)
{
    if (script->client == NULL) {
        script->client = test_client("undertaker");
    }
    OK(nexus_subscribe_kb_ingested(script->client, NULL, handle, script, options,
                                   &script->subscription, err));
    nexus_subscribe_options_destroy(options);
}

static uint64_t letters_stored(void)
{
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    uint64_t count = test_raw_count(&raw, LETTERS);
    test_raw_close(&raw);
    return count;
}

static bool consumer_is_done(const char *durable)
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

static void keep(char *to, size_t size, const char *text)
{
    ck_assert_uint_lt(strlen(text), size);
    memcpy(to, text, strlen(text) + 1);
}

static bool on_shown(const struct nexus_dead_letter *letter, void *data)
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

static void look(struct nexus_client *client, struct shown *shown)
{
    uint64_t count = 0;
    memset(shown, 0, sizeof *shown);
    OK(nexus_dead_letters(client, NULL, on_shown, shown, &count, err));
    ck_assert_uint_eq(count, (uint64_t)shown->count);
}

START_TEST(a_rejected_event_becomes_a_letter_with_all_it_had)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct shown shown;
    struct test_raw raw;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 7, NULL, &receipt, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    look(script.client, &shown);
    ck_assert_int_eq(shown.count, 1);
    ck_assert_int_eq(shown.letter.reason, NEXUS_DEAD_REJECTED);
    ck_assert_str_eq(shown.err.message, "the document is upside down");
    ck_assert_str_eq(shown.subject, TEST_SIMPLE_SUBJECT);
    ck_assert_str_eq(shown.stream, "NEXUS");
    ck_assert_uint_eq(shown.letter.sequence, receipt.sequence);
    ck_assert_str_eq(shown.consumer, DURABLE);
    ck_assert_uint_eq(shown.letter.deliveries, 1);
    ck_assert_str_eq(shown.message_id, receipt.message_id);
    ck_assert_str_eq(shown.schema, test_schema_header("kbIngested"));
    ck_assert_int_gt(shown.letter.time, 1600000000000000000);
    ck_assert_uint_eq(script.number, shown.letter.number);
    ck_assert_int_eq(script.reason, NEXUS_DEAD_REJECTED);
    test_raw_open(&raw, test_server.url);
    ck_assert_int_eq(shown.letter.stored, test_raw_time(&raw, "NEXUS", receipt.sequence));
    natsMsg *original = test_raw_get(&raw, "NEXUS", receipt.sequence);
    natsMsg *letter = test_raw_get(&raw, LETTERS, shown.letter.number);
    ck_assert_str_eq(natsMsg_GetSubject(letter), "nexus-dlq.salon-001.kb.ingested");
    ck_assert_int_eq(natsMsg_GetDataLength(original), natsMsg_GetDataLength(letter));
    ck_assert_mem_eq(natsMsg_GetData(original), natsMsg_GetData(letter),
                     (size_t)natsMsg_GetDataLength(original));
    ck_assert_str_eq(shown.body, natsMsg_GetData(original));
    natsMsg_Destroy(original);
    natsMsg_Destroy(letter);
    test_raw_close(&raw);
    ck_assert_uint_eq(test_stats(script.client).dead_lettered, 1);
    ck_assert_uint_eq(test_stats(script.client).rejected, 1);
    ck_assert_uint_eq(test_stats(script.client).in_hand, 0);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(an_event_is_given_up_after_the_last_delivery)
{
    struct script script = {.verdict = NEXUS_RETRY};
    struct nexus_subscribe_options *options = options_of(&script);
    struct shown shown;
    OK(nexus_subscribe_options_set_max_deliver(options, 3, err));
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    ck_assert_int_eq(script.calls, 3);
    look(script.client, &shown);
    ck_assert_int_eq(shown.letter.reason, NEXUS_DEAD_EXHAUSTED);
    ck_assert_uint_eq(shown.letter.deliveries, 3);
    ck_assert_str_eq(shown.err.message, "the document is upside down");
    ck_assert_uint_eq(test_stats(script.client).exhausted, 1);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(poison_is_kept_as_it_came)
{
    static const char body[] = "{\"causal_id\": not json \001\r\n";
    static const char *const headers[] = {"X-Origin", "a till",      "Nexus-Dead-Reason",
                                          "a lie",    "Nats-Msg-Id", "salon-001:strange",
                                          NULL};
    struct script script = {0};
    struct shown shown;
    struct test_raw raw;
    begin(&script, options_of(&script));
    test_raw_open(&raw, test_server.url);
    test_raw_publish(&raw, TEST_SIMPLE_SUBJECT, body, sizeof body - 1, headers);
    test_raw_close(&raw);
    DISPATCH_UNTIL(script.client, script.letters == 1);
    ck_assert_int_eq(script.calls, 0);
    look(script.client, &shown);
    ck_assert_int_eq(shown.count, 1);
    ck_assert_int_eq(shown.letter.reason, NEXUS_DEAD_POISON);
    ck_assert_int_eq(shown.err.code, NEXUS_E_JSON);
    ck_assert_uint_eq(shown.letter.body_length, sizeof body - 1);
    ck_assert_str_eq(shown.body, body);
    ck_assert_str_eq(shown.message_id, "salon-001:strange");
    nexus_client_destroy(script.client);
}
END_TEST

/* Nothing is lost while nobody takes letters, and the handler that said never is not asked again.
 */
START_TEST(without_a_stream_for_letters_the_event_stays)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, LETTERS);
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.errors == 1);
    ck_assert_int_eq(script.code, NEXUS_E_NO_STREAM);
    ck_assert_int_eq(script.calls, 1);
    ck_assert(!consumer_is_done(DURABLE));
    ck_assert_uint_ge(test_stats(script.client).dead_letters_failed, 1);
    test_raw_stream(&raw, LETTERS, "nexus-dlq.>");
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    ck_assert_int_eq(script.calls, 1);
    ck_assert_uint_eq(test_raw_count(&raw, LETTERS), 1);
    test_raw_close(&raw);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(reporting_only_stores_nothing)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_subscribe_options *options = options_of(&script);
    OK(nexus_subscribe_options_set_dead_letters(options, NEXUS_DEAD_LETTERS_REPORT, err));
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    ck_assert_uint_eq(script.number, 0);
    ck_assert_uint_eq(letters_stored(), 0);
    ck_assert_uint_eq(test_stats(script.client).dead_lettered, 0);
    ck_assert_uint_eq(test_stats(script.client).in_hand, 0);
    nexus_client_destroy(script.client);
}
END_TEST

static void *reject(void *data)
{
    OK(nexus_delivery_settle(data, NEXUS_REJECT, err));
    return NULL;
}

START_TEST(a_deferred_event_is_given_up_when_the_subscription_is_gone)
{
    struct script script = {.verdict = NEXUS_DEFER};
    pthread_t thread;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.held != NULL);
    nexus_subscription_destroy(script.subscription);
    ck_assert_int_eq(pthread_create(&thread, NULL, reject, script.held), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    WAIT_UNTIL(letters_stored() == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    DISPATCH_UNTIL(script.client, test_stats(script.client).in_hand == 0);
    ck_assert_int_eq(script.letters, 0);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(closing_waits_for_letters_on_their_way)
{
    struct script script = {.verdict = NEXUS_REJECT};
    begin(&script, options_of(&script));
    for (int i = 0; i < 50; i++) {
        OK(test_publish(script.client, i, NULL, NULL, err));
    }
    WAIT_UNTIL(test_stats(script.client).queued == 50);
    test_dispatch(script.client, 0);
    int asked = script.calls;
    ck_assert_int_gt(asked, 0);
    OK(nexus_client_close(script.client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_uint_eq(test_stats(script.client).dead_lettered, (uint64_t)asked);
    nexus_client_destroy(script.client);
    ck_assert_uint_eq(letters_stored(), (uint64_t)asked);
}
END_TEST

/* Letters on their way when the client ends are not lost: the event comes again. */
START_TEST(destroying_gives_back_what_is_being_given_up)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct script second = {.verdict = NEXUS_ACK};
    struct test_raw raw;
    struct nexus_subscribe_options *options = options_of(&script);
    OK(nexus_subscribe_options_set_ack_wait(options, 3600000, err));
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, LETTERS);
    test_raw_close(&raw);
    begin(&script, options);
    OK(test_publish(script.client, 1, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.calls == 1);
    nexus_client_destroy(script.client);
    begin(&second, options_of(&second));
    DISPATCH_UNTIL(second.client, second.calls == 1);
    WAIT_UNTIL(consumer_is_done(DURABLE));
    nexus_client_destroy(second.client);
}
END_TEST

/* ---- the way back */

/* The stream remembers message ids for two minutes; these are about what comes after. */
static void forget_ids(void)
{
    struct nexus_provision_options *options = nexus_provision_options_new();
    struct nexus_client_options *brief = test_options("provisioner");
    OK(nexus_client_options_set_publish_deadline(brief, 1000, err));
    struct nexus_client *client = test_client_of(brief);
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, "NEXUS");
    test_raw_close(&raw);
    OK(nexus_provision_options_set_duplicate_window(options, 1000, err));
    OK(nexus_provision(client, options, NULL, err));
    nexus_provision_options_destroy(options);
    nexus_client_destroy(client);
}

static bool sent_back(struct nexus_client *client, uint64_t number, struct nexus_receipt *receipt)
{
    struct nexus_error error = NEXUS_ERROR_INIT;
    int code = nexus_dead_letter_retry(client, NULL, number, 0, receipt, &error);
    ck_assert_msg(code == NEXUS_OK || code == NEXUS_E_REPLAY, "%s: %s", error.where, error.message);
    return code == NEXUS_OK;
}

START_TEST(a_letter_goes_back_byte_for_byte)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_receipt first = NEXUS_RECEIPT_INIT, second = NEXUS_RECEIPT_INIT;
    struct shown shown;
    struct test_raw raw;
    forget_ids();
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, &first, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    script.verdict = NEXUS_ACK;
    OK(nexus_dead_letter_retry(script.client, NULL, script.number, NEXUS_DEAD_LETTER_DRY_RUN, NULL,
                               err));
    ck_assert_uint_eq(letters_stored(), 1);
    WAIT_UNTIL(sent_back(script.client, script.number, &second));
    ck_assert_uint_eq(second.sequence, first.sequence + 1);
    ck_assert_str_eq(second.message_id, first.message_id);
    DISPATCH_UNTIL(script.client, script.calls == 2);
    test_raw_open(&raw, test_server.url);
    natsMsg *before = test_raw_get(&raw, "NEXUS", first.sequence);
    natsMsg *after = test_raw_get(&raw, "NEXUS", second.sequence);
    static const char *const names[] = {"Nats-Msg-Id", "traceparent", "Nexus-Schema"};
    ck_assert_str_eq(natsMsg_GetSubject(before), natsMsg_GetSubject(after));
    ck_assert_str_eq(natsMsg_GetData(before), natsMsg_GetData(after));
    for (int i = 0; i < 3; i++) {
        const char *one = NULL, *two = NULL;
        ck_assert_int_eq(natsMsgHeader_Get(before, names[i], &one), NATS_OK);
        ck_assert_int_eq(natsMsgHeader_Get(after, names[i], &two), NATS_OK);
        ck_assert_str_eq(one, two);
    }
    const char *own = NULL;
    ck_assert_int_eq(natsMsgHeader_Get(after, "Nexus-Dead-Reason", &own), NATS_NOT_FOUND);
    natsMsg_Destroy(before);
    natsMsg_Destroy(after);
    test_raw_close(&raw);
    look(script.client, &shown);
    ck_assert_int_eq(shown.count, 0);
    FAILS(NEXUS_E_NOT_FOUND,
          nexus_dead_letter_retry(script.client, NULL, script.number, 0, NULL, err));
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(an_id_that_is_remembered_is_said_to_be)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_receipt first = NEXUS_RECEIPT_INIT, second = NEXUS_RECEIPT_INIT;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, &first, err));
    DISPATCH_UNTIL(script.client, script.letters == 1);
    script.verdict = NEXUS_ACK;
    FAILS(NEXUS_E_REPLAY,
          nexus_dead_letter_retry(script.client, NULL, script.number, 0, NULL, err));
    ck_assert_uint_eq(letters_stored(), 1);
    OK(nexus_dead_letter_retry(script.client, NULL, script.number, NEXUS_DEAD_LETTER_NEW_ID,
                               &second, err));
    ck_assert_int_eq(strncmp(second.message_id, "salon-001:", 10), 0);
    ck_assert_str_ne(second.message_id, first.message_id);
    DISPATCH_UNTIL(script.client, script.calls == 2);
    ck_assert_uint_eq(letters_stored(), 0);
    nexus_client_destroy(script.client);
}
END_TEST

/* As large as the server takes a message: the letter's own headers do not fit beside it. */
START_TEST(what_leaves_no_room_stays_in_its_stream)
{
    enum { SIZE = 1048576 - 200 };
    struct script script = {0};
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct shown shown;
    struct test_raw raw;
    char *body = malloc(SIZE);
    ck_assert_ptr_nonnull(body);
    memset(body, '{', SIZE);
    begin(&script, options_of(&script));
    test_raw_open(&raw, test_server.url);
    uint64_t sequence = test_raw_publish(&raw, TEST_SIMPLE_SUBJECT, body, SIZE, NULL);
    DISPATCH_UNTIL(script.client, script.letters == 1);
    look(script.client, &shown);
    ck_assert(shown.letter.body_missing);
    ck_assert_ptr_null(shown.letter.body);
    ck_assert_uint_eq(shown.letter.sequence, sequence);
    OK(nexus_dead_letter_retry(script.client, NULL, script.number, 0, &receipt, err));
    natsMsg *after = test_raw_get(&raw, "NEXUS", receipt.sequence);
    ck_assert_int_eq(natsMsg_GetDataLength(after), SIZE);
    ck_assert_mem_eq(natsMsg_GetData(after), body, SIZE);
    natsMsg_Destroy(after);
    test_raw_close(&raw);
    nexus_client_destroy(script.client);
    free(body);
}
END_TEST

/* What a tenant may write below nexus-dlq.<tenant> must not become another tenant's event. */
START_TEST(a_forged_letter_is_not_sent_back)
{
    static const char *const subjects[] = {"nexus.salon-002.kb.ingested",
                                           "$JS.API.STREAM.DELETE.NEXUS", "nexus.salon-001.>",
                                           "nexus.salon-001.kb.ingested x"};
    static const int codes[] = {NEXUS_E_TENANT, NEXUS_E_SUBJECT, NEXUS_E_SUBJECT, NEXUS_E_SUBJECT};
    struct nexus_client *client = test_client("operator");
    struct test_raw raw;
    uint64_t number;
    test_raw_open(&raw, test_server.url);
    for (int i = 0; i < 4; i++) {
        const char *const headers[] = {"Nexus-Dead-Subject",
                                       subjects[i],
                                       "Nexus-Dead-Stream",
                                       "NEXUS",
                                       "Nexus-Dead-Sequence",
                                       "1",
                                       "Nexus-Dead-Reason",
                                       "rejected",
                                       NULL};
        number = test_raw_publish(&raw, "nexus-dlq.salon-001.kb.ingested", "{}", 2, headers);
        FAILS(codes[i], nexus_dead_letter_retry(client, NULL, number, 0, NULL, err));
    }
    number = test_raw_text(&raw, "nexus-dlq.salon-001.kb.ingested", "{}");
    FAILS(NEXUS_E_JSON, nexus_dead_letter_retry(client, NULL, number, 0, NULL, err));
    ck_assert_uint_eq(test_raw_count(&raw, "NEXUS"), 0);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(letters_are_found_by_filter_and_removed)
{
    struct script script = {.verdict = NEXUS_REJECT};
    struct nexus_dead_letter_filter filter = NEXUS_DEAD_LETTER_FILTER_INIT;
    struct shown shown = {0};
    uint64_t count = 0;
    begin(&script, options_of(&script));
    OK(test_publish(script.client, 1, NULL, NULL, err));
    OK(test_publish_for(script.client, "salon-002", 2, NULL, NULL, err));
    OK(test_publish(script.client, 3, NULL, NULL, err));
    DISPATCH_UNTIL(script.client, script.letters == 3);
    filter.subject = "nexus.salon-001.>";
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 2);
    filter.limit = 1;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 1);
    filter.limit = 0;
    filter.from = shown.numbers[0] + 1;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 1);
    filter = (struct nexus_dead_letter_filter)NEXUS_DEAD_LETTER_FILTER_INIT;
    filter.reason = NEXUS_DEAD_POISON;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 0);
    filter.reason = NEXUS_DEAD_REJECTED;
    filter.consumer = DURABLE;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 3);
    filter.since = shown.letter.time;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 1);
    filter.since = 0;
    filter.until = shown.letter.time;
    OK(nexus_dead_letters(script.client, &filter, on_shown, &shown, &count, err));
    ck_assert_uint_eq(count, 2);
    OK(nexus_dead_letter_delete(script.client, NULL, 1, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letter_delete(script.client, NULL, 1, err));
    ck_assert_uint_eq(letters_stored(), 2);
    nexus_client_destroy(script.client);
}
END_TEST

START_TEST(what_cannot_be_asked_is_refused)
{
    struct nexus_client *client = test_client("operator");
    struct nexus_dead_letter_filter filter = NEXUS_DEAD_LETTER_FILTER_INIT;
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, NULL, NULL, NULL, NULL, err));
    filter.subject = "booking.created";
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.subject = "nexus.a\",\"x\":\"";
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.subject = NULL;
    filter.stream = "no.such";
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.stream = "NOWHERE";
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    filter.size = 0;
    FAILS(NEXUS_E_INVALID, nexus_dead_letters(client, &filter, on_shown, NULL, NULL, err));
    FAILS(NEXUS_E_INVALID, nexus_dead_letter_retry(client, NULL, 1, 16, NULL, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letter_retry(client, NULL, 1, 0, NULL, err));
    FAILS(NEXUS_E_NOT_FOUND, nexus_dead_letter_retry(client, "NOWHERE", 1, 0, NULL, err));
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dead letters");
    TCase *stream = test_case_with_stream(suite, "dead letters");
    tcase_add_test(stream, a_rejected_event_becomes_a_letter_with_all_it_had);
    tcase_add_test(stream, an_event_is_given_up_after_the_last_delivery);
    tcase_add_test(stream, poison_is_kept_as_it_came);
    tcase_add_test(stream, without_a_stream_for_letters_the_event_stays);
    tcase_add_test(stream, reporting_only_stores_nothing);
    tcase_add_test(stream, a_deferred_event_is_given_up_when_the_subscription_is_gone);
    tcase_add_test(stream, closing_waits_for_letters_on_their_way);
    tcase_add_test(stream, destroying_gives_back_what_is_being_given_up);
    tcase_add_test(stream, a_letter_goes_back_byte_for_byte);
    tcase_add_test(stream, an_id_that_is_remembered_is_said_to_be);
    tcase_add_test(stream, what_leaves_no_room_stays_in_its_stream);
    tcase_add_test(stream, a_forged_letter_is_not_sent_back);
    tcase_add_test(stream, letters_are_found_by_filter_and_removed);
    tcase_add_test(stream, what_cannot_be_asked_is_refused);
    return test_main(suite);
}
