/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the JSON reader share: the state of one reading. */
#ifndef NX_JSON_READER_H
#define NX_JSON_READER_H

#include "json.h"

/* An open array or object. */
struct nx_json_level {
    uint32_t node;
    uint32_t inside; /* the node of the key being read (an object) or 1 (an array); 0: between */
};

struct nx_json_reader {
    struct nx_json *json;
    const char *at;
    const char *end;
    struct nexus_error *err;
    uint32_t depth;
    uint32_t depth_limit;
    bool seeded;
    unsigned char seed[16]; /* of the hash in json_keys.c, drawn when first needed */
    struct nx_json_level levels[NX_JSON_DEPTH];
};

/* Refuses the text for its byte at `at`; gives the path of the member being read. NEXUS_E_JSON. */
int nx_json_reject(struct nx_json_reader *reader, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "expected …, got …" for the byte at reader->at. */
int nx_json_reject_unexpected(struct nx_json_reader *reader, const char *expected);

/* Each reads one token at reader->at and moves behind it. */
int nx_json_scan_string(struct nx_json_reader *reader, struct nx_json_node *node);
int nx_json_scan_number(struct nx_json_reader *reader, struct nx_json_node *node);
int nx_json_scan_word(struct nx_json_reader *reader, struct nx_json_node *node);

/* Refuses an object that names a member twice, in whatever spelling. */
int nx_json_check_keys(struct nx_json_reader *reader, uint32_t object);

/* Decodes the escape at `*at` ("\n", "\u00e9", a surrogate pair), which has been checked, into
 * `out`; moves behind it; returns how many bytes it stands for. */
size_t nx_json_unescape(const char **at, char out[4]);

/* Unescapes a checked string without its quotes; `out` has room for as many bytes. */
size_t nx_json_unescape_all(const char *at, const char *end, char *out);

/* Whether a checked number is within the range of double. */
bool nx_json_is_finite(const char *text, size_t length);

#endif
