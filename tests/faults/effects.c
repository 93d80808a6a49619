/* SPDX-License-Identifier: Apache-2.0 */
#include "effects.h"

#include <sqlite3.h>
#include <stdlib.h>

static sqlite3 *database;

static bool run(const char *statement)
{
    return sqlite3_exec(database, statement, NULL, NULL, NULL) == SQLITE_OK;
}

/* Two processes that start at once can meet here, where SQLite does not wait by itself. */
static bool use_wal(void)
{
    for (int i = 0; i < 2000; i++) {
        if (run("PRAGMA journal_mode=WAL"))
            return true;
        if ((sqlite3_errcode(database) & 0xff) != SQLITE_BUSY)
            return false;
        sqlite3_sleep(10);
    }
    return false;
}

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(database));
    exit(1);
}

void effects_open(const char *path)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    must(sqlite3_open(path, &database) == SQLITE_OK, path);
    sqlite3_busy_timeout(database, 20000);
    must(use_wal() && run("PRAGMA synchronous=NORMAL"), "pragma");
    must(run("CREATE TABLE IF NOT EXISTS effects (id TEXT NOT NULL)"), "effects");
    drive_must(nexus_inbox_create(database, &err), &err, "inbox");
}

static bool insert(const char *id)
{
    char statement[128];

    snprintf(statement, sizeof(statement), "INSERT INTO effects VALUES ('%s')", id);
    return run(statement);
}

static enum nexus_verdict again(const char *id, const char *what)
{
    journal("! %s %lld %s: %s", id, monotonic(), what, sqlite3_errmsg(database));
    run("ROLLBACK");
    return NEXUS_RETRY;
}

enum nexus_verdict effects_apply(struct nexus_delivery *delivery, const char *id,
                                 void (*step)(enum effects_step))
{
    enum nexus_claim claim = NEXUS_CLAIM_NEW;

    if (!run("BEGIN IMMEDIATE"))
        return again(id, "begin");
    if (nexus_inbox_claim(database, delivery, &claim, NULL) != NEXUS_OK)
        return again(id, "claim");
    if (claim == NEXUS_CLAIM_HANDLED) {
        run("ROLLBACK");
        return NEXUS_ACK;
    }
    if (!insert(id))
        return again(id, "insert");
    step(BEFORE_COMMIT);
    if (!run("COMMIT"))
        return again(id, "commit");
    step(AFTER_COMMIT);
    return NEXUS_ACK;
}

void effects_close(void)
{
    sqlite3_close(database);
    database = NULL;
}
