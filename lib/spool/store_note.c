/* SPDX-License-Identifier: Apache-2.0 */
/* The lock, and the note in its file. The note is written behind each commit and not synced: that
 * costs a microsecond, and whatever goes wrong with the database tells by it how much is missing.
 * It is evidence, never the truth: a note that is older than the database, or none, is no error. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "status.h"
#include "store.h"

#define PATH_SIZE 4096
#define SUM_SIZE  16

struct page {
    char magic[8];
    struct nx_store_note note;
    unsigned char sum[SUM_SIZE];
};

static const char magic[8] = "NXSPOOL1";

int nx_store_lock(struct nx_store *store, struct nexus_error *err)
{
    char path[PATH_SIZE];
    int code;

    if (snprintf(path, sizeof(path), "%s.lock", store->path) >= (int)sizeof(path))
        return nx_fail(err, NEXUS_E_INVALID, "spool", "the path is too long");
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock < 0)
        return nx_fail(err, NEXUS_E_IO, "spool", "cannot open %s: %s", path, strerror(errno));
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return NEXUS_OK;
    code = errno == EWOULDBLOCK
               ? nx_fail(err, NEXUS_E_CONFLICT, "spool", "another client uses %s", store->path)
               : nx_fail(err, NEXUS_E_IO, "spool", "cannot lock %s: %s", path, strerror(errno));
    return code;
}

static void sum(const struct page *page, unsigned char out[SUM_SIZE])
{
    crypto_generichash(out, SUM_SIZE, (const unsigned char *)page, offsetof(struct page, sum), NULL,
                       0);
}

bool nx_store_note_read(const struct nx_store *store, struct nx_store_note *out)
{
    struct page page;
    unsigned char expected[SUM_SIZE];

    if (pread(store->lock, &page, sizeof(page), 0) != (ssize_t)sizeof(page) ||
        memcmp(page.magic, magic, sizeof(magic)) != 0)
        return false;
    sum(&page, expected);
    *out = page.note;
    return memcmp(page.sum, expected, SUM_SIZE) == 0;
}

void nx_store_note_write(const struct nx_store *store, bool clean)
{
    struct page page = {
        .note = {store->totals.next_id, store->first_id, store->totals.events, clean}};
    ssize_t written;

    memcpy(page.magic, magic, sizeof(magic));
    sum(&page, page.sum);
    written = pwrite(store->lock, &page, sizeof(page), 0);
    (void)written; /* then it is older than the database */
}
