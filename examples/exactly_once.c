/* SPDX-License-Identifier: Apache-2.0 */
/* A till's ledger: adds up payments, each exactly once, in a database of its own.
 *
 *     exactly_once ledger.db
 *
 * Whenever it is killed, the event that it was at either counts and is not added again, or does not
 * count and comes again: the claim and the sum are committed together. Ctrl-C ends it. */
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "environment.h"

static struct nexus_client *client;

static void on_signal(int number)
{
    (void)number;
    nexus_client_stop(client);
}

static int report(const struct nexus_error *err)
{
    fprintf(stderr, "exactly_once: %s%s%s\n", err->where, *err->where ? ": " : "", err->message);
    return EXIT_FAILURE;
}

static bool run(sqlite3 *database, const char *sql)
{
    return sqlite3_exec(database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool add(sqlite3 *database, const char *tenant, int64_t facts)
{
    sqlite3_stmt *statement = NULL;
    bool done = sqlite3_prepare_v2(database,
                                   "INSERT INTO ledger VALUES (?1, 1, ?2) ON CONFLICT (tenant) DO "
                                   "UPDATE SET events = events + 1, facts = facts + ?2",
                                   -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_bind_text(statement, 1, tenant, -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_bind_int64(statement, 2, facts) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_DONE;

    sqlite3_finalize(statement);
    return done;
}

static enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
                                   struct nexus_delivery *delivery, void *data)
{
    sqlite3 *database = data;
    struct nexus_error err = NEXUS_ERROR_INIT;
    enum nexus_claim claim = NEXUS_CLAIM_NEW;
    bool done = run(database, "BEGIN IMMEDIATE") &&
                nexus_inbox_claim(database, delivery, &claim, &err) == NEXUS_OK;

    if (done && claim == NEXUS_CLAIM_NEW)
        done = add(database, nexus_delivery_tenant(delivery), event->facts_extracted);
    if (done && run(database, "COMMIT"))
        return NEXUS_ACK; /* also for one that was handled before */
    if (err.code)
        report(&err);
    run(database, "ROLLBACK");
    return NEXUS_RETRY;
}

static sqlite3 *open_ledger(const char *path, struct nexus_error *err)
{
    sqlite3 *database = NULL;
    bool open = sqlite3_open(path, &database) == SQLITE_OK &&
                sqlite3_busy_timeout(database, 5000) == SQLITE_OK &&
                run(database, "PRAGMA journal_mode = WAL") &&
                run(database, "CREATE TABLE IF NOT EXISTS ledger "
                              "(tenant TEXT PRIMARY KEY, events INTEGER, facts INTEGER)");

    if (open && nexus_inbox_create(database, err) == NEXUS_OK &&
        nexus_inbox_expire(database, 30 * 86400, 10000, NULL, err) == NEXUS_OK)
        return database;
    if (!open)
        fprintf(stderr, "exactly_once: %s: %s\n", path, sqlite3_errmsg(database));
    sqlite3_close(database);
    return NULL;
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *subscription = NULL;
    sqlite3 *database = open_ledger(argc > 1 ? argv[1] : "ledger.db", &err);

    if (!database)
        return err.code ? report(&err) : EXIT_FAILURE;
    client = environment_client("ledger", &err);
    if (!client) {
        sqlite3_close(database);
        return report(&err);
    }
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (nexus_subscribe_kb_ingested(client, NULL, on_event, database, NULL, &subscription, &err) ||
        nexus_client_run(client, &err) || nexus_client_close(client, 5000, &err))
        report(&err);
    nexus_client_destroy(client);
    sqlite3_close(database);
    return err.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
