/* SPDX-License-Identifier: Apache-2.0 */
/* How dead letters look. Whatever stands in one was written by somebody else: nothing of it reaches
 * a terminal as it is. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../json_text.h"
#include "dlq.h"
#include "row.h"

static void put_moment(const char *member, int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm utc;
    char text[40] = "";

    if (nanoseconds <= 0 || !gmtime_r(&seconds, &utc)) {
        printf(",\"%s\":null", member);
        return;
    }
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    printf(",\"%s\":\"%s.%09dZ\"", member, text, (int)(nanoseconds % 1000000000));
}

static void put_member(const char *member, const char *text)
{
    printf(",\"%s\":", member);
    json_put_string(stdout, text);
}

/* ---- bodies */

/* Whether bytes are sound UTF-8 without a NUL, and can be shown as text. */
static bool is_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        unsigned char first = (unsigned char)bytes[i];
        size_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (!first || (first >= 0x80 && first < 0xc2) || first > 0xf4 || i + more >= length)
            return false;
        for (i++; more; more--, i++)
            if (((unsigned char)bytes[i] & 0xc0) != 0x80)
                return false;
    }
    return true;
}

static void put_base64(const char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < length; i += 3) {
        unsigned group = (unsigned)(unsigned char)bytes[i] << 16;
        if (i + 1 < length)
            group |= (unsigned)(unsigned char)bytes[i + 1] << 8;
        if (i + 2 < length)
            group |= (unsigned char)bytes[i + 2];
        putchar(digits[group >> 18]);
        putchar(digits[group >> 12 & 63]);
        putchar(i + 1 < length ? digits[group >> 6 & 63] : '=');
        putchar(i + 2 < length ? digits[group & 63] : '=');
    }
}

static void put_body_json(const struct nexus_dead_letter *letter)
{
    bool text = letter->body && is_text(letter->body, letter->body_length);

    put_member("body", text ? letter->body : NULL);
    fputs(",\"body_base64\":", stdout);
    if (text || !letter->body) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    put_base64(letter->body, letter->body_length);
    putchar('"');
}

static void put_headers_json(const struct nexus_dead_letter *letter)
{
    fputs(",\"headers\":[", stdout);
    for (size_t i = 0; i < letter->header_count; i++) {
        fputs(i ? ",[" : "[", stdout);
        json_put_string(stdout, letter->headers[i].name);
        putchar(',');
        json_put_string(stdout, letter->headers[i].value);
        putchar(']');
    }
    putchar(']');
}

void dlq_put_json(const struct nexus_dead_letter *letter, bool whole)
{
    printf("{\"number\":%" PRIu64, letter->number);
    put_moment("time", letter->time);
    put_member("reason", nexus_dead_reason_name(letter->reason));
    put_member("code", letter->err->code ? nexus_status_name(letter->err->code) : NULL);
    put_member("where", *letter->err->where ? letter->err->where : NULL);
    put_member("error", letter->err->message);
    put_member("subject", letter->subject);
    put_member("stream", letter->stream);
    printf(",\"sequence\":%" PRIu64, letter->sequence);
    put_moment("stored", letter->stored);
    put_member("consumer", letter->consumer);
    put_member("service", letter->service);
    printf(",\"deliveries\":%" PRIu64, letter->deliveries);
    put_member("message_id", letter->message_id);
    printf(",\"size\":%zu,\"body_missing\":%s", letter->body_length,
           letter->body_missing ? "true" : "false");
    if (whole) {
        put_headers_json(letter);
        put_body_json(letter);
    }
    puts("}");
}

/* ---- for people */

void dlq_put_row(const struct nexus_dead_letter *letter)
{
    struct row row = row_begin();

    row_printf(&row, STYLE_BOLD, 0, "%8" PRIu64 "  ", letter->number);
    row_put_time(&row, letter->time);
    row_put(&row, STYLE_NONE, "  ", 0);
    row_put(&row, letter->reason == NEXUS_DEAD_POISON ? STYLE_BAD : STYLE_WARNING,
            nexus_dead_reason_name(letter->reason), 10);
    row_put(&row, STYLE_NONE, *letter->subject ? letter->subject : "(no dead letter)", 40);
    row_put(&row, STYLE_NONE, "  ", 0);
    row_put(&row, STYLE_DIM, letter->err->message, 0);
    row_end(&row);
}

static void put_line(const char *name, const char *text)
{
    struct row row = row_begin();

    row_put(&row, STYLE_DIM, name, 14);
    row_put(&row, STYLE_NONE, text ? text : "-", 0);
    row_end(&row);
}

static void put_place(const struct nexus_dead_letter *letter)
{
    char text[128];

    snprintf(text, sizeof(text), "%.80s %" PRIu64, letter->stream, letter->sequence);
    put_line("event", text);
    snprintf(text, sizeof(text), "%" PRIu64, letter->deliveries);
    put_line("deliveries", text);
}

void dlq_put_page(const struct nexus_dead_letter *letter)
{
    struct row row = row_begin();

    row_printf(&row, STYLE_BOLD, 14, "letter %" PRIu64, letter->number);
    row_put_time(&row, letter->time);
    row_end(&row);
    put_line("reason", nexus_dead_reason_name(letter->reason));
    put_line("error", letter->err->message);
    if (letter->err->code)
        put_line("code", nexus_status_name(letter->err->code));
    if (*letter->err->where)
        put_line("where", letter->err->where);
    put_line("subject", letter->subject);
    put_place(letter);
    put_line("consumer", letter->consumer);
    put_line("service", letter->service);
    puts("headers");
    for (size_t i = 0; i < letter->header_count; i++) {
        fputs("  ", stdout);
        put_line(letter->headers[i].name, letter->headers[i].value);
    }
    put_line("body", !letter->body                                ? "only in the event's stream"
                     : is_text(letter->body, letter->body_length) ? letter->body
                                                                  : "not text; --raw writes it");
}
