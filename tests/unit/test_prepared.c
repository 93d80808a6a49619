/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a prepared event: what is written is read, damage is noticed, and forgeries with a
 * right checksum are refused for what they are. */
#include <sodium.h>
#include <stdlib.h>

#include "outgoing.h"
#include "unit.h"
#include <nexus/outbox.h>

#define SUBJECT "nexus.salon-001.booking.created"
#define ID      "salon-001:0190aaaa"
#define BODY                                                                               \
    "{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":{\"till\":7},\"payload\":{\"a\":1}," \
    "\"tenant\":\"salon-001\"}"

static struct nx_outgoing sample(void)
{
    return (struct nx_outgoing){
        .subject = SUBJECT,
        .message_id = ID,
        .causal_id = "evt-9f3ac21d",
        .headers = {{"Nats-Msg-Id", ID}, {"Nexus-Schema", "2.0.0;0123456789abcdef"}},
        .header_count = 2,
        .body = BODY,
        .length = strlen(BODY),
    };
}

static int read_event(const struct nx_outgoing *event, struct nexus_error *err)
{
    struct nexus_prepared *prepared = NULL;
    struct nx_buf bytes = NX_BUF_INIT;
    int code;

    nx_outgoing_write(event, &bytes);
    ck_assert(!bytes.failed);
    code = nexus_prepared_read(bytes.data, bytes.length, &prepared, err);
    ck_assert_int_eq(prepared != NULL, code == NEXUS_OK);
    nexus_prepared_destroy(prepared);
    nx_buf_free(&bytes);
    return code;
}

static void refused(const struct nx_outgoing *event, int code, const char *where)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    ck_assert_int_eq(read_event(event, &err), code);
    ck_assert_str_eq(err.where, where);
    ck_assert(err.message[0]);
}

START_TEST(what_is_written_is_read)
{
    struct nx_outgoing event = sample();
    struct nexus_prepared *prepared = NULL;
    struct nx_buf bytes = NX_BUF_INIT;
    size_t length;

    nx_outgoing_write(&event, &bytes);
    ck_assert_int_eq(nexus_prepared_read(bytes.data, bytes.length, &prepared, NULL), NEXUS_OK);
    ck_assert_str_eq(nexus_prepared_subject(prepared), SUBJECT);
    ck_assert_str_eq(nexus_prepared_message_id(prepared), ID);
    ck_assert_str_eq(nexus_prepared_causal_id(prepared), "evt-9f3ac21d");
    ck_assert_str_eq(nexus_prepared_body(prepared, &length), BODY);
    ck_assert_uint_eq(length, strlen(BODY));
    ck_assert_ptr_eq(nexus_prepared_channel(prepared), nexus_channel_by_name("bookingCreated"));
    ck_assert_uint_eq(nexus_prepared_header_count(prepared), 2);
    ck_assert_str_eq(nexus_prepared_header_name(prepared, 1), "Nexus-Schema");
    ck_assert_str_eq(nexus_prepared_header_value(prepared, 1), "2.0.0;0123456789abcdef");
    ck_assert_ptr_null(nexus_prepared_header_name(prepared, 2));
    ck_assert_mem_eq(nexus_prepared_bytes(prepared, &length), bytes.data, bytes.length);
    ck_assert_uint_eq(length, bytes.length);
    nexus_prepared_destroy(prepared);
    nx_buf_free(&bytes);
}
END_TEST

/* Databases keep what is written today: these bytes must be read for good. */
START_TEST(the_format_stays)
{
    static const char hex[] =
        "4e5850015d000000700000026e657875732e73616c6f6e2d3030312e626f6f6b696e672e6372656174656400"
        "6576742d3966336163323164004e6174732d4d73672d49640073616c6f6e2d3030313a303139306161616100"
        "4e657875732d536368656d6100322e302e303b30313233343536373839616263646566007b2263617573616c"
        "5f6964223a226576742d3966336163323164222c22766563746f725f636c6f636b223a7b2274696c6c223a37"
        "7d2c227061796c6f6164223a7b2261223a317d2c2274656e616e74223a2273616c6f6e2d303031227d00e235"
        "fb537ab0585677dae6bb1bf0adec";
    struct nx_outgoing event = sample();
    struct nx_buf bytes = NX_BUF_INIT;
    unsigned char wanted[512];
    size_t length = 0;

    ck_assert_int_eq(sodium_hex2bin(wanted, sizeof wanted, hex, strlen(hex), NULL, &length, NULL),
                     0);
    nx_outgoing_write(&event, &bytes);
    ck_assert_uint_eq(bytes.length, length);
    ck_assert_mem_eq(bytes.data, wanted, length);
    nx_buf_free(&bytes);
}
END_TEST

START_TEST(every_damaged_byte_and_every_cut_is_noticed)
{
    struct nx_outgoing event = sample();
    struct nexus_prepared *prepared = NULL;
    struct nx_buf bytes = NX_BUF_INIT;

    nx_outgoing_write(&event, &bytes);
    nx_buf_putc(&bytes, 0);
    for (size_t i = 0; i + 1 < bytes.length; i++) {
        bytes.data[i] ^= 0x20;
        ck_assert_int_ne(nexus_prepared_read(bytes.data, bytes.length - 1, &prepared, NULL), 0);
        bytes.data[i] ^= 0x20;
        ck_assert_int_ne(nexus_prepared_read(bytes.data, i, &prepared, NULL), 0);
    }
    ck_assert_int_ne(nexus_prepared_read(bytes.data, bytes.length, &prepared, NULL), 0);
    ck_assert_int_eq(nexus_prepared_read(bytes.data, bytes.length - 1, &prepared, NULL), 0);
    nexus_prepared_destroy(prepared);
    nx_buf_free(&bytes);
}
END_TEST

START_TEST(a_foreign_subject_is_refused)
{
    static const char *const subjects[] = {"",
                                           "$JS.API.STREAM.DELETE.NEXUS",
                                           "nexus.salon-001.no.such",
                                           "nexus.a b.booking.created",
                                           "nexus._core.booking.created",
                                           "nexus.*.booking.created",
                                           SUBJECT "\r\nPUB x 0\r\n"};
    struct nx_outgoing event = sample();

    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        event.subject = subjects[i];
        refused(&event, NEXUS_E_CHANNEL, "subject");
    }
    event.subject = "nexus.salon-002.booking.created"; /* the id, and the envelope, tell another */
    refused(&event, NEXUS_E_INVALID, "Nats-Msg-Id");
    event.headers[0].value = "salon-002:1";
    refused(&event, NEXUS_E_TENANT, "tenant");
}
END_TEST

START_TEST(a_header_beyond_an_events_own_is_refused)
{
    static const char *const names[] = {"Nats-Rollup", "Nats-Expected-Last-Sequence",
                                        "Status",      "",
                                        "nats-msg-id", "Nexus-Schema\r\nNats-Rollup: all"};
    struct nx_outgoing event = sample();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        event.headers[1] = (struct nx_header){names[i], "all"};
        refused(&event, NEXUS_E_INVALID, "prepared");
    }
    event.headers[1] = (struct nx_header){"Nats-Msg-Id", ID};
    refused(&event, NEXUS_E_INVALID, "Nats-Msg-Id");
    event.headers[1] = (struct nx_header){"traceparent", "00\r\nX: y"};
    refused(&event, NEXUS_E_INVALID, "traceparent");
    event.headers[1].value = "";
    refused(&event, NEXUS_E_INVALID, "traceparent");
    event.headers[0] = (struct nx_header){"traceparent", "00"};
    event.header_count = 1;
    refused(&event, NEXUS_E_INVALID, "Nats-Msg-Id");
}
END_TEST

START_TEST(a_body_that_is_not_its_own_is_refused)
{
    static const struct {
        const char *body;
        int code;
        const char *where;
    } cases[] = {
        {"", NEXUS_E_JSON, "byte 0"},
        {"[]", NEXUS_E_VALIDATION, ""},
        {"{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":{},\"payload\":[]}", NEXUS_E_VALIDATION,
         "payload"},
        {"{\"causal_id\":\"evt-00000000\",\"vector_clock\":{},\"payload\":{}}", NEXUS_E_INVALID,
         "causal_id"},
        {"{\"causal_id\":\"evt-9f3ac21d\",\"vector_clock\":{\"a\":-1},\"payload\":{}}",
         NEXUS_E_VALIDATION, "vector_clock.a"},
    };
    struct nx_outgoing event = sample();

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        event.body = cases[i].body;
        event.length = strlen(event.body);
        refused(&event, cases[i].code, cases[i].where);
    }
}
END_TEST

START_TEST(ids_have_limits)
{
    struct nx_outgoing event = sample();
    char text[300];

    memset(text, 'x', sizeof text);
    text[257] = 0;
    event.causal_id = text;
    refused(&event, NEXUS_E_INVALID, "causal_id");
    event.causal_id = "";
    refused(&event, NEXUS_E_INVALID, "causal_id");
    event.causal_id = "\xff";
    refused(&event, NEXUS_E_INVALID, "causal_id");
    event = sample();
    memcpy(text, "salon-001:", 10);
    text[128] = 0;
    event.headers[0].value = text;
    refused(&event, NEXUS_E_INVALID, "Nats-Msg-Id");
    event.headers[0].value = "salon-001:";
    refused(&event, NEXUS_E_INVALID, "Nats-Msg-Id");
    event.headers[0].value = "salon-001:a b";
    refused(&event, NEXUS_E_INVALID, "Nats-Msg-Id");
}
END_TEST

START_TEST(nothing_is_a_prepared_event_and_can_be_asked)
{
    struct nexus_prepared *prepared = (struct nexus_prepared *)&prepared;
    size_t length = 9;

    ck_assert_int_eq(nexus_prepared_read(NULL, 3, &prepared, NULL), NEXUS_E_INVALID);
    ck_assert_ptr_null(prepared);
    ck_assert_int_eq(nexus_prepared_read("abc", 3, NULL, NULL), NEXUS_E_INVALID);
    ck_assert_int_eq(nexus_prepared_read("", (size_t)NEXUS_PREPARED_MAX + 1, &prepared, NULL),
                     NEXUS_E_TOO_LARGE);
    ck_assert_ptr_null(nexus_prepared_bytes(NULL, &length));
    ck_assert_uint_eq(length, 0);
    ck_assert_ptr_null(nexus_prepared_body(NULL, NULL));
    ck_assert_ptr_null(nexus_prepared_subject(NULL));
    ck_assert_ptr_null(nexus_prepared_message_id(NULL));
    ck_assert_ptr_null(nexus_prepared_causal_id(NULL));
    ck_assert_ptr_null(nexus_prepared_channel(NULL));
    ck_assert_uint_eq(nexus_prepared_header_count(NULL), 0);
    ck_assert_ptr_null(nexus_prepared_header_value(NULL, 0));
    nexus_prepared_destroy(NULL);
}
END_TEST

START_TEST(another_versions_bytes_say_so)
{
    struct nx_outgoing event = sample();
    struct nexus_prepared *prepared = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf bytes = NX_BUF_INIT;

    nx_outgoing_write(&event, &bytes);
    bytes.data[3] = 9;
    ck_assert_int_eq(nexus_prepared_read(bytes.data, bytes.length, &prepared, &err),
                     NEXUS_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "another version"));
    nx_buf_free(&bytes);
}
END_TEST

UNIT_MAIN("prepared", what_is_written_is_read, the_format_stays,
          every_damaged_byte_and_every_cut_is_noticed, a_foreign_subject_is_refused,
          a_header_beyond_an_events_own_is_refused, a_body_that_is_not_its_own_is_refused,
          ids_have_limits, nothing_is_a_prepared_event_and_can_be_asked,
          another_versions_bytes_say_so)
