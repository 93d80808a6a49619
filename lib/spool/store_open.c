/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the spool's file: making it, bringing an older one up to date, looking for damage. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"
#include "store.h"
#include "store_recover.h"

#define APPLICATION   0x4e585350 /* "NXSP" */
#define SHRINK_PAGES  16384
#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)

/* How the file came to be what it is: one step for each version. A new file goes through all. */
static const char *const steps[] = {
    "CREATE TABLE events(id INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL, bytes BLOB NOT "
    "NULL);"
    "CREATE TABLE totals(next_id INTEGER NOT NULL, events INTEGER NOT NULL, bytes INTEGER NOT "
    "NULL);"
    "INSERT INTO totals VALUES(1, 0, 0);",
    "CREATE TABLE tries(at INTEGER PRIMARY KEY, through INTEGER NOT NULL);",
};
#define VERSION ((int64_t)(sizeof(steps) / sizeof(steps[0])))

/* synchronous=FULL: a commit is on disk when it returns. The lock keeps others out, so there is no
 * need for shared memory. */
static const char settings[] = "PRAGMA locking_mode=EXCLUSIVE;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA cache_size=-2048;"
                               "PRAGMA wal_autocheckpoint=4000;"
                               "PRAGMA journal_size_limit=33554432;";

static int execute(struct nx_store *store, const char *sql, const char *what,
                   struct nexus_error *err)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? NEXUS_OK
               : nx_store_fail(store, what, err);
}

int nx_store_number(struct nx_store *store, const char *sql, int64_t *out, struct nexus_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = NEXUS_OK;

    if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        code = nx_store_fail(store, "read", err);
    sqlite3_finalize(statement);
    return code;
}

/* ---- the file itself */

/* Its name is durable before anything is promised on its strength. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(directory);
}

/* Before SQLite does, so that nobody else may read it. */
static int make_file(const char *path, struct nexus_error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return nx_fail(err, NEXUS_E_IO, "spool", "cannot open %s: %s", path, strerror(errno));
    close(fd);
    sync_directory(path);
    return NEXUS_OK;
}

void nx_store_disconnect(struct nx_store *store)
{
    for (unsigned i = 0; i < NX_STORE_STATEMENTS; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
}

/* ---- what is in it */

static int set_up(struct nx_store *store, int64_t version, struct nexus_error *err)
{
    int code = execute(store, "BEGIN IMMEDIATE", "write to", err);

    for (int64_t step = version; code == NEXUS_OK && step < VERSION; step++)
        code = execute(store, steps[step], "write to", err);
    if (code == NEXUS_OK)
        code = execute(store, "PRAGMA application_id=" TEXT(APPLICATION), "write to", err);
    if (code == NEXUS_OK) {
        char *sql = sqlite3_mprintf("PRAGMA user_version=%lld; COMMIT", (long long)VERSION);
        code = sql ? execute(store, sql, "write to", err) : nx_no_memory(err);
        sqlite3_free(sql);
    }
    if (code != NEXUS_OK)
        (void)execute(store, "ROLLBACK", "write to", NULL);
    return code;
}

static int check_version(struct nx_store *store, struct nexus_error *err)
{
    int64_t application = 0, version = 0, tables = 0;
    int code = nx_store_number(store, "PRAGMA application_id", &application, err);

    if (code == NEXUS_OK)
        code = nx_store_number(store, "PRAGMA user_version", &version, err);
    if (code == NEXUS_OK)
        code = nx_store_number(store, "SELECT count(*) FROM sqlite_schema", &tables, err);
    if (code != NEXUS_OK)
        return code;
    if (application != APPLICATION && (application || version || tables))
        return nx_fail(err, NEXUS_E_INVALID, "spool",
                       "%s is a database of something else; nothing was changed", store->path);
    if (version > VERSION)
        return nx_fail(err, NEXUS_E_UNSUPPORTED, "spool",
                       "%s has format %lld, and this library knows formats up to %lld: use the "
                       "newer library that wrote it",
                       store->path, (long long)version, (long long)VERSION);
    return version < VERSION ? set_up(store, version, err) : NEXUS_OK;
}

static int load(struct nx_store *store, struct nexus_error *err)
{
    int64_t events = 0, bytes = 0;
    int code = nx_store_number(store, "SELECT next_id FROM totals", &store->totals.next_id, err);

    if (code == NEXUS_OK)
        code = nx_store_number(store, "SELECT events FROM totals", &events, err);
    if (code == NEXUS_OK)
        code = nx_store_number(store, "SELECT bytes FROM totals", &bytes, err);
    if (code == NEXUS_OK)
        code = nx_store_number(store, "SELECT ifnull(max(through), 0) FROM tries",
                               &store->tried_through, err);
    if (code == NEXUS_OK)
        code = nx_store_number(store,
                               "SELECT ifnull((SELECT min(id) FROM events), next_id) FROM totals",
                               &store->first_id, err);
    if (code == NEXUS_OK)
        code = nx_store_number(store,
                               "SELECT ifnull((SELECT accepted_at FROM events"
                               " ORDER BY id LIMIT 1), 0)",
                               &store->oldest_at, err);
    store->given_through = store->tried_through;
    store->totals.events = (uint64_t)events;
    store->totals.bytes = (uint64_t)bytes;
    return code;
}

int nx_store_connect(struct nx_store *store, struct nexus_error *err)
{
    int code = make_file(store->path, err);

    if (code != NEXUS_OK)
        return code;
    if (sqlite3_open_v2(store->path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return store->db ? nx_store_fail(store, "open", err) : nx_no_memory(err);
    code = execute(store, settings, "open", err);
    if (code == NEXUS_OK)
        code = check_version(store, err);
    if (code == NEXUS_OK)
        code = execute(store, "PRAGMA journal_mode=WAL", "open", err);
    if (code == NEXUS_OK)
        code = load(store, err);
    return code;
}

/* ---- damage */

static int check_structure(struct nx_store *store, struct nexus_error *err)
{
    sqlite3_stmt *statement = NULL;
    int64_t events = -1;
    bool sound = false;
    int code = NEXUS_OK;

    if (sqlite3_prepare_v2(store->db, "PRAGMA quick_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        sound = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    if (sound)
        code = nx_store_number(store, "SELECT count(*) FROM events", &events, err);
    if (code == NEXUS_OK && (!sound || events != (int64_t)store->totals.events))
        code = nx_fail(err, NEXUS_E_INTERNAL, "spool", "%s is damaged", store->path);
    return code;
}

/* The file is sound, but an older state of it than the note says: the disk has lost what it had
 * confirmed, or somebody has put an old file there, or has removed it. */
static void compare_note(struct nx_store *store, const struct nx_store_note *note,
                         struct nx_store_damage *damage)
{
    int64_t first = note->first_id > store->totals.next_id ? note->first_id : store->totals.next_id;
    uint64_t lost;

    if (note->next_id <= store->totals.next_id)
        return;
    lost = first < note->next_id ? (uint64_t)(note->next_id - first) : 0;
    damage->lost = lost < note->events ? lost : note->events;
    damage->known = true;
    damage->found = damage->lost > 0;
    store->totals.next_id = note->next_id;
}

static int open_sound(struct nx_store *store, const struct nx_store_note *note,
                      struct nexus_error *err)
{
    int code = nx_store_connect(store, err);

    if (code == NEXUS_OK && !note->clean)
        code = check_structure(store, err);
    return code;
}

static int open_locked(struct nx_store *store, struct nx_store_damage *damage,
                       struct nexus_error *err)
{
    struct nx_store_note note = {.next_id = 0};
    bool noted = nx_store_note_read(store, &note);
    int code = open_sound(store, &note, err);

    if (code == NEXUS_E_INTERNAL)
        return nx_store_recover(store, noted ? &note : NULL, damage, err);
    if (code == NEXUS_OK && noted)
        compare_note(store, &note, damage);
    if (code == NEXUS_OK)
        nx_store_note_write(store, false);
    return code;
}

static void release(struct nx_store *store)
{
    if (store->db)
        nx_store_disconnect(store);
    if (store->lock >= 0)
        close(store->lock);
    free(store->path);
    free(store);
}

int nx_store_open(const char *path, struct nx_store **out, struct nx_store_damage *damage,
                  struct nexus_error *err)
{
    struct nx_store *store = calloc(1, sizeof(*store));
    int code;

    *damage = (struct nx_store_damage){.found = false};
    if (!store)
        return nx_no_memory(err);
    store->lock = -1;
    store->path = strdup(path);
    code = store->path ? nx_store_lock(store, err) : nx_no_memory(err);
    if (code == NEXUS_OK)
        code = open_locked(store, damage, err);
    if (code == NEXUS_OK)
        *out = store;
    else
        release(store);
    return code;
}

int nx_store_replace(struct nx_store *store, struct nx_store_damage *damage,
                     struct nexus_error *err)
{
    struct nx_store_note note = {store->totals.next_id, store->first_id, store->totals.events, 0};

    *damage = (struct nx_store_damage){.found = false};
    return nx_store_recover(store, &note, damage, err);
}

/* A file that a long outage made large becomes small again when it is empty. */
static void shrink(struct nx_store *store)
{
    int64_t pages = 0;

    if (store->totals.events == 0 &&
        nx_store_number(store, "PRAGMA page_count", &pages, NULL) == NEXUS_OK &&
        pages > SHRINK_PAGES)
        (void)execute(store, "VACUUM", "write to", NULL);
}

void nx_store_close(struct nx_store *store)
{
    if (!store)
        return;
    if (store->db) {
        bool folded;
        shrink(store);
        nx_store_note_write(store, false);
        folded = execute(store, "PRAGMA wal_checkpoint(TRUNCATE)", "write to", NULL) == NEXUS_OK;
        nx_store_disconnect(store);
        nx_store_note_write(store, folded);
    }
    release(store);
}
