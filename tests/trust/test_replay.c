/* SPDX-License-Identifier: Apache-2.0 */
/* An event that is stored again, by somebody who has read it, against one that is delivered again.
 */
#include <nexus/nexus.h>
#include <string.h>

#include "harness.h"
#include "raw.h"
#include "signed.h"
#include "simple.h"

/* Stores a copy of a message, headers and all; past the stream's own memory of message ids. */
static void store_again(struct test_raw *raw, uint64_t sequence)
{
    natsMsg *original = test_raw_get(raw, "NEXUS", sequence), *copy = NULL;
    const char *value = NULL;
    jsPubAck *ack = NULL;

    ck_assert_ptr_nonnull(original);
    ck_assert_int_eq(natsMsg_Create(&copy, natsMsg_GetSubject(original), NULL,
                                    natsMsg_GetData(original), natsMsg_GetDataLength(original)),
                     NATS_OK);
    ck_assert_int_eq(natsMsgHeader_Get(original, "Nexus-Signature", &value), NATS_OK);
    natsMsgHeader_Set(copy, "Nexus-Signature", value);
    ck_assert_int_eq(js_PublishMsg(&ack, raw->jetstream, copy, NULL, NULL), NATS_OK);
    ck_assert_uint_gt(ack->Sequence, sequence);
    jsPubAck_Destroy(ack);
    natsMsg_Destroy(copy);
    natsMsg_Destroy(original);
}

START_TEST(a_copy_is_refused_and_a_redelivery_is_not)
{
    struct nexus_client *sender, *receiver;
    struct test_raw raw;

    set_up();
    sender = signing_client(kinds[_i]);
    test_raw_open(&raw, test_server.url);
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    seen.verdict = NEXUS_RETRY;
    test_subscribe(receiver, NULL, &seen, NULL);
    OK(test_publish(sender, 0, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, seen.count == 1);
    seen.verdict = NEXUS_ACK;
    DISPATCH_UNTIL(receiver, seen.count == 2);
    store_again(&raw, 1);
    OK(test_publish(sender, 1, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, seen.count == 3);
    ck_assert_uint_eq(test_stats(receiver).poison_replay, 1);
    ck_assert_int_eq(seen.numbers[2], 1);
    test_raw_close(&raw);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
}
END_TEST

static void on_letter(struct nexus_subscription *subscription,
                      const struct nexus_dead_letter *letter, void *data)
{
    uint64_t *number = data;

    (void)subscription;
    *number = letter->number;
}

/* A stream that remembers message ids for a second. */
static void provision_briefly(void)
{
    struct nexus_client_options *options = test_options("provisioner");
    struct nexus_provision_options *plan = nexus_provision_options_new();
    struct nexus_client *client;
    struct test_raw raw;

    test_raw_open(&raw, test_server.url);
    test_raw_delete_stream(&raw, "NEXUS");
    test_raw_close(&raw);
    OK(nexus_client_options_set_publish_deadline(options, 1000, err));
    client = test_client_of(options);
    OK(nexus_provision_options_set_duplicate_window(plan, 1000, err));
    OK(nexus_provision(client, plan, NULL, err));
    nexus_provision_options_destroy(plan);
    nexus_client_destroy(client);
}

static bool sent_back(struct nexus_client *client, uint64_t number)
{
    int code = nexus_dead_letter_retry(client, NULL, number, 0, NULL, NULL);

    ck_assert(code == NEXUS_OK || code == NEXUS_E_REPLAY);
    return code == NEXUS_OK;
}

/* Its signature holds, since it comes back byte for byte; and it was not handled, so that it is no
 * replay. A second copy is one. */
START_TEST(what_was_given_up_on_may_come_back_once)
{
    struct nexus_client *sender, *receiver;
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct test_raw raw;
    uint64_t number = 0;

    set_up();
    provision_briefly();
    OK(nexus_subscribe_options_set_dead_letter_callback(options, on_letter, &number, err));
    sender = signing_client(kinds[_i]);
    receiver = trusting_client("receiver", NEXUS_TRUST_REQUIRE);
    seen.verdict = NEXUS_REJECT;
    test_subscribe(receiver, NULL, &seen, options);
    OK(test_publish(sender, 0, NULL, NULL, err));
    DISPATCH_UNTIL(receiver, number != 0);
    seen.verdict = NEXUS_ACK;
    FAILS(NEXUS_E_SIGNATURE,
          nexus_dead_letter_retry(receiver, NULL, number, NEXUS_DEAD_LETTER_NEW_ID, NULL, err));
    WAIT_UNTIL(sent_back(receiver, number));
    DISPATCH_UNTIL(receiver, seen.count == 2);
    ck_assert_uint_eq(test_stats(receiver).poison_replay, 0);
    test_raw_open(&raw, test_server.url);
    store_again(&raw, 1);
    test_raw_close(&raw);
    DISPATCH_UNTIL(receiver, test_stats(receiver).poison_replay == 1);
    ck_assert_int_eq(seen.count, 2);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(sender);
    nexus_client_destroy(receiver);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay");
    TCase *tcase = test_case_with_stream(suite, "replay");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, a_copy_is_refused_and_a_redelivery_is_not, 0, 3);
    tcase_add_loop_test(tcase, what_was_given_up_on_may_come_back_once, 0, 3);
    return test_main(suite);
}
