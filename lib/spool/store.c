/* SPDX-License-Identifier: Apache-2.0 */
/* Statements and transactions. */
#include "store.h"

#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "transport.h"

#define TRIES_MAX 512 /* notes of attempts; more are merged, on the safe side */

static const char *const texts[NX_STORE_STATEMENTS] = {
    [NX_STORE_BEGIN] = "BEGIN IMMEDIATE",
    [NX_STORE_COMMIT] = "COMMIT",
    [NX_STORE_ROLLBACK] = "ROLLBACK",
    [NX_STORE_INSERT] = "INSERT INTO events(id, accepted_at, bytes) VALUES(?1, ?2, ?3)",
    [NX_STORE_DELETE] = "DELETE FROM events WHERE id BETWEEN ?1 AND ?2",
    [NX_STORE_READ] = "SELECT id, accepted_at, bytes FROM events"
                      " WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1",
    [NX_STORE_TOTALS] = "UPDATE totals SET next_id = ?1, events = ?2, bytes = ?3",
    [NX_STORE_OLDEST] = "SELECT min(id) FROM events",
    [NX_STORE_ACCEPTED_AT] = "SELECT max(accepted_at) FROM events WHERE id = ?1",
    [NX_STORE_TRY] = "INSERT INTO tries(at, through) VALUES(?1, ?2)"
                     " ON CONFLICT(at) DO UPDATE SET through = max(through, excluded.through)",
    [NX_STORE_TRIED_AT] = "SELECT min(at) FROM tries WHERE through >= ?1",
    [NX_STORE_FORGET_TRIES] = "DELETE FROM tries WHERE through < ?1",
    [NX_STORE_MERGE_TRIES] = "UPDATE tries SET through = (SELECT max(through) FROM tries)"
                             " WHERE at = (SELECT min(at) FROM tries)"
                             " AND (SELECT count(*) FROM tries) > ?1",
};

/* ---- SQLite's words and ours */

int nx_store_fail(struct nx_store *store, const char *what, struct nexus_error *err)
{
    const char *words = sqlite3_errmsg(store->db);

    switch (sqlite3_errcode(store->db)) {
    case SQLITE_NOMEM:
        return nx_no_memory(err);
    case SQLITE_FULL:
        return nx_fail(err, NEXUS_E_FULL, "spool", "cannot %s %s: the disk is full", what,
                       store->path);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return nx_fail(err, NEXUS_E_INTERNAL, "spool", "cannot %s %s: %s", what, store->path,
                       words);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return nx_fail(err, NEXUS_E_CONFLICT, "spool", "another program uses %s", store->path);
    default:
        return nx_fail(err, NEXUS_E_IO, "spool", "cannot %s %s: %s", what, store->path, words);
    }
}

/* A statement, prepared when it is wanted first. */
static sqlite3_stmt *take(struct nx_store *store, enum nx_store_statement which)
{
    sqlite3_stmt **slot = &store->statements[which];

    if (!*slot && sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT, slot,
                                     NULL) != SQLITE_OK)
        *slot = NULL;
    return *slot;
}

static int run(struct nx_store *store, sqlite3_stmt *statement, const char *what,
               struct nexus_error *err)
{
    int code = NEXUS_OK;

    if (!statement || (sqlite3_step(statement) != SQLITE_DONE))
        code = nx_store_fail(store, what, err);
    if (statement)
        sqlite3_reset(statement);
    return code;
}

static int run_numbers(struct nx_store *store, enum nx_store_statement which, const char *what,
                       int64_t first, int64_t second, struct nexus_error *err)
{
    sqlite3_stmt *statement = take(store, which);

    if (statement) {
        sqlite3_bind_int64(statement, 1, first);
        if (sqlite3_bind_parameter_count(statement) > 1)
            sqlite3_bind_int64(statement, 2, second);
    }
    return run(store, statement, what, err);
}

/* The number that a statement finds; `none` where it finds NULL. */
static int look_up(struct nx_store *store, enum nx_store_statement which, int64_t argument,
                   int64_t none, int64_t *out, struct nexus_error *err)
{
    sqlite3_stmt *statement = take(store, which);
    int code = NEXUS_OK;

    if (!statement)
        return nx_store_fail(store, "read", err);
    if (sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, argument);
    if (sqlite3_step(statement) != SQLITE_ROW)
        code = nx_store_fail(store, "read", err);
    else if (sqlite3_column_type(statement, 0) == SQLITE_NULL)
        *out = none;
    else
        *out = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return code;
}

/* ---- transactions */

int nx_store_begin(struct nx_store *store, struct nexus_error *err)
{
    store->before = store->totals;
    store->tried_before = store->tried_through;
    return run(store, take(store, NX_STORE_BEGIN), "write to", err);
}

static int write_totals(struct nx_store *store, struct nexus_error *err)
{
    sqlite3_stmt *statement = take(store, NX_STORE_TOTALS);

    if (statement) {
        sqlite3_bind_int64(statement, 1, store->totals.next_id);
        sqlite3_bind_int64(statement, 2, (int64_t)store->totals.events);
        sqlite3_bind_int64(statement, 3, (int64_t)store->totals.bytes);
    }
    return run(store, statement, "write to", err);
}

int nx_store_commit(struct nx_store *store, struct nexus_error *err)
{
    int64_t first = store->first_id, oldest_at = store->oldest_at;
    int code = write_totals(store, err);

    if (code == NEXUS_OK)
        code = look_up(store, NX_STORE_OLDEST, 0, store->totals.next_id, &first, err);
    if (code == NEXUS_OK && (first != store->first_id || !oldest_at))
        code = look_up(store, NX_STORE_ACCEPTED_AT, first, 0, &oldest_at, err);
    if (code == NEXUS_OK)
        code = run(store, take(store, NX_STORE_COMMIT), "write to", err);
    if (code != NEXUS_OK)
        return code;
    store->first_id = first;
    store->oldest_at = oldest_at;
    nx_store_note_write(store, false);
    return NEXUS_OK;
}

void nx_store_rollback(struct nx_store *store)
{
    if (store->db && !sqlite3_get_autocommit(store->db))
        (void)run(store, take(store, NX_STORE_ROLLBACK), "write to", NULL);
    store->totals = store->before;
    store->tried_through = store->tried_before;
    store->tried_at = 0;
}

int nx_store_insert(struct nx_store *store, const struct nx_kept *kept, struct nexus_error *err)
{
    sqlite3_stmt *statement = take(store, NX_STORE_INSERT);
    int code;

    if (statement) {
        sqlite3_bind_int64(statement, 1, kept->id);
        sqlite3_bind_int64(statement, 2, kept->accepted_at);
        sqlite3_bind_blob64(statement, 3, kept->bytes, kept->length, SQLITE_STATIC);
    }
    code = run(store, statement, "write to", err);
    if (code != NEXUS_OK)
        return code;
    store->totals.events++;
    store->totals.bytes += kept->length;
    if (kept->id >= store->totals.next_id)
        store->totals.next_id = kept->id + 1;
    return NEXUS_OK;
}

int nx_store_remove(struct nx_store *store, int64_t first, int64_t last, uint64_t bytes,
                    struct nexus_error *err)
{
    int code = run_numbers(store, NX_STORE_DELETE, "write to", first, last, err);
    uint64_t removed;

    if (code != NEXUS_OK)
        return code;
    removed = (uint64_t)sqlite3_changes(store->db);
    store->totals.events -= removed < store->totals.events ? removed : store->totals.events;
    if (removed)
        store->totals.bytes -= bytes < store->totals.bytes ? bytes : store->totals.bytes;
    return NEXUS_OK;
}

int nx_store_try(struct nx_store *store, int64_t through, int64_t at, struct nexus_error *err)
{
    int64_t second = at / 1000 * 1000;
    int code = run_numbers(store, NX_STORE_TRY, "write to", second, through, err);

    if (code == NEXUS_OK && second != store->tried_at) {
        code = run_numbers(store, NX_STORE_FORGET_TRIES, "write to", store->first_id, 0, err);
        if (code == NEXUS_OK)
            code = run_numbers(store, NX_STORE_MERGE_TRIES, "write to", TRIES_MAX, 0, err);
    }
    if (code != NEXUS_OK)
        return code;
    store->tried_at = second;
    if (through > store->tried_through)
        store->tried_through = through;
    return NEXUS_OK;
}

/* ---- reading */

static int read_row(struct nx_store *store, sqlite3_stmt *statement, struct nx_kept **out,
                    struct nexus_error *err)
{
    struct nx_kept *kept =
        nx_kept_read(sqlite3_column_blob(statement, 2), (size_t)sqlite3_column_bytes(statement, 2));
    int code = NEXUS_OK;

    if (!kept)
        return nx_no_memory(err);
    kept->id = sqlite3_column_int64(statement, 0);
    kept->accepted_at = sqlite3_column_int64(statement, 1);
    if (kept->id <= store->given_through)
        code = look_up(store, NX_STORE_TRIED_AT, kept->id, 0, &kept->tried_at, err);
    if (code == NEXUS_OK)
        *out = kept;
    else
        nx_kept_release(kept);
    return code;
}

int nx_store_read(struct nx_store *store, int64_t from, int64_t to, struct nx_kept **out,
                  struct nexus_error *err)
{
    sqlite3_stmt *statement = take(store, NX_STORE_READ);
    int step, code = NEXUS_OK;

    *out = NULL;
    if (!statement)
        return nx_store_fail(store, "read", err);
    sqlite3_bind_int64(statement, 1, from);
    sqlite3_bind_int64(statement, 2, to);
    step = sqlite3_step(statement);
    if (step == SQLITE_ROW)
        code = read_row(store, statement, out, err);
    else if (step != SQLITE_DONE)
        code = nx_store_fail(store, "read", err);
    sqlite3_reset(statement);
    return code;
}
