/* SPDX-License-Identifier: Apache-2.0 */
#include "inbox_table.h"

#include "status.h"
#include "transport.h"

static const char layout[] =
    "CREATE TABLE IF NOT EXISTS " NX_INBOX_TABLE
    " (consumer TEXT NOT NULL, tenant TEXT NOT NULL, message_id TEXT NOT NULL,"
    " handled_at INTEGER NOT NULL, PRIMARY KEY (consumer, tenant, message_id)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS " NX_INBOX_TABLE "_time ON " NX_INBOX_TABLE " (handled_at);";

int nx_table_fail(sqlite3 *database, int rc, struct nexus_error *err)
{
    const char *words = sqlite3_errmsg(database);

    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return nx_fail(err, NEXUS_E_TIMEOUT, "inbox", "the database is in use: %s", words);
    case SQLITE_NOMEM:
        return nx_no_memory(err);
    case SQLITE_MISUSE:
        return nx_fail(err, NEXUS_E_INVALID, "database", "SQLite: %s", words);
    default:
        return nx_fail(err, NEXUS_E_IO, "inbox", "SQLite: %s", words);
    }
}

int nx_table_run(sqlite3 *database, const char *sql, struct nexus_error *err)
{
    int rc = sqlite3_exec(database, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? NEXUS_OK : nx_table_fail(database, rc, err);
}

int nx_table_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **out,
                     struct nexus_error *err)
{
    int rc = sqlite3_prepare_v3(database, sql, -1, 0, out, NULL);

    return rc == SQLITE_OK ? NEXUS_OK : nx_table_fail(database, rc, err);
}

int nx_table_create(sqlite3 *database, struct nexus_error *err)
{
    return nx_table_run(database, layout, err);
}

/* Runs what is bound, to its end, so that nothing is left open. */
static int finish(sqlite3_stmt *statement, int rc, bool *row, struct nexus_error *err)
{
    int code = NEXUS_OK;

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (row)
        *row = rc == SQLITE_ROW;
    while (rc == SQLITE_ROW)
        rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE)
        code = nx_table_fail(sqlite3_db_handle(statement), rc, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code;
}

/* The texts stay where they are until finish() has run. */
static int bind_name(sqlite3_stmt *statement, const struct nx_inbox_name *name)
{
    int rc = sqlite3_bind_text(statement, 1, name->consumer, -1, SQLITE_STATIC);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 2, name->tenant, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, 3, name->id, -1, SQLITE_STATIC);
    return rc;
}

int nx_table_by_name(sqlite3_stmt *statement, const struct nx_inbox_name *name, bool *row,
                     struct nexus_error *err)
{
    return finish(statement, bind_name(statement, name), row, err);
}

int nx_table_by_name_now(sqlite3_stmt *statement, const struct nx_inbox_name *name,
                         struct nexus_error *err)
{
    int rc = bind_name(statement, name);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 4, nx_wall_time() / 1000000000);
    return finish(statement, rc, NULL, err);
}

int nx_table_expire(sqlite3_stmt *statement, int64_t before, int64_t limit, struct nexus_error *err)
{
    int rc = sqlite3_bind_int64(statement, 1, before);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(statement, 2, limit);
    return finish(statement, rc, NULL, err);
}
