/* SPDX-License-Identifier: Apache-2.0 */
/* Large events: up to the limits of client and server, and not beyond them. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "long_text.h"
#include "simple.h"

#define MIB (1024 * 1024)

/* More than the server takes would end the connection: it is refused before. */
START_TEST(the_servers_limit_counts_too)
{
    ck_assert(test_server_start(&test_server, NULL));
    struct nexus_client *client = client_with_limit(8 * MIB);
    char *text = long_text(2 * MIB);
    test_provision();
    FAILS(NEXUS_E_TOO_LARGE, publish_text(client, text, err));
    /* Headers count at the server: just below its limit is too much as well, a little less is not.
     */
    text[MIB - 300] = '\0';
    FAILS(NEXUS_E_TOO_LARGE, publish_text(client, text, err));
    text[MIB - 2048] = '\0';
    OK(publish_text(client, text, err));
    ck_assert_uint_eq(test_stats(client).disconnects, 0);
    ck_assert_uint_eq(test_stats(client).acked, 1);
    free(text);
    nexus_client_destroy(client);
}
END_TEST

/* The window counts bytes too: three events of 20 KiB fit into 64 KiB, a fourth does not. */
START_TEST(the_window_counts_bytes)
{
    ck_assert(test_server_start(&test_server, NULL));
    test_provision();
    struct nexus_client_options *options = test_options("large");
    struct nexus_publish_options *publish = nexus_publish_options_new();
    struct test_report reports[4] = {{0}};
    struct nexus_agent_handoff_ack event = NEXUS_AGENT_HANDOFF_ACK_INIT;
    char *text = long_text(20 * 1024);
    OK(nexus_client_options_set_window(options, 1000, 65536, err));
    struct nexus_client *client = test_client_of(options);
    event.agent = text;
    test_server_kill(&test_server);
    OK(nexus_publish_options_set_wait_when_full(publish, false, err));
    for (int i = 0; i < 4; i++) {
        OK(nexus_publish_options_set_callback(publish, test_on_report, &reports[i], err));
        if (i < 3) {
            OK(nexus_publish_agent_handoff_ack(client, &event, publish, NULL, err));
        } else {
            FAILS(NEXUS_E_FULL,
                  nexus_publish_agent_handoff_ack(client, &event, publish, NULL, err));
        }
    }
    ck_assert(test_server_restart(&test_server));
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(test_reported(reports, 3, NEXUS_OK), 3);
    OK(nexus_publish_agent_handoff_ack(client, &event, publish, NULL, err));
    OK(nexus_client_flush(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_int_eq(reports[3].calls, 1);
    free(text);
    nexus_publish_options_destroy(publish);
    nexus_client_destroy(client);
}
END_TEST

/* So does the queue of a subscription: large events arrive although few fit. */
START_TEST(a_queue_smaller_than_an_event_still_delivers)
{
    ck_assert(test_server_start(&test_server, NULL));
    test_provision();
    struct nexus_client *client = test_client("large");
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription = NULL;
    struct expected expected = {long_text(200 * 1024), 0};
    OK(nexus_subscribe_options_set_queue(options, 100, 65536, err));
    for (int i = 0; i < 20; i++) {
        OK(publish_text(client, expected.text, err));
    }
    OK(nexus_subscribe_telegram_message(client, compare_text, &expected, options, &subscription,
                                        err));
    DISPATCH_UNTIL(client, expected.seen == 20);
    free((char *)(uintptr_t)expected.text);
    nexus_subscribe_options_destroy(options);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("large");
    TCase *bare = test_case_bare(suite, "large");
    tcase_add_test(bare, the_servers_limit_counts_too);
    tcase_add_test(bare, the_window_counts_bytes);
    tcase_add_test(bare, a_queue_smaller_than_an_event_still_delivers);
    return test_main(suite);
}
