/* SPDX-License-Identifier: Apache-2.0 */
/* The structure of a JSON text: values, arrays and objects, without recursion. */
#include "json_reader.h"

#include <stdlib.h>
#include <string.h>

#include "status.h"

#define LARGEST     ((size_t)1 << 31)
#define FIRST_NODES 64u
#define KEEP_NODES  8192u /* 160 KiB */

void nx_json_lend(struct nx_json *json, struct nx_json_node *nodes, uint32_t count)
{
    json->nodes = nodes;
    json->capacity = count;
    json->lent = true;
}

void nx_json_free(struct nx_json *json)
{
    if (!json)
        return;
    if (!json->lent)
        free(json->nodes);
    json->nodes = NULL;
    json->count = 0;
    json->capacity = 0;
    json->lent = false;
}

static uint32_t most_nodes(size_t length)
{
    return (uint32_t)(length / 2 + 1);
}

static bool grow(struct nx_json *json)
{
    uint32_t most = most_nodes(json->length);
    uint32_t capacity = json->capacity < FIRST_NODES / 2 ? FIRST_NODES : json->capacity * 2;
    struct nx_json_node *nodes;

    /* Doubling stops at what the text can need at most. */
    if (capacity > most && most > json->capacity)
        capacity = most;
    nodes = realloc(json->lent ? NULL : json->nodes, capacity * sizeof(*nodes));
    if (!nodes)
        return false;
    if (json->lent)
        memcpy(nodes, json->nodes, json->count * sizeof(*nodes));
    json->nodes = nodes;
    json->capacity = capacity;
    json->lent = false;
    return true;
}

/* Starts a node at reader->at; NULL without memory. The pointer holds until the next one. */
static struct nx_json_node *add_node(struct nx_json_reader *reader, enum nx_json_type type)
{
    struct nx_json *json = reader->json;
    struct nx_json_node *node;

    if (json->count == json->capacity && !grow(json))
        return NULL;
    node = &json->nodes[json->count++];
    node->start = (uint32_t)(reader->at - json->text);
    node->next = json->count;
    node->count = 0;
    node->type = (uint8_t)type;
    node->escaped = 0;
    return node;
}

static void skip_space(struct nx_json_reader *reader)
{
    const char *at = reader->at;

    while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    reader->at = at;
}

static int open_level(struct nx_json_reader *reader, enum nx_json_type type)
{
    struct nx_json_level *level;

    if (reader->depth == reader->depth_limit)
        return nx_json_reject(reader, reader->at, "nested deeper than %u levels",
                              reader->depth_limit);
    if (!add_node(reader, type))
        return nx_no_memory(reader->err);
    level = &reader->levels[reader->depth++];
    level->node = reader->json->count - 1;
    level->inside = 0;
    reader->at++;
    return 0;
}

typedef int (*scan_token)(struct nx_json_reader *reader, struct nx_json_node *node);

static int read_token(struct nx_json_reader *reader, enum nx_json_type type, scan_token scan)
{
    struct nx_json_node *node = add_node(reader, type);
    int code;

    if (!node)
        return nx_no_memory(reader->err);
    code = scan(reader, node);
    node->end = (uint32_t)(reader->at - reader->json->text);
    return code;
}

/* Reads a scalar, or the bracket that opens an array or object. */
static int read_value(struct nx_json_reader *reader)
{
    skip_space(reader);
    switch (reader->at < reader->end ? *reader->at : 0) {
    case '"':
        return read_token(reader, NX_JSON_STRING, nx_json_scan_string);
    case '{':
        return open_level(reader, NX_JSON_OBJECT);
    case '[':
        return open_level(reader, NX_JSON_ARRAY);
    case 't':
    case 'f':
    case 'n':
        return read_token(reader, NX_JSON_NULL, nx_json_scan_word);
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return read_token(reader, NX_JSON_NUMBER, nx_json_scan_number);
    default:
        return nx_json_reject_unexpected(reader, "a value");
    }
}

static int close_level(struct nx_json_reader *reader, struct nx_json_level *level)
{
    struct nx_json_node *node = &reader->json->nodes[level->node];
    int code = 0;

    if (node->type == NX_JSON_OBJECT && node->count > 1)
        code = nx_json_check_keys(reader, level->node);
    if (code)
        return code;
    reader->at++;
    node->end = (uint32_t)(reader->at - reader->json->text);
    node->next = reader->json->count;
    reader->depth--;
    return 0;
}

/* Reads a member's key and colon. */
static int read_key(struct nx_json_reader *reader, struct nx_json_level *level)
{
    uint32_t key = reader->json->count;
    int code;

    if (reader->at == reader->end || *reader->at != '"')
        return nx_json_reject_unexpected(reader, "a member's name");
    code = read_token(reader, NX_JSON_STRING, nx_json_scan_string);
    if (code)
        return code;
    level->inside = key;
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != ':')
        return nx_json_reject_unexpected(reader, "':'");
    reader->at++;
    return 0;
}

/* Reads the comma before an element, but the first, and the key of a member. */
static int begin_element(struct nx_json_reader *reader, struct nx_json_level *level)
{
    struct nx_json_node *node = &reader->json->nodes[level->node];
    bool object = node->type == NX_JSON_OBJECT;

    if (node->count) {
        if (reader->at == reader->end || *reader->at != ',')
            return nx_json_reject_unexpected(reader, object ? "',' or '}'" : "',' or ']'");
        reader->at++;
        skip_space(reader);
    }
    node->count++;
    if (object)
        return read_key(reader, level);
    level->inside = 1;
    return 0;
}

/* From the end of a value, or from an opening bracket, to where the next value must be. */
static int to_next_value(struct nx_json_reader *reader)
{
    while (reader->depth) {
        struct nx_json_level *level = &reader->levels[reader->depth - 1];
        bool object = reader->json->nodes[level->node].type == NX_JSON_OBJECT;
        int code;

        level->inside = 0;
        skip_space(reader);
        if (reader->at == reader->end || *reader->at != (object ? '}' : ']'))
            return begin_element(reader, level);
        code = close_level(reader, level);
        if (code)
            return code;
    }
    return 0;
}

static int read_all(struct nx_json_reader *reader)
{
    int code;

    if (reader->end - reader->at >= 3 && memcmp(reader->at, "\xef\xbb\xbf", 3) == 0)
        return nx_json_reject(reader, reader->at, "starts with a byte order mark");
    do {
        code = read_value(reader);
        if (!code)
            code = to_next_value(reader);
    } while (!code && reader->depth);
    if (code)
        return code;
    skip_space(reader);
    if (reader->at < reader->end)
        return nx_json_reject_unexpected(reader, "the end of the text");
    return 0;
}

int nx_json_read_depth(struct nx_json *json, const char *text, size_t length, uint32_t depth,
                       struct nexus_error *err)
{
    struct nx_json_reader reader;
    int code;

    if (length > LARGEST)
        return nx_fail(err, NEXUS_E_TOO_LARGE, NULL, "%zu bytes of JSON exceed the limit of %zu",
                       length, LARGEST);
    if (json->capacity > KEEP_NODES && most_nodes(length) <= KEEP_NODES)
        nx_json_free(json);
    json->text = text ? text : "";
    json->length = text ? length : 0;
    json->count = 0;
    json->in_member = false;
    reader.json = json;
    reader.at = json->text;
    reader.end = json->text + json->length;
    reader.err = err;
    reader.depth = 0;
    reader.depth_limit = depth < NX_JSON_DEPTH ? depth : NX_JSON_DEPTH;
    reader.seeded = false;
    code = read_all(&reader);
    if (code)
        json->count = 0;
    return code;
}

int nx_json_read(struct nx_json *json, const char *text, size_t length, struct nexus_error *err)
{
    return nx_json_read_depth(json, text, length, NX_JSON_DEPTH, err);
}
