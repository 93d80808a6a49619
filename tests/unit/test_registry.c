/* SPDX-License-Identifier: Apache-2.0 */
/* The contract at run time, and the check of a payload by a channel's name. */
#include <nexus/channel.h>

#include "unit.h"

START_TEST(lists_every_channel_once)
{
    size_t count = nexus_channel_count();

    ck_assert_uint_ge(count, 27);
    ck_assert_ptr_null(nexus_channel_at(count));
    ck_assert_ptr_null(nexus_channel_at(SIZE_MAX));
    for (size_t i = 0; i < count; i++) {
        const struct nexus_channel *channel = nexus_channel_at(i);
        ck_assert_ptr_eq(nexus_channel_by_name(nexus_channel_name(channel)), channel);
        for (size_t j = 0; j < i; j++) {
            const struct nexus_channel *other = nexus_channel_at(j);
            ck_assert_str_ne(nexus_channel_name(other), nexus_channel_name(channel));
            ck_assert_str_ne(nexus_channel_c_name(other), nexus_channel_c_name(channel));
            ck_assert_str_ne(nexus_channel_address(other), nexus_channel_address(channel));
        }
    }
}
END_TEST

START_TEST(finds_channels_by_exact_name)
{
    ck_assert_str_eq(nexus_channel_address(nexus_channel_by_name("iotSensorData")),
                     "nexus.{tenant_id}.iot.sensor_data");
    ck_assert_ptr_null(nexus_channel_by_name(NULL));
    ck_assert_ptr_null(nexus_channel_by_name(""));
    ck_assert_ptr_null(nexus_channel_by_name("iotSensorDat"));
    ck_assert_ptr_null(nexus_channel_by_name("iotSensorData "));
    ck_assert_ptr_null(nexus_channel_by_name("iot_sensor_data"));
    ck_assert_ptr_null(nexus_channel_by_name("IotSensorData"));
}
END_TEST

START_TEST(describes_a_channel)
{
    const struct nexus_channel *edge = nexus_channel_by_name("edgeHealth");
    const struct nexus_channel *booking = nexus_channel_by_name("bookingCreated");

    ck_assert_str_eq(nexus_channel_c_name(edge), "edge_health");
    ck_assert_str_eq(nexus_channel_address(edge), "nexus._core.edge.health.{node_id}");
    ck_assert(!nexus_channel_has_tenant(edge));
    ck_assert(!nexus_channel_is_open(edge));
    ck_assert_uint_eq(nexus_channel_parameter_count(edge), 1);
    ck_assert_str_eq(nexus_channel_parameter(edge, 0), "node_id");
    ck_assert_ptr_null(nexus_channel_parameter(edge, 1));
    ck_assert_str_ne(nexus_channel_summary(edge), "");
    ck_assert_uint_eq(strlen(nexus_channel_fingerprint(edge)), 16);
    ck_assert_uint_eq(strspn(nexus_channel_fingerprint(edge), "0123456789abcdef"), 16);
    ck_assert_str_eq(nexus_contract_version(), "2.0.0");
    ck_assert(nexus_channel_has_tenant(booking));
    ck_assert(nexus_channel_is_open(booking));
    ck_assert_uint_eq(nexus_channel_member_count(booking), 0);
    ck_assert_str_eq(nexus_channel_parameter(booking, 0), "tenant_id");
}
END_TEST

static struct nexus_member member_of(const char *channel, const char *name)
{
    const struct nexus_channel *found = nexus_channel_by_name(channel);

    for (size_t i = 0; i < nexus_channel_member_count(found); i++) {
        struct nexus_member member = NEXUS_MEMBER_INIT;
        struct nexus_error err = NEXUS_ERROR_INIT;
        unit_ok(nexus_channel_member(found, i, &member, &err), &err);
        ck_assert_uint_eq(member.size, sizeof(member));
        if (strcmp(member.name, name) == 0)
            return member;
    }
    ck_abort_msg("%s has no %s", channel, name);
    return (struct nexus_member)NEXUS_MEMBER_INIT;
}

START_TEST(describes_members)
{
    struct nexus_member member = member_of("agentHandoff", "context_summary");

    ck_assert_int_eq(member.kind, NEXUS_KIND_STRING);
    ck_assert(!member.required);
    ck_assert_uint_eq(member.max_length, 2000);
    ck_assert_ptr_null(member.values);
    member = member_of("agentHandoff", "files");
    ck_assert_int_eq(member.kind, NEXUS_KIND_STRING_ARRAY);
    ck_assert(member.required);
    member = member_of("agentSelfEvolution", "gates_passed");
    ck_assert_int_eq(member.kind, NEXUS_KIND_INTEGER_ARRAY);
    member = member_of("pipelineCompleted", "preview_url");
    ck_assert_str_eq(member.format, "uri");
    member = member_of("iotSensorData", "value");
    ck_assert_int_eq(member.kind, NEXUS_KIND_NUMBER);
    member = member_of("edgeHealth", "status");
    ck_assert_int_eq(member.kind, NEXUS_KIND_ENUM);
    ck_assert_str_eq(member.values[0], "healthy");
    ck_assert_str_eq(member.values[1], "degraded");
    ck_assert_str_eq(member.values[2], "offline");
    ck_assert_ptr_null(member.values[3]);
    member = member_of("telegramMessage", "chat_id");
    ck_assert_int_eq(member.kind, NEXUS_KIND_INTEGER);
}
END_TEST

START_TEST(fills_no_more_than_the_caller_has)
{
    const struct nexus_channel *channel = nexus_channel_by_name("agentHandoff");
    struct nexus_member member;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct {
        struct nexus_member member;
        char more[16];
    } newer;

    memset(&member, 0x5a, sizeof(member));
    member.size = offsetof(struct nexus_member, required);
    unit_ok(nexus_channel_member(channel, 0, &member, &err), &err);
    ck_assert_uint_eq(member.size, offsetof(struct nexus_member, required));
    ck_assert_str_eq(member.name, "from");
    ck_assert_int_eq(member.kind, NEXUS_KIND_STRING);
    ck_assert_int_eq(((unsigned char *)&member)[offsetof(struct nexus_member, required)], 0x5a);
    memset(&newer, 0x5a, sizeof(newer));
    newer.member.size = sizeof(newer);
    unit_ok(nexus_channel_member(channel, 0, &newer.member, &err), &err);
    ck_assert(newer.member.required);
    ck_assert_int_eq(newer.more[0], 0);
}
END_TEST

START_TEST(refuses_members_it_cannot_describe)
{
    const struct nexus_channel *channel = nexus_channel_by_name("agentHandoff");
    struct nexus_member member = NEXUS_MEMBER_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;

    unit_expect(nexus_channel_member(channel, 5, &member, &err), &err, NEXUS_E_NOT_FOUND, "index",
                "agentHandoff has 5 members, from 0");
    unit_expect(nexus_channel_member(NULL, 0, &member, &err), &err, NEXUS_E_INVALID, "channel",
                NULL);
    unit_expect(nexus_channel_member(channel, 0, NULL, &err), &err, NEXUS_E_INVALID, "out", NULL);
    member.size = sizeof(size_t);
    unit_expect(nexus_channel_member(channel, 0, &member, &err), &err, NEXUS_E_INVALID, "size",
                NULL);
}
END_TEST

START_TEST(validates_payloads)
{
    static const struct {
        const char *channel;
        const char *payload;
        int code;
        const char *where;
        const char *message;
    } cases[] = {
        {"agentHandoffAck", "{\"agent\":\"a\"}", NEXUS_OK, NULL, NULL},
        {"agentHandoffAck", " {\"x\":1,\"agent\":\"a\"} ", NEXUS_OK, NULL, NULL},
        {"bookingCreated", "{}", NEXUS_OK, NULL, NULL},
        {"agentHandoffAck", "{}", NEXUS_E_VALIDATION, "payload.agent",
         "required member is missing"},
        {"agentHandoffAck", "{\"agent\":7}", NEXUS_E_VALIDATION, "payload.agent",
         "expected a string, got a number"},
        {"edgeHealth", "{\"node_id\":\"n\",\"status\":\"fine\"}", NEXUS_E_VALIDATION,
         "payload.status", "\"fine\" is not one of healthy, degraded, offline"},
        {"bookingCreated", "[]", NEXUS_E_VALIDATION, "payload", "expected an object, got an array"},
        {"bookingCreated", "", NEXUS_E_JSON, "payload: byte 0",
         "expected a value, got the end of the text"},
        {"bookingCreated", "{\"a\":{\"b\":01}}", NEXUS_E_JSON, "payload.a.b",
         "a number starts with 0 at byte 10"},
        {"bookingMade", "{}", NEXUS_E_CHANNEL, "bookingMade", "the contract has no such channel"},
        {NULL, "{}", NEXUS_E_INVALID, "channel", "must not be NULL"},
        {"bookingCreated", NULL, NEXUS_E_INVALID, "payload", "must not be NULL"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code = nexus_validate_json(cases[i].channel, cases[i].payload, &err);
        if (cases[i].code)
            unit_expect(code, &err, cases[i].code, cases[i].where, cases[i].message);
        else
            unit_ok(code, &err);
        ck_assert_int_eq(nexus_validate_json(cases[i].channel, cases[i].payload, NULL),
                         cases[i].code);
    }
}
END_TEST

UNIT_MAIN("registry", lists_every_channel_once, finds_channels_by_exact_name, describes_a_channel,
          describes_members, fills_no_more_than_the_caller_has, refuses_members_it_cannot_describe,
          validates_payloads)
