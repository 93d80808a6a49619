/* SPDX-License-Identifier: Apache-2.0 */
#include "outgoing.h"

#include <sodium.h>
#include <string.h>

#include "event_signature.h"
#include "ids.h"
#include "status.h"
#include "subject.h"
#include "text.h"

#define HEAD   12
#define DIGEST 16
#define WHAT   "prepared"

static const char magic[4] = {'N', 'X', 'P', 1};

/* What the library sends with an event, and no more: a header of somebody else's choosing could
 * make JetStream roll up a stream or expect what is not there. */
static const char *const header_names[] = {
    "Nats-Msg-Id",        "traceparent", "Nexus-Schema", NX_SIGNATURE_HEADER,
    NX_CAPABILITY_HEADER, "tracestate",  "baggage",
};
#define HEADER_NAMES (sizeof(header_names) / sizeof(header_names[0]))

size_t nx_outgoing_size(const struct nx_outgoing *event)
{
    size_t size = event->length + strlen(event->subject);

    for (size_t i = 0; i < event->header_count; i++)
        size += strlen(event->headers[i].name) + strlen(event->headers[i].value) + 4;
    return size;
}

/* ---- writing */

static void put_number(char *at, size_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (char)(value >> (8 * i) & 0xff);
}

static void put_text(struct nx_buf *out, const char *text)
{
    nx_buf_append(out, text, strlen(text) + 1);
}

void nx_outgoing_write(const struct nx_outgoing *event, struct nx_buf *out)
{
    size_t start = out->length, texts;
    char head[HEAD] = {0};
    unsigned char digest[DIGEST];

    nx_buf_append(out, head, sizeof(head)); /* filled in below */
    put_text(out, event->subject);
    put_text(out, event->causal_id);
    for (size_t i = 0; i < event->header_count; i++) {
        put_text(out, event->headers[i].name);
        put_text(out, event->headers[i].value);
    }
    texts = out->length - start - HEAD;
    nx_buf_append(out, event->body, event->length);
    nx_buf_putc(out, 0);
    if (texts > NX_OUTGOING_TEXTS_MAX || event->length > NX_OUTGOING_BODY_MAX)
        out->failed = true;
    if (out->failed)
        return;
    memcpy(head, magic, sizeof(magic));
    put_number(head + 4, event->length, 4);
    put_number(head + 8, texts, 3);
    put_number(head + 11, event->header_count, 1);
    memcpy(out->data + start, head, sizeof(head));
    crypto_generichash(digest, sizeof(digest), (const unsigned char *)out->data + start,
                       out->length - start, NULL, 0);
    nx_buf_append(out, digest, sizeof(digest));
}

/* ---- reading */

struct reader {
    const char *at, *end; /* the texts that are left */
};

static size_t get_number(const unsigned char *at, size_t bytes)
{
    size_t value = 0;

    while (bytes--)
        value = value << 8 | at[bytes];
    return value;
}

static int get_text(struct reader *reader, const char **out, struct nexus_error *err)
{
    const char *end = memchr(reader->at, 0, (size_t)(reader->end - reader->at));

    if (!end)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "its texts end early");
    *out = reader->at;
    reader->at = end + 1;
    return NEXUS_OK;
}

/* Nothing that could end a header line, and nothing that cnats 3.4.1 stumbles over. */
static int check_value(const char *name, const char *value, struct nexus_error *err)
{
    if (!*value)
        return nx_fail(err, NEXUS_E_INVALID, name, "the header is empty");
    for (const char *at = value; *at; at++)
        if (*at < 0x20 || *at >= 0x7f)
            return nx_fail(err, NEXUS_E_INVALID, name, "byte 0x%02x at %zu is not allowed",
                           (unsigned char)*at, (size_t)(at - value));
    return NEXUS_OK;
}

static int check_name(const char *name, unsigned *seen, struct nexus_error *err)
{
    for (unsigned i = 0; i < HEADER_NAMES; i++) {
        if (strcmp(name, header_names[i]) != 0)
            continue;
        if (*seen & 1u << i)
            return nx_fail(err, NEXUS_E_INVALID, name, "the header is there twice");
        *seen |= 1u << i;
        return NEXUS_OK;
    }
    return nx_fail(err, NEXUS_E_INVALID, WHAT, "\"%.64s\" is not a header of an event", name);
}

static int read_headers(struct reader *reader, struct nx_outgoing *out, struct nexus_error *err)
{
    unsigned seen = 0;

    for (size_t i = 0; i < out->header_count; i++) {
        struct nx_header *header = &out->headers[i];
        int code = get_text(reader, &header->name, err);
        if (code == NEXUS_OK)
            code = get_text(reader, &header->value, err);
        if (code == NEXUS_OK)
            code = check_name(header->name, &seen, err);
        if (code == NEXUS_OK)
            code = check_value(header->name, header->value, err);
        if (code != NEXUS_OK)
            return code;
        if (strcmp(header->name, header_names[0]) == 0)
            out->message_id = header->value;
    }
    if (!out->message_id)
        return nx_fail(err, NEXUS_E_INVALID, header_names[0],
                       "the header is missing: without a message id the event could be stored "
                       "twice");
    if (reader->at != reader->end)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "bytes follow its texts");
    return NEXUS_OK;
}

/* JetStream knows an id again whoever used it: one tenant's must not be in the way of another's. */
static int check_message_id(const struct nx_subject *subject, const char *id,
                            struct nexus_error *err)
{
    const char *owner = subject->channel->has_tenant ? subject->values[0] : "_core";
    size_t length = strlen(owner);

    if (strncmp(id, owner, length) != 0 || id[length] != ':' || !id[length + 1])
        return nx_fail(err, NEXUS_E_INVALID, header_names[0], "does not begin with \"%s:\"", owner);
    if (strlen(id) > NX_SIGNED_ID_MAX - 1 || strchr(id, ' '))
        return nx_fail(err, NEXUS_E_INVALID, header_names[0], "has spaces, or more than %d bytes",
                       NX_SIGNED_ID_MAX - 1);
    return NEXUS_OK;
}

static int check_causal_id(const char *id, struct nexus_error *err)
{
    size_t length = strlen(id), bad;

    if (length == 0 || length > NX_CAUSAL_ID_MAX)
        return nx_fail(err, NEXUS_E_INVALID, "causal_id", "a causal id has 1 to %d bytes, not %zu",
                       NX_CAUSAL_ID_MAX, length);
    if (!nx_utf8_check(id, length, NULL, &bad))
        return nx_fail(err, NEXUS_E_INVALID, "causal_id", "byte %zu is not UTF-8", bad);
    return NEXUS_OK;
}

static int read_texts(struct reader *reader, struct nx_outgoing *out, struct nexus_error *err)
{
    struct nx_subject subject;
    int code = get_text(reader, &out->subject, err);

    if (code == NEXUS_OK)
        code = get_text(reader, &out->causal_id, err);
    if (code == NEXUS_OK && !nx_subject_parse(out->subject, &subject))
        code = nx_fail(err, NEXUS_E_CHANNEL, "subject",
                       "no channel of the contract has the subject \"%.255s\"", out->subject);
    if (code == NEXUS_OK)
        code = check_causal_id(out->causal_id, err);
    if (code == NEXUS_OK)
        code = read_headers(reader, out, err);
    if (code == NEXUS_OK)
        code = check_message_id(&subject, out->message_id, err);
    if (code == NEXUS_OK)
        out->channel = subject.channel;
    return code;
}

static int check_frame(const unsigned char *bytes, size_t length, struct nexus_error *err)
{
    unsigned char digest[DIGEST];
    size_t body, texts;

    if (length < HEAD + 1 + DIGEST || memcmp(bytes, magic, 3) != 0)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "these bytes are no prepared event");
    if (bytes[3] != (unsigned char)magic[3])
        return nx_fail(err, NEXUS_E_INVALID, WHAT,
                       "prepared by another version of the library (format %u, not %d)",
                       (unsigned)bytes[3], magic[3]);
    body = get_number(bytes + 4, 4);
    texts = get_number(bytes + 8, 3);
    if (body > NX_OUTGOING_BODY_MAX || texts > NX_OUTGOING_TEXTS_MAX)
        return nx_fail(err, NEXUS_E_TOO_LARGE, WHAT, "a body of %zu bytes, headers of %zu", body,
                       texts);
    if (length != HEAD + texts + body + 1 + DIGEST)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "%zu bytes, where %zu were prepared", length,
                       HEAD + texts + body + 1 + DIGEST);
    crypto_generichash(digest, sizeof(digest), bytes, length - DIGEST, NULL, 0);
    if (sodium_memcmp(digest, bytes + length - DIGEST, DIGEST) != 0)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "its bytes have been changed or damaged");
    if (bytes[HEAD + texts + body] != 0)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "its body does not end where it should");
    return NEXUS_OK;
}

int nx_outgoing_read(const void *bytes, size_t length, struct nx_outgoing *out,
                     struct nexus_error *err)
{
    const unsigned char *at = bytes;
    struct nx_outgoing event = {0};
    struct reader reader;
    size_t texts;
    int code = check_frame(at, length, err);

    if (code != NEXUS_OK)
        return code;
    texts = get_number(at + 8, 3);
    event.header_count = at[11];
    if (event.header_count > NX_OUTGOING_HEADERS)
        return nx_fail(err, NEXUS_E_INVALID, WHAT, "%zu headers, where an event has at most %d",
                       event.header_count, NX_OUTGOING_HEADERS);
    reader.at = (const char *)at + HEAD;
    reader.end = reader.at + texts;
    code = read_texts(&reader, &event, err);
    if (code != NEXUS_OK)
        return code;
    event.body = (const char *)at + HEAD + texts;
    event.length = get_number(at + 4, 4);
    *out = event;
    return NEXUS_OK;
}
