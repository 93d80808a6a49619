/* SPDX-License-Identifier: Apache-2.0 */
/* Checking a payload to its end. */
#include <nexus/channel.h>
#include <stdio.h>

#include "unit.h"

struct heard {
    int count;
    char text[2048];
};

static void hear(const struct nexus_error *err, void *data)
{
    struct heard *heard = data;
    size_t used = strlen(heard->text);

    snprintf(heard->text + used, sizeof(heard->text) - used, "%s: %s\n", err->where, err->message);
    heard->count++;
}

static int check(const char *channel, const char *payload, struct heard *heard,
                 struct nexus_error *err)
{
    *heard = (struct heard){0};
    return nexus_validate_json_each(channel, payload, hear, heard, err);
}

START_TEST(says_nothing_of_what_is_sound)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct heard heard;

    unit_ok(check("bookingCreated", "{\"any\":[1]}", &heard, &err), &err);
    ck_assert_int_eq(heard.count, 0);
    unit_ok(check("agentHandoffAck", "{\"agent\":\"a\",\"x\":null}", &heard, &err), &err);
    ck_assert_int_eq(heard.count, 0);
}
END_TEST

START_TEST(names_every_member_at_fault)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct heard heard;
    int code =
        check("telegramMessage", "{\"x\":1,\"chat_id\":\"7\",\"direction\":\"up\"}", &heard, &err);

    unit_expect(code, &err, NEXUS_E_VALIDATION, "payload.chat_id",
                "expected an integer, got a string");
    ck_assert_str_eq(heard.text, "payload.chat_id: expected an integer, got a string\n"
                                 "payload.direction: \"up\" is not one of inbound, outbound\n"
                                 "payload.text: required member is missing\n");
    ck_assert_int_eq(check("telegramMessage", "{}", &heard, NULL), NEXUS_E_VALIDATION);
    ck_assert_int_eq(heard.count, 3);
}
END_TEST

START_TEST(names_every_element_at_fault)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct heard heard;

    check("agentHandoff", "{\"files\":[\"a\",2,\"b\",null]}", &heard, &err);
    ck_assert_ptr_nonnull(
        strstr(heard.text, "payload.files[1]: expected a string, got a number\n"));
    ck_assert_ptr_nonnull(strstr(heard.text, "payload.files[3]: expected a string, got null\n"));
    ck_assert_ptr_null(strstr(heard.text, "files[0]"));
    ck_assert_ptr_null(strstr(heard.text, "files[2]"));
    check("agentHandoff", "{\"files\":{}}", &heard, &err);
    ck_assert_ptr_nonnull(strstr(heard.text, "payload.files: expected an array, got an object\n"));
}
END_TEST

START_TEST(refuses_what_is_no_payload_once)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct heard heard;

    unit_expect(check("bookingCreated", "{\"a\":", &heard, &err), &err, NEXUS_E_JSON, NULL, NULL);
    ck_assert_int_eq(heard.count, 1);
    unit_expect(check("bookingCreated", "[]", &heard, &err), &err, NEXUS_E_VALIDATION, "payload",
                "expected an object, got an array");
    ck_assert_int_eq(heard.count, 1);
    unit_expect(check("bookingMade", "{}", &heard, &err), &err, NEXUS_E_CHANNEL, "bookingMade",
                NULL);
    unit_expect(check(NULL, "{}", &heard, &err), &err, NEXUS_E_INVALID, "channel", NULL);
    unit_expect(check("bookingCreated", NULL, &heard, &err), &err, NEXUS_E_INVALID, "payload",
                NULL);
    ck_assert_int_eq(heard.count, 0);
    unit_expect(nexus_validate_json_each("bookingCreated", "{}", NULL, NULL, &err), &err,
                NEXUS_E_INVALID, "callback", NULL);
}
END_TEST

UNIT_MAIN("validate each", says_nothing_of_what_is_sound, names_every_member_at_fault,
          names_every_element_at_fault, refuses_what_is_no_payload_once)
