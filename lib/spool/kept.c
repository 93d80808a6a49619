/* SPDX-License-Identifier: Apache-2.0 */
#include "kept.h"

#include <stdlib.h>
#include <string.h>

static struct nx_kept *around(char *bytes, size_t length)
{
    struct nx_kept *kept = bytes ? calloc(1, sizeof(*kept)) : NULL;

    if (!kept) {
        free(bytes);
        return NULL;
    }
    atomic_init(&kept->references, 1);
    kept->bytes = bytes;
    kept->length = length;
    return kept;
}

static char *write_bytes(const struct nx_outgoing *event, size_t *length)
{
    struct nx_buf buf = NX_BUF_INIT;

    nx_buf_reserve(&buf, nx_outgoing_size(event) + 64);
    nx_outgoing_write(event, &buf);
    *length = buf.length;
    return nx_buf_take(&buf);
}

struct nx_kept *nx_kept_new(const struct nx_outgoing *event)
{
    size_t length;
    char *bytes = write_bytes(event, &length);

    return around(bytes, length);
}

struct nx_kept *nx_kept_read(const void *bytes, size_t length)
{
    char *copy = malloc(length + 1);

    if (copy && length)
        memcpy(copy, bytes, length);
    return around(copy, length);
}

struct nx_kept *nx_kept_retain(struct nx_kept *kept)
{
    atomic_fetch_add(&kept->references, 1);
    return kept;
}

void nx_kept_release(struct nx_kept *kept)
{
    if (!kept || atomic_fetch_sub(&kept->references, 1) != 1)
        return;
    free(kept->bytes);
    free(kept);
}

bool nx_kept_add_header(struct nx_kept *kept, const char *name, const char *value)
{
    struct nx_outgoing event;
    size_t length;
    char *bytes;

    if (nx_outgoing_read(kept->bytes, kept->length, &event, NULL) != NEXUS_OK ||
        event.header_count == NX_OUTGOING_HEADERS)
        return false;
    event.headers[event.header_count++] = (struct nx_header){name, value};
    bytes = write_bytes(&event, &length);
    if (!bytes)
        return false;
    free(kept->bytes);
    kept->bytes = bytes;
    kept->length = length;
    return true;
}
