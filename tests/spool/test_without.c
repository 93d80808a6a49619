/* SPDX-License-Identifier: Apache-2.0 */
/* A build without SQLite says so, and does everything else. */
#include "simple.h"
#include "spooling.h"

START_TEST(a_spool_is_refused_and_the_rest_works)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_client_options *options = test_options("spool");
    FAILS(NEXUS_E_UNSUPPORTED,
          nexus_client_options_set_spool(options, NEXUS_SPOOL_ALWAYS, spool_path(), err));
    FAILS(NEXUS_E_UNSUPPORTED,
          nexus_client_options_set_spool(options, NEXUS_SPOOL_ON_OUTAGE, NULL, err));
    OK(nexus_client_options_set_spool(options, NEXUS_SPOOL_OFF, NULL, err));
    struct nexus_client *client = test_client_of(options);
    OK(test_publish(client, 1, NULL, &receipt, err));
    ck_assert_int_eq(receipt.spooled_at, 0);
    ck_assert_uint_eq(receipt.sequence, 1);
    ck_assert_uint_eq(spool_stats(client).appended, 0);
    spool_drained(client);
    nexus_client_destroy(client);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("no spool");
    TCase *tcase = test_case_with_stream(suite, "without");
    tcase_add_test(tcase, a_spool_is_refused_and_the_rest_works);
    return test_main(suite);
}
