/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions on what was published, which say what was published instead. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "bus.h"
#include "json_subset.h"
#include "status.h"
#include "subject.h"

#define SHOWN_MAX 20 /* events in one explanation */

struct expectation {
    const struct nexus_channel *channel;
    const char *tenant;
    cJSON *payload; /* NULL: any */
    int64_t times;
};

/* A published event, read. */
struct candidate {
    struct nexus_published event;
    struct nx_subject subject;
    bool of_contract;
    cJSON *envelope;
};

static void read_candidate(struct nexus_memory *bus, size_t index, struct candidate *out)
{
    out->event = (struct nexus_published)NEXUS_PUBLISHED_INIT;
    out->envelope = NULL;
    out->of_contract = false;
    if (nexus_memory_published(bus, NULL, index, &out->event, NULL) != NEXUS_OK)
        return;
    out->of_contract = nx_subject_parse(out->event.subject, &out->subject);
    out->envelope = cJSON_ParseWithLength(out->event.body, out->event.body_length);
}

/* How many things differ; lines about them in `out` (NULL allowed). */
static int differences(const struct expectation *expected, const struct candidate *found,
                       struct nx_buf *out)
{
    const cJSON *payload = cJSON_GetObjectItemCaseSensitive(found->envelope, "payload");
    const char *tenant =
        found->of_contract && found->subject.channel->has_tenant ? found->subject.values[0] : NULL;
    int count = 0;

    if (expected->tenant && (!tenant || strcmp(tenant, expected->tenant) != 0)) {
        count++;
        if (out)
            nx_buf_printf(out, "      tenant: \"%s\" expected, %s%s%s found\n", expected->tenant,
                          tenant ? "\"" : "", tenant ? tenant : "none", tenant ? "\"" : "");
    }
    if (expected->payload)
        count += nx_json_subset(expected->payload, payload, "payload", "      ", out);
    return count;
}

static bool of_channel(const struct expectation *expected, const struct candidate *found)
{
    return found->of_contract && found->subject.channel == expected->channel;
}

static int64_t count_matches(struct nexus_memory *bus, const struct expectation *expected)
{
    size_t all = nexus_memory_published_count(bus, NULL);
    int64_t matches = 0;

    for (size_t i = 0; i < all; i++) {
        struct candidate found;
        read_candidate(bus, i, &found);
        matches += of_channel(expected, &found) && !differences(expected, &found, NULL);
        cJSON_Delete(found.envelope);
    }
    return matches;
}

/* ---- explaining */

static void put_headline(const struct expectation *expected, int64_t matches, struct nx_buf *out)
{
    char *payload = expected->payload ? cJSON_PrintUnformatted(expected->payload) : NULL;

    nx_buf_printf(out, "%s", expected->channel->name);
    if (expected->tenant)
        nx_buf_printf(out, " of tenant %s", expected->tenant);
    if (payload)
        nx_buf_printf(out, " with %s", payload);
    if (expected->times == NEXUS_TEST_AT_LEAST_ONCE)
        nx_buf_puts(out, ": published never");
    else
        nx_buf_printf(out, ": published %" PRId64 " times, expected %" PRId64, matches,
                      expected->times);
    cJSON_free(payload);
}

static void put_event(const struct expectation *expected, const struct candidate *found,
                      size_t index, struct nx_buf *out)
{
    const cJSON *payload = cJSON_GetObjectItemCaseSensitive(found->envelope, "payload");
    char *text = payload ? cJSON_PrintUnformatted(payload) : NULL;

    nx_buf_printf(out, "  #%zu %s %s%s\n", index, found->event.subject,
                  text ? text : "without a payload", found->event.sequence ? "" : " (not stored)");
    cJSON_free(text);
    if (of_channel(expected, found) && !differences(expected, found, out))
        nx_buf_puts(out, "      matches\n");
}

static void put_all(struct nexus_memory *bus, const struct expectation *expected,
                    struct nx_buf *out)
{
    size_t all = nexus_memory_published_count(bus, NULL);
    size_t first = all > SHOWN_MAX ? all - SHOWN_MAX : 0;

    if (!all)
        nx_buf_puts(out, "nothing was published at all\n");
    else if (first)
        nx_buf_printf(out, "the last %d of %zu published events:\n", SHOWN_MAX, all);
    else
        nx_buf_printf(out, "published (%zu):\n", all);
    for (size_t i = first; i < all; i++) {
        struct candidate found;
        read_candidate(bus, i, &found);
        put_event(expected, &found, i, out);
        cJSON_Delete(found.envelope);
    }
}

static int explain(struct nexus_memory *bus, const struct expectation *expected, int64_t matches,
                   char **why, struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;
    int code;

    put_headline(expected, matches, &text);
    code = nx_buf_text(&text)
               ? nx_fail(err, NEXUS_E_NOT_FOUND, expected->channel->name, "%s", text.data)
               : nx_no_memory(err);
    nx_buf_putc(&text, '\n');
    put_all(bus, expected, &text);
    if (why)
        *why = nx_buf_take(&text);
    nx_buf_free(&text);
    return code;
}

int nexus_test_expect_published(struct nexus_memory *bus, const char *channel, const char *tenant,
                                const char *payload, int64_t times, char **why,
                                struct nexus_error *err)
{
    struct expectation expected = {NULL, tenant, NULL, times};
    int64_t matches;
    int code = NEXUS_OK;

    if (why)
        *why = NULL;
    if (!bus || !channel || times < NEXUS_TEST_AT_LEAST_ONCE)
        return nx_fail(err, NEXUS_E_INVALID,
                       !bus       ? "bus"
                       : !channel ? "channel"
                                  : "times",
                       "has no sound value");
    expected.channel = nexus_channel_by_name(channel);
    if (!expected.channel)
        return nx_fail(err, NEXUS_E_CHANNEL, "channel", "the contract has no channel \"%s\"",
                       channel);
    if (payload && !cJSON_IsObject(expected.payload = cJSON_Parse(payload))) {
        cJSON_Delete(expected.payload);
        return nx_fail(err, NEXUS_E_JSON, "payload", "is not the text of a JSON object");
    }
    matches = count_matches(bus, &expected);
    if (times == NEXUS_TEST_AT_LEAST_ONCE ? matches < 1 : matches != times)
        code = explain(bus, &expected, matches, why, err);
    cJSON_Delete(expected.payload);
    return code;
}
