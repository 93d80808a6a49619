/* SPDX-License-Identifier: Apache-2.0 */
/* A server that is configured for large messages. */
#include "harness.h"
#include "long_text.h"

#define MIB (1024 * 1024)

static const char generous[] = "max_payload: 8MB\n";

START_TEST(megabytes_arrive_as_they_were_sent)
{
    ck_assert(test_server_start(&test_server, generous));
    struct nexus_client *client = client_with_limit(8 * MIB);
    struct nexus_subscription *subscription = NULL;
    struct expected expected = {long_text(7 * MIB), 0};
    test_provision();
    for (int i = 0; i < 5; i++) {
        OK(publish_text(client, expected.text, err));
    }
    OK(nexus_subscribe_telegram_message(client, compare_text, &expected, NULL, &subscription, err));
    DISPATCH_UNTIL(client, expected.seen == 5);
    ck_assert_uint_eq(test_stats(client).disconnects, 0);
    free((char *)(uintptr_t)expected.text);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("huge");
    TCase *bare = test_case_bare(suite, "huge");
    tcase_add_test(bare, megabytes_arrive_as_they_were_sent);
    return test_main(suite);
}
