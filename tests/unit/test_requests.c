/* SPDX-License-Identifier: Apache-2.0 */
/* API requests: one end for each, whatever the server, the wire and time do. */
#include "requests.h"

#include <sched.h>
#include <stdio.h>

#include "fake_wire.h"
#include "unit.h"

#define SUBJECT "$JS.API.STREAM.INFO.NEXUS"

static struct nexus_client *client;
static struct fake_wire *wire;

struct end {
    int count;
    int code;
    char text[128];
};

static void on_answer(struct nexus_client *of, int code, cJSON *answer, void *data)
{
    struct end *end = data;
    char *text = answer ? cJSON_PrintUnformatted(answer) : NULL;

    ck_assert_ptr_eq(of, client);
    end->count++;
    end->code = code;
    snprintf(end->text, sizeof(end->text), "%s", text ? text : "");
    cJSON_free(text);
    cJSON_Delete(answer);
}

static void begin(void)
{
    client = fake_client_new(NULL);
    wire = fake_wire_of(client);
}

static void start(struct end *end, const char *subject, int64_t milliseconds)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    *end = (struct end){0};
    unit_ok(nx_request_start(client, subject, "{}", wire->now + milliseconds * 1000000, on_answer,
                             end, &err),
            &err);
}

static void give(const char *reply, const char *text)
{
    fake_message(wire, NX_LISTENER_REQUESTS, reply, NULL, NULL, text);
}

START_TEST(an_answer_finds_its_request)
{
    struct end first, second;
    char reply[300];

    begin();
    start(&first, SUBJECT, 1000);
    snprintf(reply, sizeof(reply), "%s", fake_last(wire, SUBJECT, "{}")->reply);
    ck_assert(fake_last(wire, SUBJECT, NULL)->urgent);
    start(&second, SUBJECT, 1000);
    ck_assert_str_ne(reply, fake_last(wire, SUBJECT, NULL)->reply);
    give(reply, "{\"a\":1}");
    ck_assert_int_eq(first.count, 1);
    ck_assert_int_eq(first.code, NEXUS_OK);
    ck_assert_str_eq(first.text, "{\"a\":1}");
    ck_assert_int_eq(second.count, 0);
    give(reply, "{\"a\":2}"); /* a second answer means nothing */
    ck_assert_int_eq(first.count, 1);
    fake_client_free(client);
    ck_assert_int_eq(second.count, 1);
    ck_assert_int_eq(second.code, NEXUS_E_CLOSED);
}
END_TEST

START_TEST(bad_answers_are_no_answers)
{
    static const char *const bad[] = {"", "x", "[]", "1", "\"{}\"", "{\"a\":", "null"};
    struct end end;

    begin();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        start(&end, SUBJECT, 1000);
        give(fake_last(wire, SUBJECT, NULL)->reply, bad[i]);
        ck_assert_int_eq(end.code, NEXUS_E_JSON);
    }
    fake_client_free(client);
}
END_TEST

START_TEST(an_answer_is_bounded_in_size_and_depth)
{
    char *large = malloc(NX_ANSWER_MAX + 2);
    struct end end;

    begin();
    memset(large, ' ', NX_ANSWER_MAX + 1);
    memcpy(large, "{}", 2);
    large[NX_ANSWER_MAX + 1] = 0;
    start(&end, SUBJECT, 1000);
    give(fake_last(wire, SUBJECT, NULL)->reply, large);
    ck_assert_int_eq(end.code, NEXUS_E_JSON);
    large[NX_ANSWER_MAX] = 0;
    start(&end, SUBJECT, 1000);
    give(fake_last(wire, SUBJECT, NULL)->reply, large);
    ck_assert_int_eq(end.code, NEXUS_OK);
    memset(large, '[', 100000);
    memcpy(large, "{\"a\":", 5);
    large[100000] = 0;
    start(&end, SUBJECT, 1000);
    give(fake_last(wire, SUBJECT, NULL)->reply, large);
    ck_assert_int_eq(end.code, NEXUS_E_JSON);
    free(large);
    fake_client_free(client);
}
END_TEST

START_TEST(each_has_its_deadline)
{
    struct end soon, late;

    begin();
    start(&late, SUBJECT, 5000);
    start(&soon, SUBJECT, 1000);
    ck_assert_int_eq(nx_requests_tick(client, wire->now), wire->now + 1000000000);
    ck_assert_int_eq(nx_requests_tick(client, wire->now + 1000000000), wire->now + 5000000000);
    ck_assert_int_eq(soon.code, NEXUS_E_TIMEOUT);
    ck_assert_int_eq(late.count, 0);
    ck_assert_int_eq(nx_requests_tick(client, wire->now + 5000000000), INT64_MAX);
    ck_assert_int_eq(late.code, NEXUS_E_TIMEOUT);
    ck_assert_int_eq(soon.count + late.count, 2);
    fake_client_free(client);
}
END_TEST

START_TEST(a_new_connection_is_asked_again)
{
    struct end end;

    begin();
    fake_down(wire);
    start(&end, SUBJECT, 60000);
    ck_assert_uint_eq(fake_count(wire, SUBJECT, NULL), 0);
    nx_requests_tick(client, wire->now);
    fake_up(wire);
    nx_requests_tick(client, wire->now);
    ck_assert_uint_eq(fake_count(wire, SUBJECT, NULL), 1);
    nx_requests_tick(client, wire->now);
    ck_assert_uint_eq(fake_count(wire, SUBJECT, NULL), 1);
    fake_down(wire);
    fake_up(wire);
    nx_requests_tick(client, wire->now);
    ck_assert_uint_eq(fake_count(wire, SUBJECT, NULL), 2);
    give(fake_last(wire, SUBJECT, NULL)->reply, "{}");
    ck_assert_int_eq(end.code, NEXUS_OK);
    fake_client_free(client);
}
END_TEST

START_TEST(nobody_answers)
{
    struct end first, second;

    begin();
    start(&first, SUBJECT, 1000);
    start(&second, SUBJECT, 1000);
    wire->sink.unanswered(client, NX_LISTENER_REQUESTS);
    ck_assert_int_eq(first.code, NEXUS_E_UNSUPPORTED);
    ck_assert_int_eq(second.code, NEXUS_E_UNSUPPORTED);
    fake_client_free(client);
}
END_TEST

START_TEST(a_forbidden_subject_ends_its_requests)
{
    struct end first, second;
    char inbox[300];

    begin();
    start(&first, SUBJECT, 1000);
    start(&second, "$JS.API.STREAM.INFO.OTHER", 1000);
    fake_forbid(wire, SUBJECT);
    ck_assert_int_eq(first.code, NEXUS_E_PERMISSION);
    ck_assert_int_eq(second.count, 0);
    snprintf(inbox, sizeof(inbox), "%s.p7.*", client->inbox);
    fake_forbid(wire, inbox);
    ck_assert_int_eq(second.count, 0);
    snprintf(inbox, sizeof(inbox), "%s.*", client->inbox);
    fake_forbid(wire, inbox);
    ck_assert_int_eq(second.code, NEXUS_E_PERMISSION);
    fake_client_free(client);
}
END_TEST

START_TEST(a_client_that_ends_takes_no_more)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct end end;

    begin();
    start(&end, SUBJECT, 1000);
    nx_io_stop(client);
    nx_requests_abandon(client);
    ck_assert_int_eq(end.code, NEXUS_E_CLOSED);
    unit_expect(nx_request_start(client, SUBJECT, "", 0, on_answer, &end, &err), &err,
                NEXUS_E_CLOSED, NULL, NULL);
    ck_assert_int_eq(end.count, 1);
    fake_client_free(client);
}
END_TEST

/* ---- waiting for the answer */

struct script {
    const char *const *answers; /* NULL: nobody answers */
    size_t count;
};

static void answer_next(struct fake_wire *of, const struct fake_sent *sent, void *data)
{
    struct script *script = data;
    const char *answer = script->answers[script->count++];

    if (answer)
        give(sent->reply, answer);
    else
        of->sink.unanswered(client, NX_LISTENER_REQUESTS);
}

static int ask(struct script *script, struct nexus_error *err)
{
    cJSON *answer = NULL;
    int code;

    begin();
    wire->on_send = answer_next;
    wire->data = script;
    code = nx_request(client, SUBJECT, "{}", wire->now + 10000000000, &answer, err);
    ck_assert((code == NEXUS_OK) == (answer != NULL));
    cJSON_Delete(answer);
    fake_client_free(client);
    return code;
}

#define ERROR(number) "{\"error\":{\"code\":400,\"err_code\":" #number ",\"description\":\"so\"}}"

START_TEST(errors_have_meanings)
{
    static const struct {
        const char *answer;
        int code;
    } cases[] = {
        {"{}", NEXUS_OK},
        {ERROR(10059), NEXUS_E_NOT_FOUND},
        {ERROR(10014), NEXUS_E_NOT_FOUND},
        {ERROR(10058), NEXUS_E_CONFLICT},
        {ERROR(10065), NEXUS_E_CONFLICT},
        {ERROR(10012), NEXUS_E_CONFLICT},
        {ERROR(10148), NEXUS_E_CONFLICT},
        {ERROR(10039), NEXUS_E_UNSUPPORTED},
        {ERROR(10076), NEXUS_E_UNSUPPORTED},
        {ERROR(10025), NEXUS_E_STREAM},
        {"{\"error\":{}}", NEXUS_E_STREAM},
        {"{\"error\":{\"err_code\":\"x\",\"description\":7}}", NEXUS_E_STREAM},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct script script = {&cases[i].answer, 0};
        struct nexus_error err = NEXUS_ERROR_INIT;
        ck_assert_msg(ask(&script, &err) == cases[i].code, "%s: %s", cases[i].answer, err.message);
        ck_assert_uint_eq(script.count, 1);
        if (strstr(cases[i].answer, "10025"))
            ck_assert_str_eq(err.message, "the server says: so (10025)");
    }
}
END_TEST

START_TEST(passing_troubles_are_waited_out)
{
    const char *const answers[] = {NULL, ERROR(10008), NULL, "{}"};
    struct script script = {answers, 0};
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_ok(ask(&script, &err), &err);
    ck_assert_uint_eq(script.count, 4);
}
END_TEST

static void *fail_later(void *data)
{
    (void)data;
    while (!fake_count(wire, SUBJECT, NULL))
        sched_yield();
    nx_requests_tick(client, INT64_MAX);
    return NULL;
}

START_TEST(a_waiting_thread_is_told_the_deadline)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    cJSON *answer = NULL;
    pthread_t thread;

    begin();
    pthread_create(&thread, NULL, fail_later, NULL);
    unit_expect(nx_request(client, SUBJECT, "", wire->now + 3600000000000, &answer, &err), &err,
                NEXUS_E_TIMEOUT, SUBJECT, "the server did not answer in time");
    pthread_join(thread, NULL);
    fake_client_free(client);
}
END_TEST

START_TEST(a_stuck_client_does_not_hold_its_caller_for_ever)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    cJSON *answer = NULL;

    begin();
    unit_expect(nx_request(client, SUBJECT, "", wire->now, &answer, &err), &err, NEXUS_E_TIMEOUT,
                SUBJECT, NULL);
    fake_client_free(client);
}
END_TEST

UNIT_MAIN("requests", an_answer_finds_its_request, bad_answers_are_no_answers,
          an_answer_is_bounded_in_size_and_depth, each_has_its_deadline,
          a_new_connection_is_asked_again, nobody_answers, a_forbidden_subject_ends_its_requests,
          a_client_that_ends_takes_no_more, errors_have_meanings, passing_troubles_are_waited_out,
          a_waiting_thread_is_told_the_deadline, a_stuck_client_does_not_hold_its_caller_for_ever)
