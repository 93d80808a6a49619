/* SPDX-License-Identifier: Apache-2.0 */
/* The same outbox with PostgreSQL, for several tills and several relays on one database:
 *
 *     outbox_postgres "dbname=shop" sell salon-001 1250
 *     outbox_postgres "dbname=shop" relay
 *
 * The first argument is libpq's connection string. A relay holds the row that it sends, and others
 * pass over it; when it dies the row is free again. With one relay events leave in the order of
 * their rows, with several they need not. */
#include <endian.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox_event.h"

#define BINARY 1

/* The lock lets processes that start together create the tables once. */
static const char schema[] =
    "SET client_min_messages = warning; BEGIN; SELECT pg_advisory_xact_lock(7012);"
    "CREATE TABLE IF NOT EXISTS receipts(id bigserial PRIMARY KEY, cents bigint NOT NULL);"
    "CREATE TABLE IF NOT EXISTS outbox(id bigserial PRIMARY KEY, event bytea NOT NULL, error text);"
    "COMMIT";

static int complain(PGconn *db)
{
    fprintf(stderr, "outbox: %s", PQerrorMessage(db));
    return EXIT_FAILURE;
}

static bool execute(PGconn *db, const char *sql)
{
    PGresult *result = PQexec(db, sql);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

/* ---- selling */

/* The number of the new row, or 0. */
static int64_t insert_receipt(PGconn *db, const struct outbox_sale *sale)
{
    char cents[24];
    const char *values[] = {cents};
    PGresult *result;
    int64_t number = 0;

    snprintf(cents, sizeof(cents), "%" PRId64, sale->cents);
    result = PQexecParams(db, "INSERT INTO receipts(cents) VALUES ($1) RETURNING id", 1, NULL,
                          values, NULL, NULL, 0);
    if (PQresultStatus(result) == PGRES_TUPLES_OK)
        number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

static bool insert_event(PGconn *db, const struct nexus_prepared *event)
{
    size_t length;
    const char *values[] = {nexus_prepared_bytes(event, &length)};
    const int lengths[] = {(int)length}, formats[] = {BINARY};
    PGresult *result = PQexecParams(db, "INSERT INTO outbox(event) VALUES ($1::bytea)", 1, NULL,
                                    values, lengths, formats, 0);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;

    PQclear(result);
    return done;
}

/* Inside the transaction. */
static int book(PGconn *db, struct nexus_client *client, struct outbox_sale *sale)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_prepared *event;
    bool done;

    sale->receipt = insert_receipt(db, sale);
    if (!sale->receipt)
        return complain(db);
    event = outbox_prepare(client, sale, &err);
    if (!event)
        return outbox_report(&err);
    done = insert_event(db, event);
    nexus_prepared_destroy(event);
    return done ? EXIT_SUCCESS : complain(db);
}

static int sell(PGconn *db, struct nexus_client *client, struct outbox_sale *sale)
{
    int status;

    if (!execute(db, "BEGIN"))
        return complain(db);
    status = book(db, client, sale);
    if (status == EXIT_SUCCESS && !execute(db, "COMMIT"))
        status = complain(db);
    if (status != EXIT_SUCCESS)
        (void)execute(db, "ROLLBACK");
    return status;
}

/* ---- sending */

/* The row has been dealt with: it goes, or keeps the reason why it cannot be sent. */
static bool settle(PGconn *db, const char *row, const char *error)
{
    const char *values[] = {row, error};
    PGresult *result =
        PQexecParams(db,
                     error ? "UPDATE outbox SET error = $2::text WHERE id = $1::bigint"
                           : "DELETE FROM outbox WHERE id = $1::bigint",
                     error ? 2 : 1, NULL, values, NULL, NULL, 0);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;

    PQclear(result);
    return done;
}

/* Sends the row of `oldest`, which is held. */
static int send_row(PGconn *db, struct nexus_client *client, PGresult *oldest)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    uint64_t number;
    char row[24];
    enum outbox_outcome outcome;

    memcpy(&number, PQgetvalue(oldest, 0, 0), sizeof(number)); /* highest byte first */
    snprintf(row, sizeof(row), "%" PRIu64, be64toh(number));
    outcome =
        outbox_publish(client, PQgetvalue(oldest, 0, 1), (size_t)PQgetlength(oldest, 0, 1), &err);
    if (outcome != OUTBOX_SENT)
        (void)outbox_report(&err);
    if (outcome == OUTBOX_LATER)
        return EXIT_FAILURE;
    /* Killed before this, the row is sent again, and the stream knows the message id. */
    return settle(db, row, outcome == OUTBOX_NEVER ? err.message : NULL) ? EXIT_SUCCESS
                                                                         : complain(db);
}

/* One row in a transaction of its own. `*more` tells whether there was one. */
static int relay_one(PGconn *db, struct nexus_client *client, bool *more)
{
    PGresult *oldest;
    int status = EXIT_SUCCESS;

    if (!execute(db, "BEGIN"))
        return complain(db);
    oldest = PQexecParams(db,
                          "SELECT id, event FROM outbox WHERE error IS NULL ORDER BY id LIMIT 1 "
                          "FOR UPDATE SKIP LOCKED",
                          0, NULL, NULL, NULL, NULL, BINARY);
    *more = PQntuples(oldest) == 1;
    if (PQresultStatus(oldest) != PGRES_TUPLES_OK)
        status = complain(db);
    else if (*more)
        status = send_row(db, client, oldest);
    PQclear(oldest);
    if (!execute(db, status == EXIT_SUCCESS ? "COMMIT" : "ROLLBACK"))
        status = complain(db);
    return status;
}

static int relay(PGconn *db, struct nexus_client *client)
{
    bool more = true;
    int status = EXIT_SUCCESS;

    while (more && status == EXIT_SUCCESS)
        status = relay_one(db, client, &more);
    return status;
}

static int work(PGconn *db, int argc, char **argv)
{
    bool relaying = strcmp(argv[2], "relay") == 0;
    struct outbox_sale sale = {.tenant = relaying ? NULL : argv[3]};
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client;
    int status;

    if (!relaying && !outbox_cents(argv[argc - 1], &sale.cents))
        return EXIT_FAILURE;
    if (PQstatus(db) != CONNECTION_OK || !execute(db, schema))
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
    PGconn *db;
    int status;

    if (!(argc == 5 && strcmp(argv[2], "sell") == 0) &&
        !(argc == 3 && strcmp(argv[2], "relay") == 0)) {
        fprintf(stderr, "usage: outbox_postgres CONNECTION sell TENANT CENTS\n"
                        "       outbox_postgres CONNECTION relay\n");
        return 2;
    }
    db = PQconnectdb(argv[1]);
    status = work(db, argc, argv);
    PQfinish(db);
    return status;
}
