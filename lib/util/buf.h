/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer. Failure is sticky: append freely, then look once at `failed`. */
#ifndef NX_BUF_H
#define NX_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nx_buf {
    char *data; /* not NUL-terminated unless nx_buf_text() was called */
    size_t length;
    size_t capacity;
    size_t limit;    /* 0: none but memory */
    bool failed;     /* no memory, or the limit was hit */
    bool over_limit; /* why it failed */
};

#define NX_BUF_INIT                 \
    {                               \
        NULL, 0, 0, 0, false, false \
    }

void nx_buf_free(struct nx_buf *buf);
/* Empties it, keeps the memory, clears `failed`. */
void nx_buf_reset(struct nx_buf *buf);
/* Makes room for `extra` bytes more; false when that failed. */
bool nx_buf_reserve(struct nx_buf *buf, size_t extra);
void nx_buf_append(struct nx_buf *buf, const void *bytes, size_t length);
void nx_buf_puts(struct nx_buf *buf, const char *text);
void nx_buf_putc(struct nx_buf *buf, char byte);
void nx_buf_int64(struct nx_buf *buf, int64_t value);
void nx_buf_printf(struct nx_buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The content with a NUL behind it, still owned by the buffer; NULL when it failed. */
const char *nx_buf_text(struct nx_buf *buf);
/* Gives the NUL-terminated content away (free()); NULL when it failed. Leaves it empty. */
char *nx_buf_take(struct nx_buf *buf);

#endif
