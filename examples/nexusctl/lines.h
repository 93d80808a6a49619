/* SPDX-License-Identifier: Apache-2.0 */
/* Reading lines from a file descriptor that is also being polled. */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

/* The longest line: the largest body there can be, and room for what stands around it. */
#define LINE_MAX_BYTES ((size_t)9 << 20)

struct lines {
    int fd;
    char *buffer;
    size_t capacity;
    size_t start; /* where the next line begins */
    size_t end;   /* where what has been read ends */
    size_t number;
    bool at_end;   /* no more will come */
    bool skipping; /* inside a line that is too long */
};

struct line {
    char *text; /* NUL-terminated, without its line end; valid until the next lines_fill() */
    size_t length;
    size_t number; /* from 1 */
    bool too_long; /* `text` is only its beginning */
};

void lines_open(struct lines *lines, int fd);
void lines_close(struct lines *lines);

/* Reads what there is. False on an error of the descriptor (errno) or without memory (ENOMEM). */
bool lines_fill(struct lines *lines);

/* Takes the next complete line, or the last one at the end of the file. */
bool lines_next(struct lines *lines, struct line *out);

#endif
