/* SPDX-License-Identifier: Apache-2.0 */
/* What a damaged file still gives.
 *
 * SQLite reads a table from its beginning up to the first page that is damaged, and from its end
 * down to the last one; between them it is asked for one place after the other. Each event's bytes
 * carry a digest, so nothing that was not written as it is now gets into the new file. */
#include "store_recover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"
#include "transport.h"

#define PROBES_MAX 20000
#define LONG_AGO   1000 /* milliseconds since 1970 */

struct salvage {
    sqlite3 *from;
    struct nx_store *to;
    unsigned probes;
    int code; /* of writing the new file */
};

/* ---- setting aside */

static int move(const char *path, const char *aside, const char *suffix, struct nexus_error *err)
{
    char from[4096], to[4096];

    snprintf(from, sizeof(from), "%s%s", path, suffix);
    snprintf(to, sizeof(to), "%s%s", aside, suffix);
    if (rename(from, to) != 0 && errno != ENOENT)
        return nx_fail(err, NEXUS_E_IO, "spool", "cannot set the damaged %s aside: %s", from,
                       strerror(errno));
    return NEXUS_OK;
}

static int set_aside(struct nx_store *store, struct nx_store_damage *damage,
                     struct nexus_error *err)
{
    int64_t now = nx_wall_time() / 1000000;
    int code;

    nx_store_disconnect(store);
    do {
        snprintf(damage->set_aside, sizeof(damage->set_aside), "%s.damaged-%lld", store->path,
                 (long long)now++);
    } while (access(damage->set_aside, F_OK) == 0);
    code = move(store->path, damage->set_aside, "-wal", err);
    if (code == NEXUS_OK)
        code = move(store->path, damage->set_aside, "", err);
    return code;
}

/* ---- reading what is left */

static bool copy_row(struct salvage *salvage, sqlite3_stmt *row)
{
    struct nx_outgoing event;
    struct nx_kept *kept;

    if (nx_outgoing_read(sqlite3_column_blob(row, 2) ? sqlite3_column_blob(row, 2) : "",
                         (size_t)sqlite3_column_bytes(row, 2), &event, NULL) != NEXUS_OK)
        return true; /* counts as lost */
    kept = nx_kept_read(sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2));
    if (!kept) {
        salvage->code = NEXUS_E_MEMORY;
        return false;
    }
    kept->id = sqlite3_column_int64(row, 0);
    kept->accepted_at = sqlite3_column_int64(row, 1);
    salvage->code = nx_store_insert(salvage->to, kept, NULL);
    nx_kept_release(kept);
    return salvage->code == NEXUS_OK;
}

/* Copies the events of (low, high), in one direction, as far as that goes. Gives the id of the last
 * one that was read, or where it started; `*whole` says that the end was reached. */
static int64_t copy_range(struct salvage *salvage, int64_t low, int64_t high, bool forward,
                          bool *whole)
{
    const char *sql = forward ? "SELECT id, accepted_at, bytes FROM events"
                                " WHERE id > ?1 AND id < ?2 ORDER BY id"
                              : "SELECT id, accepted_at, bytes FROM events"
                                " WHERE id > ?1 AND id < ?2 ORDER BY id DESC";
    int64_t last = forward ? low : high;
    sqlite3_stmt *rows = NULL;
    int step = SQLITE_ERROR;

    salvage->probes++;
    if (sqlite3_prepare_v2(salvage->from, sql, -1, &rows, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(rows, 1, low);
        sqlite3_bind_int64(rows, 2, high);
        while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
            last = sqlite3_column_int64(rows, 0);
            if (!copy_row(salvage, rows))
                break;
        }
    }
    sqlite3_finalize(rows);
    *whole = step == SQLITE_DONE;
    return last;
}

/* The events between two ids, neither of which is included: from both ends, then both halves of
 * what is left between. */
static void copy_between(struct salvage *salvage, int64_t low, int64_t high)
{
    bool whole;
    int64_t middle;

    if (high - low < 2 || salvage->code != NEXUS_OK || salvage->probes > PROBES_MAX)
        return;
    low = copy_range(salvage, low, high, true, &whole);
    if (whole || salvage->code != NEXUS_OK || high - low < 2)
        return;
    high = copy_range(salvage, low, high, false, &whole);
    if (whole || salvage->code != NEXUS_OK || high - low < 2)
        return;
    middle = low + (high - low) / 2;
    copy_between(salvage, low, middle + 1);
    copy_between(salvage, middle, high);
}

static int64_t greatest_id(sqlite3 *db, const struct nx_store_note *note)
{
    sqlite3_stmt *statement = NULL;
    int64_t most = note ? note->next_id : 1;

    if (sqlite3_prepare_v2(db, "SELECT next_id FROM totals", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int64(statement, 0) > most)
        most = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return most > 1 ? most : INT64_MAX / 2;
}

/* All of them may have been sent: since when is in a table that may be damaged, too. */
static int copy_all(struct salvage *salvage, const struct nx_store_note *note,
                    struct nexus_error *err)
{
    struct nx_store *store = salvage->to;
    int64_t next_id = greatest_id(salvage->from, note);
    int code = nx_store_begin(store, err);

    if (code != NEXUS_OK)
        return code;
    copy_between(salvage, 0, next_id);
    if (next_id < INT64_MAX / 2 && store->totals.next_id < next_id)
        store->totals.next_id = next_id;
    code = salvage->code == NEXUS_OK ? nx_store_try(store, store->totals.next_id - 1, LONG_AGO, err)
                                     : nx_store_fail(store, "write to", err);
    store->given_through = store->totals.next_id - 1;
    if (code == NEXUS_OK)
        code = nx_store_commit(store, err);
    if (code != NEXUS_OK)
        nx_store_rollback(store);
    return code;
}

int nx_store_recover(struct nx_store *store, const struct nx_store_note *note,
                     struct nx_store_damage *damage, struct nexus_error *err)
{
    struct salvage salvage = {.to = store};
    int code = set_aside(store, damage, err);

    if (code == NEXUS_OK)
        code = nx_store_connect(store, err);
    if (code != NEXUS_OK)
        return code;
    if (note && note->next_id > store->totals.next_id)
        store->totals.next_id = note->next_id;
    if (sqlite3_open_v2(damage->set_aside, &salvage.from,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK) {
        /* It stays as it is, for whoever wants to look at it. Only with a writable schema does
         * SQLite read a file that is shorter than it says. */
        sqlite3_db_config(salvage.from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_exec(salvage.from, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA writable_schema=ON", NULL,
                     NULL, NULL);
        code = copy_all(&salvage, note, err);
    }
    sqlite3_close(salvage.from);
    damage->found = true;
    damage->recovered = store->totals.events;
    damage->known = note != NULL;
    damage->lost = note && note->events > damage->recovered ? note->events - damage->recovered : 0;
    return code;
}
