/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include "unit.h"

#define ID    "\"causal_id\":\"evt-9f3ac21d\""
#define CLOCK "\"vector_clock\":{\"till-2\":41}"
#define BODY  "\"payload\":{}"

static int read_body(const char *text, const char *tenant, struct nx_envelope *out,
                     struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    struct nexus_error reading = NEXUS_ERROR_INIT;
    int code;

    unit_ok(nx_json_read(&json, text, strlen(text), &reading), &reading);
    code = nx_envelope_read(&json, tenant, out, err);
    nx_json_free(&json);
    return code;
}

static void put(struct nx_buf *buf, const char *text)
{
    nx_buf_reset(buf);
    nx_buf_puts(buf, text);
}

START_TEST(writes_the_members_in_order)
{
    struct nx_buf out = NX_BUF_INIT, clock = NX_BUF_INIT, payload = NX_BUF_INIT;

    put(&clock, "{\"a\":1}");
    put(&payload, "{\"x\":[]}");
    nx_envelope_write(&out, "evt-1", &clock, &payload, "salon-001");
    ck_assert_str_eq(nx_buf_text(&out), "{\"causal_id\":\"evt-1\",\"vector_clock\":{\"a\":1},"
                                        "\"payload\":{\"x\":[]},\"tenant\":\"salon-001\"}");
    nx_buf_reset(&out);
    nx_envelope_write(&out, "a\"\\\n", &clock, &payload, NULL);
    ck_assert_str_eq(nx_buf_text(&out), "{\"causal_id\":\"a\\\"\\\\\\n\",\"vector_clock\":"
                                        "{\"a\":1},\"payload\":{\"x\":[]}}");
    ck_assert(!out.failed);
    nx_buf_free(&out);
    nx_buf_free(&clock);
    nx_buf_free(&payload);
}
END_TEST

START_TEST(fails_with_its_parts)
{
    struct nx_buf out = NX_BUF_INIT, clock = NX_BUF_INIT, payload = NX_BUF_INIT;

    put(&clock, "{}");
    put(&payload, "{}");
    payload.failed = payload.over_limit = true;
    nx_envelope_write(&out, "evt-1", &clock, &payload, NULL);
    ck_assert(out.failed && out.over_limit);
    nx_buf_reset(&out);
    payload.failed = payload.over_limit = false;
    clock.failed = true;
    nx_envelope_write(&out, "evt-1", &clock, &payload, NULL);
    ck_assert(out.failed && !out.over_limit);
    clock.failed = false;
    nx_buf_reset(&out);
    out.limit = 40;
    nx_envelope_write(&out, "evt-1", &clock, &payload, NULL);
    ck_assert(out.failed && out.over_limit);
    nx_buf_free(&out);
    nx_buf_free(&clock);
    nx_buf_free(&payload);
}
END_TEST

START_TEST(finds_the_parts_in_any_order)
{
    static const char text[] =
        "{\"tenant\":\"salon-001\",\"x\":1,\"payload\":{\"n\":[1,{}]},\"vector_clock\":{},"
        "\"causal_id\":\"\"}";
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_json json = NX_JSON_INIT;
    struct nx_envelope found;

    unit_ok(nx_json_read(&json, text, strlen(text), &err), &err);
    unit_ok(nx_envelope_read(&json, "salon-001", &found, &err), &err);
    ck_assert(nx_json_equals(&json, found.tenant, "salon-001"));
    ck_assert(nx_json_equals(&json, found.causal_id, ""));
    ck_assert_uint_eq(found.payload, nx_json_member(&json, 0, "payload"));
    ck_assert_uint_eq(found.vector_clock, nx_json_member(&json, 0, "vector_clock"));
    ck_assert(found.has_extra);
    nx_json_free(&json);
}
END_TEST

START_TEST(accepts_what_the_contract_allows)
{
    static const struct {
        const char *text, *tenant;
        bool has_tenant, has_extra;
    } cases[] = {
        {"{" ID "," CLOCK "," BODY "}", "salon-001", false, false},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"salon-001\"}", "salon-001", true, false},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"salon-00\\u0031\"}", "salon-001", true, false},
        {"{" ID "," CLOCK "," BODY ",\"t\\u0065nant\":\"salon-001\"}", "salon-001", true, false},
        {"{" ID "," CLOCK "," BODY "}", NULL, false, false},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"sto-002\"}", NULL, true, false},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"sto\\u002d002\"}", NULL, true, false},
        {"{" ID "," CLOCK "," BODY ",\"Tenant\":\"x y\"}", "salon-001", false, true},
        {"{" ID "," CLOCK "," BODY ",\"\":0}", "salon-001", false, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_envelope found;
        unit_ok(read_body(cases[i].text, cases[i].tenant, &found, &err), &err);
        ck_assert_int_eq(found.tenant != 0, cases[i].has_tenant);
        ck_assert_int_eq(found.has_extra, cases[i].has_extra);
    }
}
END_TEST

START_TEST(refuses_with_the_member_and_the_reason)
{
    static const struct {
        const char *text, *tenant;
        int code;
        const char *where, *message;
    } cases[] = {
        {"[]", NULL, NEXUS_E_VALIDATION, "", "expected an object, got an array"},
        {"null", NULL, NEXUS_E_VALIDATION, "", "expected an object, got null"},
        {"{}", NULL, NEXUS_E_VALIDATION, "causal_id", "is missing"},
        {"{\"Causal_id\":\"a\"," CLOCK "," BODY "}", NULL, NEXUS_E_VALIDATION, "causal_id",
         "is missing"},
        {"{\"causal_id\":7," CLOCK "," BODY "}", NULL, NEXUS_E_VALIDATION, "causal_id",
         "expected a string, got a number"},
        {"{" ID "," BODY "}", NULL, NEXUS_E_VALIDATION, "vector_clock", "is missing"},
        {"{" ID ",\"vector_clock\":[]," BODY "}", NULL, NEXUS_E_VALIDATION, "vector_clock",
         "expected an object, got an array"},
        {"{" ID ",\"vector_clock\":{\"a\":-1}," BODY "}", NULL, NEXUS_E_VALIDATION,
         "vector_clock.a", "-1 is negative"},
        {"{" ID "," CLOCK "}", NULL, NEXUS_E_VALIDATION, "payload", "is missing"},
        {"{" ID "," CLOCK ",\"payload\":\"{}\"}", NULL, NEXUS_E_VALIDATION, "payload",
         "expected an object, got a string"},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":null}", "a", NEXUS_E_VALIDATION, "tenant",
         "expected a string, got null"},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":7}", NULL, NEXUS_E_VALIDATION, "tenant",
         "expected a string, got a number"},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"sto-002\"}", "salon-001", NEXUS_E_TENANT,
         "tenant", "\"sto-002\" is not the subject's tenant \"salon-001\""},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"\"}", "salon-001", NEXUS_E_TENANT, "tenant",
         "\"\" is not the subject's tenant \"salon-001\""},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"Salon-001\"}", "salon-001", NEXUS_E_TENANT,
         "tenant", NULL},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"salon-0011\"}", "salon-001", NEXUS_E_TENANT,
         "tenant", NULL},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"\"}", NULL, NEXUS_E_VALIDATION, "tenant",
         "\"\" is not a sound token"},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"_core\"}", NULL, NEXUS_E_VALIDATION, "tenant",
         "\"_core\" is not a sound token"},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"a\\u002eb\"}", NULL, NEXUS_E_VALIDATION, "tenant",
         "\"a.b\" is not a sound token"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_envelope found = {.payload = 77};
        int code = read_body(cases[i].text, cases[i].tenant, &found, &err);
        unit_expect(code, &err, cases[i].code, cases[i].where, cases[i].message);
        ck_assert_uint_eq(found.payload, 77);
        ck_assert_int_eq(read_body(cases[i].text, cases[i].tenant, &found, NULL), cases[i].code);
    }
}
END_TEST

START_TEST(limits_the_causal_id_without_its_escapes)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf text = NX_BUF_INIT;
    struct nx_envelope found;

    for (int length = 256; length <= 257; length++) {
        for (int escaped = 0; escaped < 2; escaped++) {
            int code;
            put(&text, "{\"causal_id\":\"");
            for (int i = 0; i < length; i++)
                nx_buf_puts(&text, escaped ? "\\u0061" : "a");
            nx_buf_puts(&text, "\"," CLOCK "," BODY "}");
            code = read_body(nx_buf_text(&text), NULL, &found, &err);
            if (length == 256)
                unit_ok(code, &err);
            else
                unit_expect(code, &err, NEXUS_E_VALIDATION, "causal_id",
                            "257 bytes exceed the limit of 256");
        }
    }
    nx_buf_free(&text);
}
END_TEST

START_TEST(copies_what_is_beyond_the_contract)
{
    static const struct {
        const char *text, *extra;
    } cases[] = {
        {"{" ID "," CLOCK "," BODY "}", "{}"},
        {"{\"a\" : 1.00 ," ID "," CLOCK "," BODY ", \"b\\u0063\":[ 1, {\"tenant\":2} ]}",
         "{\"a\":1.00,\"b\\u0063\":[ 1, {\"tenant\":2} ]}"},
        {"{" ID "," CLOCK "," BODY ",\"tenant\":\"x\",\"trace\":null}", "{\"trace\":null}"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_json json = NX_JSON_INIT;
        struct nx_buf out = NX_BUF_INIT;
        unit_ok(nx_json_read(&json, cases[i].text, strlen(cases[i].text), &err), &err);
        nx_envelope_extra(&json, &out);
        ck_assert_str_eq(nx_buf_text(&out), cases[i].extra);
        nx_buf_free(&out);
        nx_json_free(&json);
    }
}
END_TEST

UNIT_MAIN("envelope", writes_the_members_in_order, fails_with_its_parts,
          finds_the_parts_in_any_order, accepts_what_the_contract_allows,
          refuses_with_the_member_and_the_reason, limits_the_causal_id_without_its_escapes,
          copies_what_is_beyond_the_contract)
