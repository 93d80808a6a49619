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

int main(void)
{
    Suite *suite = suite_create("replay");
    TCase *tcase = test_case_with_stream(suite, "replay");

    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, a_copy_is_refused_and_a_redelivery_is_not, 0, 3);
    return test_main(suite);
}
