/* SPDX-License-Identifier: Apache-2.0 */
#include "spooling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"
#include "simple.h"

const char *spool_path(void)
{
    static char path[TEST_PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/spool.db", test_server.directory);
    return path;
}

struct nexus_client_options *spool_options(enum nexus_spool_mode mode)
{
    struct nexus_client_options *options = test_options("spool");
    OK(nexus_client_options_set_spool(options, mode, spool_path(), err));
    OK(nexus_client_options_set_wait_for_connection(options, false, err));
    return options;
}

struct nexus_client *spool_client(enum nexus_spool_mode mode)
{
    return test_client_of(spool_options(mode));
}

struct nexus_spool_stats spool_stats(struct nexus_client *client)
{
    struct nexus_spool_stats stats = NEXUS_SPOOL_STATS_INIT;
    OK(nexus_client_spool_stats(client, &stats, err));
    return stats;
}

void spool_drained(struct nexus_client *client)
{
    OK(nexus_client_spool_drain(client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_uint_eq(spool_stats(client).events, 0);
}

struct expected {
    int next;
};

static void check_number(natsMsg *message, void *data)
{
    struct expected *expected = data;
    char member[48];
    ck_assert_str_eq(natsMsg_GetSubject(message), TEST_SIMPLE_SUBJECT);
    snprintf(member, sizeof member, "\"facts_extracted\":%d", expected->next);
    const char *found = strstr(natsMsg_GetData(message), member);
    ck_assert_msg(found != NULL, "%d expected, but there is %s", expected->next,
                  natsMsg_GetData(message));
    char after = found[strlen(member)];
    ck_assert(after == ',' || after == '}');
    expected->next++;
}

void spool_in_stream(int first, int last)
{
    struct expected expected = {first};
    struct test_raw raw;
    test_raw_open(&raw, test_server.url);
    test_raw_each(&raw, "NEXUS", check_number, &expected);
    test_raw_close(&raw);
    ck_assert_int_eq(expected.next, last + 1);
}

void spool_on_report(struct nexus_client *client, const struct nexus_spool_report *report,
                     void *data)
{
    struct spool_reports *reports = data;
    (void)client;
    reports->calls++;
    reports->counts[report->reason] += report->count;
    reports->last_code = report->code;
    snprintf(reports->last_id, sizeof reports->last_id, "%s",
             report->message_id != NULL ? report->message_id : "");
    if (reports->calls == 1) {
        memcpy(reports->first_dropped, reports->last_id, sizeof reports->last_id);
    }
    snprintf(reports->message, sizeof reports->message, "%s", report->message);
}
