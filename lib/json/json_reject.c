/* SPDX-License-Identifier: Apache-2.0 */
/* Saying where a JSON text is wrong, and what was expected there. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json_reader.h"
#include "status.h"

struct path {
    char text[NEXUS_ERROR_WHERE_SIZE + 8]; /* a little longer: nx_fail() cuts between characters */
    size_t length;
};

static void add(struct path *path, const char *text, size_t length)
{
    size_t room = sizeof(path->text) - 1 - path->length;

    length = length < room ? length : room;
    memcpy(path->text + path->length, text, length);
    path->length += length;
    path->text[path->length] = 0;
}

static void add_key(struct path *path, const struct nx_json *json, uint32_t key)
{
    const struct nx_json_node *node = &json->nodes[key];
    const char *at = json->text + node->start + 1;
    const char *end = json->text + node->end - 1;
    char bytes[4];

    if (path->length)
        add(path, ".", 1);
    while (at < end && path->length < sizeof(path->text) - 1) {
        bytes[0] = *at;
        if (*at == '\\')
            add(path, bytes, nx_json_unescape(&at, bytes));
        else
            add(path, at++, 1);
    }
}

/* The path of the innermost member that is being read: "payload.files[2]". */
static void find_path(const struct nx_json_reader *reader, struct path *path)
{
    const struct nx_json *json = reader->json;

    path->length = 0;
    path->text[0] = 0;
    for (uint32_t i = 0; i < reader->depth; i++) {
        const struct nx_json_level *level = &reader->levels[i];
        char index[16];

        if (!level->inside)
            break;
        if (json->nodes[level->node].type == NX_JSON_OBJECT) {
            add_key(path, json, level->inside);
        } else {
            snprintf(index, sizeof(index), "[%u]", json->nodes[level->node].count - 1);
            add(path, index, strlen(index));
        }
    }
}

int nx_json_reject(struct nx_json_reader *reader, const char *at, const char *format, ...)
{
    struct path path;
    char message[NEXUS_ERROR_MESSAGE_SIZE];
    size_t offset = (size_t)(at - reader->json->text);
    va_list arguments;

    if (!reader->err)
        return NEXUS_E_JSON;
    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    find_path(reader, &path);
    reader->json->in_member = path.length > 0;
    if (path.length)
        return nx_fail(reader->err, NEXUS_E_JSON, path.text, "%s at byte %zu", message, offset);
    snprintf(path.text, sizeof(path.text), "byte %zu", offset);
    return nx_fail(reader->err, NEXUS_E_JSON, path.text, "%s", message);
}

int nx_json_reject_unexpected(struct nx_json_reader *reader, const char *expected)
{
    unsigned char byte;

    if (reader->at == reader->end)
        return nx_json_reject(reader, reader->at, "expected %s, got the end of the text", expected);
    byte = (unsigned char)*reader->at;
    if (byte > 0x20 && byte < 0x7f)
        return nx_json_reject(reader, reader->at, "expected %s, got %c", expected, byte);
    return nx_json_reject(reader, reader->at, "expected %s, got byte 0x%02X", expected, byte);
}
