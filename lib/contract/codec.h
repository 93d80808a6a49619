/* SPDX-License-Identifier: Apache-2.0 */
/* From an event's struct to its payload and back, by walking the channel's field table. */
#ifndef NX_CODEC_H
#define NX_CODEC_H

#include "arena.h"
#include "buf.h"
#include "json.h"
#include "schema.h"

/* Whether an enum text that the contract does not list is refused or handed on as unrecognized. */
enum nx_codec_mode {
    NX_CODEC_STRICT, /* an event about to be published */
    NX_CODEC_LENIENT /* an event received: its publisher may know a newer contract */
};

/* Writes the payload object of `event` (a struct nexus_<channel> of the caller's `size`),
 * validated. NEXUS_E_INVALID (NULL, `size`), NEXUS_E_VALIDATION or NEXUS_E_JSON with `where`
 * "payload.x", NEXUS_E_MEMORY, NEXUS_E_TOO_LARGE (the buffer's limit). */
int nx_codec_encode(const struct nexus_channel *channel, const void *event, struct nx_buf *out,
                    struct nexus_error *err);

/* Makes the struct from the payload object `node`; it and all it points to lives in `arena`.
 * NEXUS_E_VALIDATION with `where` "payload.x", NEXUS_E_MEMORY. */
int nx_codec_decode(const struct nexus_channel *channel, const struct nx_json *json, uint32_t node,
                    enum nx_codec_mode mode, struct nx_arena *arena, void **event,
                    struct nexus_error *err);

/* Reads a payload given as text: an object, one level less deep than a document, since it will
 * stand inside an envelope. `where` is "payload.x", or "<what>: byte N". NEXUS_E_JSON,
 * NEXUS_E_MEMORY, NEXUS_E_TOO_LARGE. */
int nx_payload_read(struct nx_json *json, const char *what, const char *text, size_t length,
                    struct nexus_error *err);

/* Whether it can be a struct of the channel, by its size. NEXUS_E_INVALID. */
int nx_codec_check_struct(const struct nexus_channel *channel, const void *event,
                          struct nexus_error *err);

/* The text of a required string member of a struct; NULL when absent. For address parameters. */
const char *nx_codec_string(const struct nexus_channel *channel, const void *event,
                            uint32_t member);

#endif
