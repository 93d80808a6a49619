/* SPDX-License-Identifier: Apache-2.0 */
/* The members in `json`, on their way into a payload. */
#include "codec.h"
#include "fixture.h"
#include "unit.h"

static void expect_text(const struct nexus_channel *channel, const void *event, const char *json)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;

    unit_ok(nx_codec_encode(channel, event, &out, &err), &err);
    ck_assert_str_eq(nx_buf_text(&out), json);
    nx_buf_free(&out);
}

static void expect_refused(const struct nexus_channel *channel, const void *event, int code,
                           const char *where, const char *message)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;

    unit_expect(nx_codec_encode(channel, event, &out, &err), &err, code, where, message);
    ck_assert_uint_eq(out.length, 0);
    nx_buf_free(&out);
}

static const char before[] =
    "{\"name\":\"n\",\"count\":0,\"ratio\":0.5,\"color\":\"green\",\"tags\":[],\"numbers\":[]";

START_TEST(writes_unknown_members_verbatim)
{
    static const struct {
        const char *json;
        const char *behind;
    } cases[] = {
        {"{}", "}"},
        {" { } ", "}"},
        {"{\"x\":1}", ",\"x\":1}"},
        {" {\"x\" : 1.50 ,\n\"y\":{\"name\": [1e2, 9007199254740993]}}",
         ",\"x\" : 1.50,\"y\":{\"name\": [1e2, 9007199254740993]}}"},
        {"{\"\\u0078\":\"\\u0410\\/\"}", ",\"\\u0078\":\"\\u0410\\/\"}"},
    };
    struct fixture event = fixture_minimal();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nx_buf whole = NX_BUF_INIT;
        nx_buf_printf(&whole, "%s%s", before, cases[i].behind);
        event.json = cases[i].json;
        expect_text(&fixture_channel, &event, nx_buf_text(&whole));
        nx_buf_free(&whole);
    }
}
END_TEST

/* More members than the memory lent to the reader holds. */
START_TEST(writes_many_members)
{
    struct fixture event = fixture_minimal();
    struct nx_buf json = NX_BUF_INIT;
    struct nx_buf whole = NX_BUF_INIT;

    nx_buf_putc(&json, '{');
    for (int i = 0; i < 1000; i++)
        nx_buf_printf(&json, "%s\"m%d\":%d", i ? "," : "", i, i);
    nx_buf_putc(&json, '}');
    nx_buf_printf(&whole, "%s,%s", before, nx_buf_text(&json) + 1);
    event.json = nx_buf_text(&json);
    expect_text(&fixture_channel, &event, nx_buf_text(&whole));
    nx_buf_free(&json);
    nx_buf_free(&whole);
}
END_TEST

START_TEST(refuses_what_is_no_strict_object)
{
    static const struct {
        const char *json;
        const char *where;
        const char *message;
    } cases[] = {
        {"", "json: byte 0", "expected a value, got the end of the text"},
        {"{", "json: byte 1", "expected a member's name, got the end of the text"},
        {"{} {}", "json: byte 3", "expected the end of the text, got {"},
        {"{\"x\":tru}", "payload.x", "expected a value, got t at byte 5"},
        {"{\"x\":[1,\"\xff\"]}", "payload.x[1]", "a string is not UTF-8 at byte 9"},
        {"{\"x\":1,\"x\":2}", "payload.x", "duplicate member at byte 7"},
        {"{\"byte 1\":?}", "payload.byte 1", "expected a value, got ? at byte 10"},
        {"[1]", "json", "expected an object, got an array"},
        {"null", "json", "expected an object, got null"},
        {"\"{}\"", "json", "expected an object, got a string"},
    };
    struct fixture event = fixture_minimal();
    struct fixture_open open = {sizeof(open), NULL};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        event.json = cases[i].json;
        /* Sound JSON that is no object is a breach of the contract, not of JSON. */
        int code = strncmp(cases[i].message, "expected an object", 18) == 0 ? NEXUS_E_VALIDATION
                                                                            : NEXUS_E_JSON;
        expect_refused(&fixture_channel, &event, code, cases[i].where, cases[i].message);
        open.json = cases[i].json;
        expect_refused(&fixture_open_channel, &open, code, cases[i].where, cases[i].message);
    }
}
END_TEST

/* Inside the envelope, the payload is one level down. */
START_TEST(leaves_a_level_for_the_envelope)
{
    struct fixture_open event = {sizeof(event), NULL};
    char text[2 * NX_JSON_DEPTH + 8] = "{\"a\":";
    size_t arrays = NX_JSON_DEPTH - 2;

    memset(text + 5, '[', arrays);
    memset(text + 5 + arrays, ']', arrays);
    memcpy(text + 5 + 2 * arrays, "}", 2);
    event.json = text;
    expect_text(&fixture_open_channel, &event, text);
    arrays++;
    memset(text + 5, '[', arrays);
    memset(text + 5 + arrays, ']', arrays);
    memcpy(text + 5 + 2 * arrays, "}", 2);
    expect_refused(&fixture_open_channel, &event, NEXUS_E_JSON, NULL,
                   "nested deeper than 63 levels at byte 67");
}
END_TEST

START_TEST(refuses_typed_members)
{
    static const struct {
        const char *json;
        const char *where;
        const char *message;
    } cases[] = {
        {"{\"x\":1,\"count\":5}", "payload.count", "also given in json"},
        {"{\"n\\u0061me\":\"n\"}", "payload.name", "also given in json"},
        {"{\"note\":\"n\"}", "payload.note", "given in json, but belongs into the typed member"},
        {"{\"weight\":1}", "payload.weight", "given in json, but belongs into the typed member"},
        {"{\"tags\":[]}", "payload.tags", "given in json, but belongs into the typed member"},
    };
    struct fixture event = fixture_minimal();

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        event.json = cases[i].json;
        expect_refused(&fixture_channel, &event, NEXUS_E_VALIDATION, cases[i].where,
                       cases[i].message);
    }
}
END_TEST

START_TEST(takes_later_members_from_json)
{
    struct fixture event = fixture_minimal();
    struct nx_buf whole = NX_BUF_INIT;

    event.json = "{\"nick\":\"\\u0041b\",\"x\":1,\"level\":3.0}";
    nx_buf_printf(&whole, "%s,%s", before, event.json + 1);
    expect_text(&fixture_channel, &event, nx_buf_text(&whole));
    event.json = "{\"nick\":\"123456\"}";
    expect_refused(&fixture_channel, &event, NEXUS_E_VALIDATION, "payload.nick",
                   "6 characters exceed the limit of 5");
    event.json = "{\"level\":\"3\"}";
    expect_refused(&fixture_channel, &event, NEXUS_E_VALIDATION, "payload.level",
                   "expected an integer, got a string");
    nx_buf_free(&whole);
}
END_TEST

START_TEST(a_later_typed_member_replaces_the_one_in_json)
{
    struct fixture event = fixture_minimal();
    struct nx_buf whole = NX_BUF_INIT;

    event.json = "{\"a\":1,\"n\\u0069ck\":\"old\",\"level\":3,\"z\":2}";
    event.nick = "new";
    nx_buf_printf(&whole, "%s,\"nick\":\"new\",\"a\":1,\"level\":3,\"z\":2}", before);
    expect_text(&fixture_channel, &event, nx_buf_text(&whole));
    nx_buf_free(&whole);
}
END_TEST

/* As a received event is passed on whose enum has a value of a newer contract: what will not be
 * written need not be sound. */
START_TEST(a_replaced_member_is_not_checked)
{
    struct fixture event = fixture_minimal();
    struct nx_buf whole = NX_BUF_INIT;

    event.json = "{\"nick\":17}";
    event.nick = "new";
    nx_buf_printf(&whole, "%s,\"nick\":\"new\"}", before);
    expect_text(&fixture_channel, &event, nx_buf_text(&whole));
    nx_buf_free(&whole);
}
END_TEST

START_TEST(writes_an_open_payload_verbatim)
{
    struct fixture_open event = {sizeof(event), NULL};

    expect_text(&fixture_open_channel, &event, "{}");
    event.json = " { \"a\" : [ 1.0 ] , \"b\":{}}\n";
    expect_text(&fixture_open_channel, &event, "{ \"a\" : [ 1.0 ] , \"b\":{}}");
}
END_TEST

/* A program built when the channel was open, and one that knows the schema. */
START_TEST(checks_what_an_older_caller_still_puts_into_json)
{
    static const char *const lines[] = {"l"};
    struct fixture_grown event = {.size = sizeof(struct fixture_open)};

    event.json = "{\"id\":\"i\",\"lines\":[],\"more\":true}";
    expect_text(&fixture_grown_channel, &event, event.json);
    event.json = "{\"id\":\"i\",\"more\":true}";
    expect_refused(&fixture_grown_channel, &event, NEXUS_E_VALIDATION, "payload.lines",
                   "required member is missing");
    event.json = "{\"id\":\"i\",\"lines\":[\"a\",2]}";
    expect_refused(&fixture_grown_channel, &event, NEXUS_E_VALIDATION, "payload.lines[1]",
                   "expected a string, got a number");
    event.json = NULL;
    expect_refused(&fixture_grown_channel, &event, NEXUS_E_VALIDATION, "payload.id",
                   "required member is missing");
    event.size = sizeof(event);
    event.json = "{\"id\":\"i\",\"lines\":[\"in json\"],\"amount\":1}";
    expect_text(&fixture_grown_channel, &event, event.json);
    event.id = "typed";
    event.lines = lines;
    event.lines_count = 1;
    expect_text(&fixture_grown_channel, &event,
                "{\"id\":\"typed\",\"lines\":[\"l\"],\"amount\":1}");
    event.json = NULL;
    event.lines_count = 0;
    event.lines = NULL;
    expect_text(&fixture_grown_channel, &event, "{\"id\":\"typed\",\"lines\":[]}");
}
END_TEST

UNIT_MAIN("codec_extra", writes_unknown_members_verbatim, writes_many_members,
          refuses_what_is_no_strict_object, leaves_a_level_for_the_envelope, refuses_typed_members,
          takes_later_members_from_json, a_later_typed_member_replaces_the_one_in_json,
          a_replaced_member_is_not_checked, writes_an_open_payload_verbatim,
          checks_what_an_older_caller_still_puts_into_json)
