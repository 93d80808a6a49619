/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON (RFC 8259, I-JSON's limits) as a flat table of nodes over the text.
 *
 * Nothing is copied or converted while reading: numbers keep their spelling and members beyond the
 * contract keep their bytes, which a tree of doubles cannot do. */
#ifndef NX_JSON_H
#define NX_JSON_H

#include <nexus/error.h>

#include "arena.h"
#include "buf.h"

#define NX_JSON_DEPTH        64
#define NX_NUMBER_LENGTH_MAX 1024
#define NX_INTEGER_MAX       9007199254740991 /* 2^53 - 1 */

enum nx_json_type {
    NX_JSON_NULL,
    NX_JSON_FALSE,
    NX_JSON_TRUE,
    NX_JSON_NUMBER,
    NX_JSON_STRING,
    NX_JSON_ARRAY,
    NX_JSON_OBJECT
};

/* `start`, `end` frame the text of the value, quotes and brackets included. The children of an
 * array follow it; those of an object follow it as key, value, key, value. */
struct nx_json_node {
    uint32_t start;
    uint32_t end;
    uint32_t next;  /* the index behind this node and all below it */
    uint32_t count; /* elements or members; of a string: its code points */
    uint8_t type;
    uint8_t escaped; /* a string that contains a backslash */
};

struct nx_json {
    const char *text; /* borrowed */
    size_t length;
    struct nx_json_node *nodes;
    uint32_t count;
    uint32_t capacity;
    bool lent;      /* `nodes` is not ours to free */
    bool in_member; /* after a failure: `err->where` is a path, not "byte N" */
};

#define NX_JSON_INIT                      \
    {                                     \
        NULL, 0, NULL, 0, 0, false, false \
    }

/* Reads all of `text`; node 0 is the value. Refuses: anything RFC 8259 does, invalid UTF-8, lone
 * surrogates, \u0000, duplicate members, depth above NX_JSON_DEPTH, numbers beyond double or of
 * more than NX_NUMBER_LENGTH_MAX characters, bytes after the value. `err->where` is the member's
 * path ("payload.files[2]") where there is one, else "byte N". NEXUS_E_JSON, NEXUS_E_MEMORY,
 * NEXUS_E_TOO_LARGE (length above 2^31).
 *
 * A text of n bytes makes at most n / 2 + 1 nodes, so the table takes at most 10 bytes per byte of
 * text. It is reused by the next call, unless it is large and the next text is small. */
int nx_json_read(struct nx_json *json, const char *text, size_t length, struct nexus_error *err);

/* The same for a text of at most `depth` levels, up to NX_JSON_DEPTH. */
int nx_json_read_depth(struct nx_json *json, const char *text, size_t length, uint32_t depth,
                       struct nexus_error *err);

/* Lends an empty reader memory to start with, so that a small text allocates nothing. */
void nx_json_lend(struct nx_json *json, struct nx_json_node *nodes, uint32_t count);

void nx_json_free(struct nx_json *json);

/* The value of a member, or 0 (never a member: node 0 is the root). */
uint32_t nx_json_member(const struct nx_json *json, uint32_t object, const char *name);

/* Compares a string node, unescaped, with a text. */
bool nx_json_equals(const struct nx_json *json, uint32_t node, const char *text);

/* The unescaped, NUL-terminated text of a string node; NULL without memory. `*length` may be NULL.
 */
char *nx_json_string(const struct nx_json *json, uint32_t node, struct nx_arena *arena,
                     size_t *length);

/* An integer in any spelling (12, 12.0, 1.2e1; -0 is 0) within plus or minus 2^53 - 1.
 * NEXUS_E_VALIDATION with a message ("9007199254740993 exceeds 2^53-1", "expected an integer");
 * `where` is left to the caller. */
int nx_json_integer(const struct nx_json *json, uint32_t node, int64_t *out,
                    struct nexus_error *err);

/* A finite double, correctly rounded, whatever the locale. -0 stays -0. */
int nx_json_number(const struct nx_json *json, uint32_t node, double *out, struct nexus_error *err);

/* "a string", "an object", … for messages. */
const char *nx_json_type_name(const struct nx_json *json, uint32_t node);

/* Writing. Strings are given in sound UTF-8 (see text.h); `"`, `\` and control bytes are escaped,
 * nothing else is. Doubles are written in the shortest form of 15, 16 or 17 digits that reads back
 * equal, integral ones below 1e21 without a point; NaN and infinities, which callers refuse, as
 * null. */
void nx_json_put_string(struct nx_buf *out, const char *text, size_t length);
void nx_json_put_number(struct nx_buf *out, double value);

#endif
