/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the codec share: one member of a payload, and its place in a struct. */
#ifndef NX_CODEC_FIELD_H
#define NX_CODEC_FIELD_H

#include "codec.h"

#define NX_NO_INDEX SIZE_MAX

/* An event as its caller gave it. */
struct nx_event {
    const char *base;
    size_t size; /* the caller's: members that end beyond it are absent */
};

/* Checks the caller's `size` and that the bytes beyond our struct are zero. NEXUS_E_INVALID. */
int nx_event_open(const struct nexus_channel *channel, const void *event, struct nx_event *out,
                  struct nexus_error *err);

/* The event's `json`, or NULL. */
const char *nx_event_json(const struct nexus_channel *channel, const struct nx_event *event);

/* Whether the caller's struct has the member at all. */
bool nx_event_has_place(const struct nx_event *event, const struct nx_field *field);

/* Whether it has the member, and the member is set. */
bool nx_event_has(const struct nx_event *event, const struct nx_field *field);

/* The field that a member's key names, or NULL. Tries fields[hint] first: members come in order. */
const struct nx_field *nx_field_find(const struct nexus_channel *channel,
                                     const struct nx_json *json, uint32_t key, uint32_t hint);

/* Whether `json` is to hold the whole payload: the channel was open when its struct was born. */
bool nx_channel_born_open(const struct nexus_channel *channel);

/* NEXUS_E_VALIDATION with `where` "payload.<field>", or "payload.<field>[index]". */
int nx_field_fail(struct nexus_error *err, const struct nx_field *field, size_t index,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The rules for strings, typed or received: length in code points, and format. */
int nx_field_check_text(const struct nx_field *field, size_t index, const char *text, size_t length,
                        size_t points, struct nexus_error *err);

/* `"x" is not one of intake, context, …` */
int nx_field_reject_enum(const struct nx_field *field, const char *text, struct nexus_error *err);

/* The rest of a decoding. */
struct nx_decoding {
    const struct nx_json *json;
    enum nx_codec_mode mode;
    struct nx_arena *arena;
    char *event; /* a whole struct, as large as today's */
    struct nexus_error *err;
};

/* Reads one member's value into its place. */
int nx_decode_member(const struct nx_decoding *decoding, const struct nx_field *field,
                     uint32_t node);

/* Checks one element of an array's member, and stores nothing. */
int nx_decode_element(const struct nx_decoding *decoding, const struct nx_field *field,
                      size_t index, uint32_t node);

/* The members that an event carries in `json`, beside the typed ones. */
struct nx_extra {
    struct nx_json json;
    struct nx_json_node nodes[32]; /* lent to `json` */
};

/* Reads and checks `json` (NULL: none). After success, or failure, call nx_extra_close(). */
int nx_extra_open(struct nx_extra *extra, const struct nexus_channel *channel,
                  const struct nx_event *event, struct nexus_error *err);
void nx_extra_close(struct nx_extra *extra);

/* Whether `json` has the field's member. */
bool nx_extra_has(const struct nx_extra *extra, const struct nx_field *field);

/* Appends them, without those that a typed member replaces. `first`: no member stands before. */
void nx_extra_write(const struct nx_extra *extra, const struct nexus_channel *channel,
                    const struct nx_event *event, bool first, struct nx_buf *out);

#endif
