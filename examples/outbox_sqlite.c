/* SPDX-License-Identifier: Apache-2.0 */
/* A till that loses no sale and tells none twice, with SQLite:
 *
 *     outbox_sqlite till.db sell salon-001 1250     the sale and its event, in one transaction
 *     outbox_sqlite till.db relay                   sends what has not been sent
 *
 * Either may be killed at any moment. The relay sends in the order of the sales. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox_event.h"

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS receipts(id INTEGER PRIMARY KEY AUTOINCREMENT, cents INTEGER);"
    "CREATE TABLE IF NOT EXISTS outbox(id INTEGER PRIMARY KEY AUTOINCREMENT, event BLOB NOT NULL,"
    " error TEXT)";

static int complain(sqlite3 *db)
{
    fprintf(stderr, "outbox: %s\n", sqlite3_errmsg(db));
    return EXIT_FAILURE;
}

/* ---- selling */

/* One statement with one value; the row's number, or 0. */
static int64_t insert(sqlite3 *db, const char *sql, const struct outbox_sale *sale,
                      const struct nexus_prepared *event)
{
    sqlite3_stmt *statement = NULL;
    size_t length = 0;
    const void *bytes = nexus_prepared_bytes(event, &length);
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = event ? sqlite3_bind_blob64(statement, 1, bytes, length, SQLITE_STATIC)
                     : sqlite3_bind_int64(statement, 1, sale->cents);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? sqlite3_last_insert_rowid(db) : 0;
}

/* Inside the transaction. */
static int book(sqlite3 *db, struct nexus_client *client, struct outbox_sale *sale)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_prepared *event;
    int64_t row;

    sale->receipt = insert(db, "INSERT INTO receipts(cents) VALUES (?)", sale, NULL);
    if (!sale->receipt)
        return complain(db);
    event = outbox_prepare(client, sale, &err);
    if (!event)
        return outbox_report(&err);
    row = insert(db, "INSERT INTO outbox(event) VALUES (?)", sale, event);
    nexus_prepared_destroy(event);
    return row ? EXIT_SUCCESS : complain(db);
}

static int sell(sqlite3 *db, struct nexus_client *client, struct outbox_sale *sale)
{
    int status;

    if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return complain(db);
    status = book(db, client, sale);
    if (status == EXIT_SUCCESS && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        status = complain(db);
    if (status != EXIT_SUCCESS)
        (void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* ---- sending */

/* The row has been dealt with: it goes, or keeps the reason why it cannot be sent. */
static bool settle(sqlite3 *db, int64_t row, const char *error)
{
    sqlite3_stmt *statement = NULL;
    const char *sql =
        error ? "UPDATE outbox SET error = ?2 WHERE id = ?1" : "DELETE FROM outbox WHERE id = ?1";
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 1, row);
    if (code == SQLITE_OK && error)
        code = sqlite3_bind_text(statement, 2, error, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

/* Sends the row that `oldest` stands on. */
static int send_row(sqlite3 *db, struct nexus_client *client, sqlite3_stmt *oldest)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int64_t row = sqlite3_column_int64(oldest, 0);
    const void *bytes = sqlite3_column_blob(oldest, 1);
    size_t length = (size_t)sqlite3_column_bytes(oldest, 1);
    enum outbox_outcome outcome = outbox_publish(client, bytes, length, &err);

    sqlite3_reset(oldest);
    if (outcome != OUTBOX_SENT)
        (void)outbox_report(&err);
    if (outcome == OUTBOX_LATER)
        return EXIT_FAILURE;
    /* Killed before this, the row is sent again, and the stream knows the message id. */
    return settle(db, row, outcome == OUTBOX_NEVER ? err.message : NULL) ? EXIT_SUCCESS
                                                                         : complain(db);
}

static int relay(sqlite3 *db, struct nexus_client *client)
{
    sqlite3_stmt *oldest = NULL;
    int code = sqlite3_prepare_v2(
        db, "SELECT id, event FROM outbox WHERE error IS NULL ORDER BY id LIMIT 1", -1, &oldest,
        NULL);
    int status = EXIT_SUCCESS;

    while (code == SQLITE_OK && (code = sqlite3_step(oldest)) == SQLITE_ROW) {
        status = send_row(db, client, oldest);
        if (status != EXIT_SUCCESS)
            break;
        code = SQLITE_OK;
    }
    sqlite3_finalize(oldest);
    return status == EXIT_SUCCESS && code != SQLITE_DONE ? complain(db) : status;
}

static int work(sqlite3 *db, int argc, char **argv)
{
    bool relaying = strcmp(argv[2], "relay") == 0;
    struct outbox_sale sale = {.tenant = relaying ? NULL : argv[3]};
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client;
    int status;

    if (!relaying && !outbox_cents(argv[argc - 1], &sale.cents))
        return EXIT_FAILURE;
    if (sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK)
        return complain(db);
    client = outbox_client(relaying, &err);
    if (!client)
        return outbox_report(&err);
    status = relaying ? relay(db, client) : sell(db, client, &sale);
    nexus_client_destroy(client);
    return status;
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    int status;

    if (!(argc == 5 && strcmp(argv[2], "sell") == 0) &&
        !(argc == 3 && strcmp(argv[2], "relay") == 0)) {
        fprintf(stderr, "usage: outbox_sqlite FILE sell TENANT CENTS\n"
                        "       outbox_sqlite FILE relay\n");
        return 2;
    }
    if (sqlite3_open(argv[1], &db) != SQLITE_OK)
        status = complain(db);
    else {
        sqlite3_busy_timeout(db, 10000);
        status = work(db, argc, argv);
    }
    sqlite3_close(db);
    return status;
}
