/* SPDX-License-Identifier: Apache-2.0 */
/* The file that keeps a node's counter from being used twice.
 *
 * It is replaced as a whole: written beside, synced, renamed, and the directory synced. Whenever
 * the process or the machine stops, what is found afterwards is the former ceiling or the new one,
 * and no counter above the former one was used before the new one was on disk. A file with anything
 * else in it was damaged by other means, and is refused: guessing could use a counter twice.
 *
 * The lock is on a file of its own, because a lock on a file that is replaced keeps nobody out of
 * the new one. It is never removed, for the same reason, and it goes with the process that holds
 * it, however that ends. */
#include "clock_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "hex.h"
#include "json.h"
#include "status.h"

#define WHERE     "state_directory"
#define TEXT_SIZE 256
#define SUM_SIZE  16
#define NAME_SIZE 96 /* a node's 63 bytes and the longest suffix */

struct nx_clock_store {
    int directory;
    int lock;
    char *path; /* the directory's, for messages */
    char node[64];
    char name[NAME_SIZE];
    char fresh_name[NAME_SIZE];
    char lock_name[NAME_SIZE];
};

static int fail_io(const struct nx_clock_store *store, const char *what, struct nexus_error *err)
{
    return nx_fail(err, NEXUS_E_IO, WHERE, "cannot %s %s/%s: %s", what, store->path, store->name,
                   strerror(errno));
}

/* The whole content of the file: there is one right text for a node and a ceiling. */
static size_t render(const char *node, int64_t ceiling, char out[TEXT_SIZE])
{
    unsigned char sum[SUM_SIZE];
    char hex[2 * SUM_SIZE + 1];
    size_t length;
    int written = snprintf(out, TEXT_SIZE, "nexus-clock 1\nnode %s\nceiling %lld\n", node,
                           (long long)ceiling);

    length = (size_t)written;
    crypto_generichash(sum, sizeof(sum), (const unsigned char *)out, (unsigned long long)length,
                       NULL, 0);
    *nx_hex_write(hex, sum, sizeof(sum)) = 0;
    written = snprintf(out + length, TEXT_SIZE - length, "sum %s\n", hex);
    return length + (size_t)written;
}

/* Finds the ceiling in a content by rendering what it should be. */
static bool parse(const char *node, const char *text, size_t length, int64_t *ceiling)
{
    char expected[TEXT_SIZE];
    const char *member = strstr(text, "\nceiling ");
    char *end;
    long long value;

    if (!member || member[9] < '0' || member[9] > '9')
        return false;
    value = strtoll(member + 9, &end, 10);
    if (value > NX_INTEGER_MAX || render(node, value, expected) != length)
        return false;
    *ceiling = value;
    return memcmp(text, expected, length) == 0;
}

/* Reads up to `size` - 1 bytes and a NUL behind them; -1 on failure. */
static ssize_t read_all(int fd, char *out, size_t size)
{
    size_t length = 0;

    for (;;) {
        ssize_t got = read(fd, out + length, size - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        length += (size_t)got;
        out[length] = 0;
        if (got == 0 || length == size - 1)
            return (ssize_t)length;
    }
}

static int load(struct nx_clock_store *store, int64_t *ceiling, struct nexus_error *err)
{
    char text[TEXT_SIZE];
    int fd = openat(store->directory, store->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t length;

    *ceiling = 0;
    if (fd < 0 && errno == ENOENT)
        return NEXUS_OK;
    if (fd < 0)
        return fail_io(store, "open", err);
    length = read_all(fd, text, sizeof(text));
    if (length < 0) {
        int code = fail_io(store, "read", err);
        close(fd);
        return code;
    }
    close(fd);
    if (!parse(store->node, text, (size_t)length, ceiling))
        return nx_fail(err, NEXUS_E_IO, WHERE,
                       "%s/%s is damaged or another node's; move it away to count on from the wall "
                       "clock",
                       store->path, store->name);
    return NEXUS_OK;
}

static int take_lock(struct nx_clock_store *store, struct nexus_error *err)
{
    store->lock =
        openat(store->directory, store->lock_name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock < 0)
        return fail_io(store, "lock", err);
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return NEXUS_OK;
    if (errno == EWOULDBLOCK)
        return nx_fail(err, NEXUS_E_CONFLICT, WHERE, "another client counts as \"%s\" in %s",
                       store->node, store->path);
    return fail_io(store, "lock", err);
}

static int open_directory(struct nx_clock_store *store, struct nexus_error *err)
{
    store->directory = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory >= 0)
        return NEXUS_OK;
    return nx_fail(err, errno == ENOENT ? NEXUS_E_NOT_FOUND : NEXUS_E_IO, WHERE,
                   "cannot open %s: %s", store->path, strerror(errno));
}

int nx_clock_store_open(const char *directory, const char *node, struct nx_clock_store **out,
                        int64_t *ceiling, struct nexus_error *err)
{
    struct nx_clock_store *store = calloc(1, sizeof(*store));
    int64_t found = 0;
    int code = NEXUS_OK;

    if (!store)
        return nx_no_memory(err);
    store->directory = store->lock = -1;
    store->path = strdup(directory);
    snprintf(store->node, sizeof(store->node), "%s", node);
    snprintf(store->name, sizeof(store->name), "%s.clock", node);
    snprintf(store->fresh_name, sizeof(store->fresh_name), "%s.clock.new", node);
    snprintf(store->lock_name, sizeof(store->lock_name), "%s.clock.lock", node);
    if (!store->path)
        code = nx_no_memory(err);
    if (code == NEXUS_OK)
        code = open_directory(store, err);
    if (code == NEXUS_OK)
        code = take_lock(store, err);
    if (code == NEXUS_OK)
        code = load(store, &found, err);
    if (code != NEXUS_OK) {
        nx_clock_store_close(store);
        return code;
    }
    *ceiling = found;
    *out = store;
    return NEXUS_OK;
}

static bool write_all(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t done = write(fd, text, length);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        text += done;
        length -= (size_t)done;
    }
    return true;
}

int nx_clock_store_reserve(struct nx_clock_store *store, int64_t ceiling, struct nexus_error *err)
{
    char text[TEXT_SIZE];
    size_t length = render(store->node, ceiling, text);
    int fd = openat(store->directory, store->fresh_name,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written;

    if (fd < 0)
        return fail_io(store, "create", err);
    written = write_all(fd, text, length) && fsync(fd) == 0;
    if (!written) {
        int code = fail_io(store, "write", err);
        close(fd);
        return code;
    }
    close(fd);
    if (renameat(store->directory, store->fresh_name, store->directory, store->name) != 0)
        return fail_io(store, "replace", err);
    if (fsync(store->directory) != 0)
        return fail_io(store, "sync", err);
    return NEXUS_OK;
}

void nx_clock_store_close(struct nx_clock_store *store)
{
    if (!store)
        return;
    /* Closing gives the lock up. Unlocking by hand in a forked child would take the parent's. */
    if (store->lock >= 0)
        close(store->lock);
    if (store->directory >= 0)
        close(store->directory);
    free(store->path);
    free(store);
}
