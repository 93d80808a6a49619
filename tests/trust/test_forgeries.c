/* SPDX-License-Identifier: Apache-2.0 */
/* Every forgery of the table is refused, and for the reason that it is there for; every sound
 * message between them is accepted. Then all of it again on the way through a real server. */
#include <nexus/nexus.h>
#include <stdlib.h>

#include "forgery.h"
#include "harness.h"
#include "raw.h"

#define LEAST_CASES 150

static struct forgery forgery;

static FILE *open_table(void)
{
    FILE *file = fopen(TRUST_TESTS "/forgeries.tsv", "r");

    ck_assert_ptr_nonnull(file);
    return file;
}

static struct nexus_trust *load_store(void)
{
    struct nexus_trust *trust = NULL;

    OK(nexus_trust_load(TRUST_TESTS "/forgeries-trust.json", &trust, err));
    return trust;
}

static void check_alone(struct nexus_trust *trust)
{
    struct nexus_signed_message message = NEXUS_SIGNED_MESSAGE_INIT;
    struct nexus_check_result result = NEXUS_CHECK_RESULT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code;

    message.subject = forgery.subject;
    message.message_id = forgery.message_id;
    message.signature = forgery.signature;
    message.capability = forgery.capability;
    message.body = forgery.body;
    message.length = forgery.length;
    code = nexus_trust_check(trust, &message, &result, &err);
    if (strcmp(forgery.reason, "accepted") == 0) {
        ck_assert_msg(code == NEXUS_OK, "%s: %s: %s", forgery.name, err.where, err.message);
        ck_assert_int_eq(result.refusal, NEXUS_REFUSED_NOT);
        ck_assert_int_ge(result.verdict, NEXUS_TRUST_VERIFIED);
        return;
    }
    ck_assert_msg(strcmp(nexus_refusal_name(result.refusal), forgery.reason) == 0,
                  "%s: %s instead of %s: %s", forgery.name, nexus_refusal_name(result.refusal),
                  forgery.reason, err.message);
    ck_assert_msg(code == NEXUS_E_SIGNATURE || code == NEXUS_E_KEY, "%s: %d", forgery.name, code);
    ck_assert_int_eq(err.code, code);
}

START_TEST(each_forgery_is_refused_for_its_reason)
{
    struct nexus_trust *trust = load_store();
    FILE *file = open_table();
    int cases = 0;

    while (forgery_next(file, &forgery)) {
        cases++;
        if (!forgery.second) /* two headers are seen by a client only */
            check_alone(trust);
    }
    ck_assert_int_ge(cases, LEAST_CASES);
    fclose(file);
    nexus_trust_destroy(trust);
}
END_TEST

/* ---- through a server */

struct seen {
    char reason[32]; /* of the message that came last */
    int count;
};

static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    struct seen *seen = data;

    (void)subscription;
    snprintf(seen->reason, sizeof seen->reason, "%s", nexus_refusal_name(poison->refusal));
    seen->count++;
}

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct seen *seen = data;

    (void)event;
    ck_assert_int_ge(nexus_delivery_trust(delivery), NEXUS_TRUST_VERIFIED);
    ck_assert_ptr_nonnull(nexus_delivery_key_id(delivery));
    snprintf(seen->reason, sizeof seen->reason, "accepted");
    seen->count++;
    return NEXUS_ACK;
}

static void publish_forgery(struct test_raw *raw)
{
    natsMsg *message = NULL;
    jsPubAck *ack = NULL;

    ck_assert_int_eq(natsMsg_Create(&message, forgery.subject, NULL, (const char *)forgery.body,
                                    (int)forgery.length),
                     NATS_OK);
    if (forgery.message_id)
        natsMsgHeader_Set(message, "Nats-Msg-Id", forgery.message_id);
    if (forgery.signature)
        natsMsgHeader_Add(message, "Nexus-Signature", forgery.signature);
    if (forgery.second)
        natsMsgHeader_Add(message, "Nexus-Signature", forgery.second);
    if (forgery.capability)
        natsMsgHeader_Set(message, "Nexus-Capability", forgery.capability);
    ck_assert_int_eq(js_PublishMsg(&ack, raw->jetstream, message, NULL, NULL), NATS_OK);
    ck_assert(!ack->Duplicate);
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(message);
}

START_TEST(each_forgery_is_refused_behind_a_server)
{
    struct seen seen = {"", 0};
    struct nexus_trust *trust = load_store();
    struct nexus_client_options *options = test_options("receiver");
    struct nexus_subscribe_options *how = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct nexus_client *client;
    struct nexus_client_stats stats;
    struct test_raw raw;
    FILE *file = open_table();
    int accepted = 0, cases = 0;

    OK(nexus_client_options_set_log(options, NEXUS_LOG_ERROR, NULL, NULL, err));
    OK(nexus_client_options_set_trust(options, trust, NEXUS_TRUST_REQUIRE, err));
    nexus_trust_destroy(trust);
    client = test_client_of(options);
    OK(nexus_subscribe_options_set_poison_callback(how, on_poison, &seen, err));
    OK(nexus_subscribe_json(client, NULL, NULL, on_event, &seen, how, &subscription, err));
    test_raw_open(&raw, test_server.url);
    while (forgery_next(file, &forgery)) {
        publish_forgery(&raw);
        cases++;
        DISPATCH_UNTIL(client, seen.count == cases);
        ck_assert_msg(strcmp(seen.reason, forgery.reason) == 0, "%s: %s instead of %s",
                      forgery.name, seen.reason, forgery.reason);
        accepted += strcmp(forgery.reason, "accepted") == 0;
    }
    ck_assert_int_ge(cases, LEAST_CASES);
    stats = test_stats(client);
    ck_assert_uint_eq(stats.verified, (uint64_t)accepted);
    ck_assert_uint_eq(stats.poison, (uint64_t)(cases - accepted));
    ck_assert_uint_eq(stats.poison_malformed + stats.poison_algorithm + stats.poison_subject +
                          stats.poison_message_id + stats.poison_unknown_key +
                          stats.poison_revoked + stats.poison_time + stats.poison_not_allowed +
                          stats.poison_capability + stats.poison_signature + stats.poison_unsigned +
                          stats.poison_replay,
                      stats.poison);
    fclose(file);
    nexus_subscribe_options_destroy(how);
    test_raw_close(&raw);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("forgeries");
    TCase *alone = test_case_bare(suite, "alone");
    TCase *server = test_case_with_stream(suite, "server");

    tcase_add_test(alone, each_forgery_is_refused_for_its_reason);
    tcase_add_test(server, each_forgery_is_refused_behind_a_server);
    return test_main(suite);
}
