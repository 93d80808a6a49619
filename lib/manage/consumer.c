/* SPDX-License-Identifier: Apache-2.0 */
#include "consumer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "requests.h"
#include "rfc3339.h"

/* The server never forgets an event by itself: it would tell nobody. The limit of deliveries is
 * kept where the dead letter is written. */
#define INACTIVE_NS 300000000000LL /* then the server drops an ordered consumer */
#define MAX_DELIVER -1

void nx_consumer_info_subject(const struct nx_consumer_spec *spec, struct nx_buf *out)
{
    nx_buf_printf(out, "$JS.API.CONSUMER.INFO.%s.%s", spec->stream, spec->durable);
}

/* The filter is part of the subject, so that permissions can restrict it. */
void nx_consumer_create_subject(const struct nx_consumer_spec *spec, struct nx_buf *out)
{
    nx_buf_printf(out, "$JS.API.CONSUMER.CREATE.%s.%s.%s", spec->stream, spec->durable,
                  spec->filter);
}

static void put_time(struct nx_buf *out, int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    long rest = (long)(nanoseconds % 1000000000);
    struct tm utc;
    char text[40];

    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    gmtime_r(&seconds, &utc);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    nx_buf_printf(out, "\"%s.%09ldZ\"", text, rest);
}

static void put_start(struct nx_buf *out, const struct nx_subscribe_options *options)
{
    static const char *const policies[] = {
        [NEXUS_START_ALL] = "all",
        [NEXUS_START_NEW] = "new",
        [NEXUS_START_LAST_PER_SUBJECT] = "last_per_subject",
        [NEXUS_START_SEQUENCE] = "by_start_sequence",
        [NEXUS_START_TIME] = "by_start_time",
    };

    nx_buf_printf(out, ",\"deliver_policy\":\"%s\"", policies[options->start]);
    if (options->start == NEXUS_START_SEQUENCE)
        nx_buf_printf(out, ",\"opt_start_seq\":%lld", (long long)options->start_value);
    if (options->start == NEXUS_START_TIME) {
        nx_buf_puts(out, ",\"opt_start_time\":");
        put_time(out, options->start_value);
    }
}

static int64_t ack_pending_wanted(const struct nx_consumer_spec *spec)
{
    return (int64_t)spec->options->queue_messages * 2;
}

/* Of an ordered subscription: in memory, gone by itself when nobody pulls any more. */
static void put_ordered(const struct nx_consumer_spec *spec, struct nx_buf *out)
{
    nx_buf_printf(out,
                  "{\"stream_name\":\"%s\",\"action\":\"create\",\"config\":{\"name\":\"%s\","
                  "\"filter_subject\":\"%s\",\"ack_policy\":\"none\","
                  "\"replay_policy\":\"instant\",\"inactive_threshold\":%lld,"
                  "\"mem_storage\":true,\"num_replicas\":1",
                  spec->stream, spec->durable, spec->filter, INACTIVE_NS);
}

/* `action` keeps servers from 2.10 on from changing a consumer that somebody else made meanwhile;
 * older ones do not know it, and are looked at afterwards. */
void nx_consumer_create_body(const struct nx_consumer_spec *spec, struct nx_buf *out)
{
    if (spec->options->ordered) {
        put_ordered(spec, out);
        put_start(out, spec->options);
        nx_buf_puts(out, "}}");
        return;
    }
    nx_buf_printf(out,
                  "{\"stream_name\":\"%s\",\"action\":\"create\",\"config\":{\"name\":\"%s\","
                  "\"durable_name\":\"%s\",\"filter_subject\":\"%s\","
                  "\"ack_policy\":\"explicit\",\"replay_policy\":\"instant\","
                  "\"ack_wait\":%lld,\"max_deliver\":%lld,\"max_ack_pending\":%lld",
                  spec->stream, spec->durable, spec->durable, spec->filter,
                  (long long)spec->options->ack_wait_ms * 1000000, (long long)MAX_DELIVER,
                  (long long)ack_pending_wanted(spec));
    put_start(out, spec->options);
    nx_buf_puts(out, "}}");
}

/* ---- looking at what is there */

static const char *text_of(const cJSON *config, const char *member)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(config, member);

    return cJSON_IsString(value) ? value->valuestring : "";
}

static int64_t number_of(const cJSON *config, const char *member, int64_t absent)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(config, member);

    if (!cJSON_IsNumber(value) || value->valuedouble < -9e15 || value->valuedouble > 9e18)
        return absent;
    return (int64_t)value->valuedouble;
}

static int differs(const struct nx_consumer_spec *spec, const char *member, const char *actual,
                   const char *wanted, struct nexus_error *err)
{
    return nx_fail(err, NEXUS_E_CONFLICT, member,
                   "consumer \"%s\" of stream \"%s\" has %s \"%s\" where \"%s\" is asked for; use "
                   "another durable name, or delete it with nexus_delete_durable()",
                   spec->durable, spec->stream, member, actual, wanted);
}

/* 2.10 and newer can have several filters in a member of its own. */
static int check_filter(const struct nx_consumer_spec *spec, const cJSON *config,
                        struct nexus_error *err)
{
    const cJSON *several = cJSON_GetObjectItemCaseSensitive(config, "filter_subjects");
    const char *filter = text_of(config, "filter_subject");

    if (cJSON_GetArraySize(several) > 1)
        return differs(spec, "filter_subjects", "several filters", spec->filter, err);
    if (cJSON_GetArraySize(several) == 1 && cJSON_IsString(several->child))
        filter = several->child->valuestring;
    if (strcmp(filter, spec->filter) != 0)
        return differs(spec, "filter_subject", filter, spec->filter, err);
    return NEXUS_OK;
}

uint64_t nx_consumer_waiting(const cJSON *answer)
{
    int64_t waiting = number_of(answer, "num_pending", 0);

    return waiting > 0 ? (uint64_t)waiting : 0;
}

/* Where it stands; what an answer leaves out is 0. */
static void read_state(const cJSON *answer, struct nx_consumer_terms *terms)
{
    const cJSON *floor = cJSON_GetObjectItemCaseSensitive(answer, "ack_floor");
    int64_t sequence = number_of(floor, "stream_seq", 0);
    int64_t unsettled = number_of(answer, "num_ack_pending", 0);

    terms->created = 0;
    (void)nx_rfc3339_read(text_of(answer, "created"), &terms->created);
    terms->floor = sequence > 0 ? (uint64_t)sequence : 0;
    terms->unsettled = unsettled > 0 ? (uint64_t)unsettled : 0;
    terms->waiting = nx_consumer_waiting(answer);
}

int nx_consumer_check(const struct nx_consumer_spec *spec, const cJSON *answer,
                      struct nx_consumer_terms *terms, struct nexus_error *err)
{
    const cJSON *config = cJSON_GetObjectItemCaseSensitive(answer, "config");
    const char *policy = text_of(config, "ack_policy");
    const char *durable = text_of(config, "durable_name");
    const char *push = text_of(config, "deliver_subject");
    bool ordered = spec->options->ordered;
    const char *wanted = ordered ? "none" : "explicit";
    int code;

    if (!cJSON_IsObject(config))
        return nx_fail(err, NEXUS_E_STREAM, "config",
                       "the server did not say what consumer \"%s\" is", spec->durable);
    code = check_filter(spec, config, err);
    if (code != NEXUS_OK)
        return code;
    if (strcmp(policy, wanted) != 0)
        return differs(spec, "ack_policy", policy, wanted, err);
    if (strcmp(durable, ordered ? "" : spec->durable) != 0)
        return differs(spec, "durable_name", durable, spec->durable, err);
    if (*push)
        return differs(spec, "deliver_subject", push, "", err);
    terms->ack_wait_ns = number_of(config, "ack_wait", spec->options->ack_wait_ms * 1000000);
    terms->max_deliver = number_of(config, "max_deliver", -1);
    terms->max_ack_pending = number_of(config, "max_ack_pending", -1);
    read_state(answer, terms);
    return NEXUS_OK;
}

int nx_consumer_fail(const struct nx_consumer_spec *spec, const cJSON *answer,
                     struct nexus_error *err)
{
    if (nx_answer_error(answer, NULL) == NX_API_STREAM_MISSING)
        return nx_fail(err, NEXUS_E_NOT_FOUND, spec->stream,
                       "stream \"%s\" does not exist: run \"nexusctl provision\" or call "
                       "nexus_provision()",
                       spec->stream);
    return nx_answer_fail(answer, spec->durable, err);
}

/* ---- opening */

static void log_adopted(struct nexus_client *client, const struct nx_consumer_spec *spec,
                        const struct nx_consumer_terms *terms)
{
    const struct {
        const char *member;
        int64_t actual, wanted;
    } values[] = {
        {"ack_wait", terms->ack_wait_ns, spec->options->ack_wait_ms * 1000000},
        {"max_deliver", terms->max_deliver, MAX_DELIVER},
        {"max_ack_pending", terms->max_ack_pending, ack_pending_wanted(spec)},
    };

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (values[i].actual != values[i].wanted)
            nx_log(client, NEXUS_LOG_WARNING, "consumer_differs",
                   "stream=%s durable=%s member=%s actual=%lld wanted=%lld", spec->stream,
                   spec->durable, values[i].member, (long long)values[i].actual,
                   (long long)values[i].wanted);
}

/* One API call about the consumer. An answer with an `error` member gives NEXUS_OK here. */
static int call(struct nexus_client *client, struct nx_buf *subject, struct nx_buf *body,
                int64_t deadline, cJSON **answer, struct nexus_error *err)
{
    const char *subject_text = nx_buf_text(subject);
    const char *body_text = nx_buf_text(body);
    int code = subject_text && body_text
                   ? nx_request_raw(client, subject_text, body_text, deadline, answer, err)
                   : nx_no_memory(err);

    nx_buf_free(subject);
    nx_buf_free(body);
    return code;
}

static int ask_info(struct nexus_client *client, const struct nx_consumer_spec *spec,
                    int64_t deadline, cJSON **answer, struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT, body = NX_BUF_INIT;

    nx_consumer_info_subject(spec, &subject);
    return call(client, &subject, &body, deadline, answer, err);
}

static int ask_create(struct nexus_client *client, const struct nx_consumer_spec *spec,
                      int64_t deadline, cJSON **answer, struct nexus_error *err)
{
    struct nx_buf subject = NX_BUF_INIT, body = NX_BUF_INIT;

    nx_consumer_create_subject(spec, &subject);
    nx_consumer_create_body(spec, &body);
    return call(client, &subject, &body, deadline, answer, err);
}

int nx_consumer_open(struct nexus_client *client, const struct nx_consumer_spec *spec,
                     int64_t deadline, struct nx_consumer_terms *terms, struct nexus_error *err)
{
    cJSON *answer = NULL;
    bool created = false;
    int code = ask_info(client, spec, deadline, &answer, err);
    int number = code == NEXUS_OK ? nx_answer_error(answer, NULL) : 0;

    if (number == NX_API_CONSUMER_MISSING) {
        cJSON_Delete(answer);
        answer = NULL;
        code = ask_create(client, spec, deadline, &answer, err);
        number = code == NEXUS_OK ? nx_answer_error(answer, NULL) : 0;
        created = true;
    }
    if (number == NX_API_CONSUMER_EXISTS || number == NX_API_CONSUMER_DIFFERS) {
        /* Somebody was faster. */
        cJSON_Delete(answer);
        answer = NULL;
        code = ask_info(client, spec, deadline, &answer, err);
        number = code == NEXUS_OK ? nx_answer_error(answer, NULL) : 0;
        created = false;
    }
    if (number)
        code = nx_consumer_fail(spec, answer, err);
    if (code == NEXUS_OK)
        code = nx_consumer_check(spec, answer, terms, err);
    cJSON_Delete(answer);
    if (code != NEXUS_OK)
        return code;
    nx_log(client, NEXUS_LOG_INFO, created ? "consumer_created" : "consumer_bound",
           "stream=%s durable=%s filter=%s", spec->stream, spec->durable, spec->filter);
    if (!spec->options->ordered)
        log_adopted(client, spec, terms);
    return NEXUS_OK;
}
