/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)65536)

void lines_open(struct lines *lines, int fd)
{
    *lines = (struct lines){.fd = fd};
}

void lines_close(struct lines *lines)
{
    free(lines->buffer);
    lines->buffer = NULL;
}

/* Moves what is left to the front, and makes room for a chunk and a NUL behind it. */
static bool make_room(struct lines *lines)
{
    size_t left = lines->end - lines->start;
    size_t capacity = lines->capacity ? lines->capacity : 2 * CHUNK;
    char *grown;

    if (left > 0)
        memmove(lines->buffer, lines->buffer + lines->start, left);
    lines->start = 0;
    lines->end = left;
    while (capacity < left + CHUNK + 1)
        capacity *= 2;
    if (capacity == lines->capacity)
        return true;
    grown = realloc(lines->buffer, capacity);
    if (!grown) {
        errno = ENOMEM;
        return false;
    }
    lines->buffer = grown;
    lines->capacity = capacity;
    return true;
}

bool lines_fill(struct lines *lines)
{
    ssize_t got;

    if (!make_room(lines))
        return false;
    got = read(lines->fd, lines->buffer + lines->end, CHUNK);
    if (got < 0)
        return errno == EINTR || errno == EAGAIN;
    lines->end += (size_t)got;
    lines->at_end = got == 0;
    return true;
}

/* Drops what is left of a line that was too long; true when its end has come. */
static bool skip_rest(struct lines *lines, const char *newline)
{
    lines->start = newline ? (size_t)(newline + 1 - lines->buffer) : lines->end;
    lines->skipping = newline == NULL;
    return newline != NULL;
}

static void take(struct lines *lines, const char *newline, struct line *out)
{
    char *text = lines->buffer + lines->start;
    size_t length = newline ? (size_t)(newline - text) : lines->end - lines->start;

    lines->start += length + (newline ? 1 : 0);
    lines->skipping = !newline && !lines->at_end;
    text[length] = 0;
    *out = (struct line){text, length, ++lines->number, length > LINE_MAX_BYTES};
}

bool lines_next(struct lines *lines, struct line *out)
{
    while (lines->start < lines->end) {
        size_t left = lines->end - lines->start;
        const char *newline = memchr(lines->buffer + lines->start, '\n', left);

        if (lines->skipping) {
            if (!skip_rest(lines, newline))
                return false;
            continue;
        }
        if (!newline && !lines->at_end && left <= LINE_MAX_BYTES)
            return false;
        take(lines, newline, out);
        return true;
    }
    return false;
}
