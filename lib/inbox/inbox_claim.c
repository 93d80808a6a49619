/* SPDX-License-Identifier: Apache-2.0 */
/* Claims in transactions of applications, on their own handles. */
#include "client.h"
#include "delivery.h"
#include "inbox_table.h"
#include "status.h"

int nexus_inbox_create(void *database, struct nexus_error *err)
{
    if (!database)
        return nx_fail(err, NEXUS_E_INVALID, "database", "is NULL");
    return nx_table_create(database, err);
}

/* Prepares a statement about the table, and says what to do when there is none. */
static int prepare(sqlite3 *database, const char *sql, sqlite3_stmt **out, struct nexus_error *err)
{
    bool there = sqlite3_table_column_metadata(database, NULL, NX_INBOX_TABLE, "handled_at", NULL,
                                               NULL, NULL, NULL, NULL) == SQLITE_OK;

    if (!there && (sqlite3_errcode(database) & 0xff) == SQLITE_ERROR)
        return nx_fail(err, NEXUS_E_NOT_FOUND, NX_INBOX_TABLE,
                       "the database has no such table: call nexus_inbox_create() first");
    return nx_table_prepare(database, sql, out, err);
}

static int check(sqlite3 *database, const struct nexus_delivery *delivery,
                 const enum nexus_claim *claim, struct nexus_error *err)
{
    if (!database || !delivery || !claim)
        return nx_fail(err, NEXUS_E_INVALID,
                       !database   ? "database"
                       : !delivery ? "delivery"
                                   : "claim",
                       "is NULL");
    if (sqlite3_get_autocommit(database))
        return nx_fail(err, NEXUS_E_STATE, "database",
                       "no transaction is open: BEGIN first, so that the claim and the event's "
                       "effects are committed together");
    return NEXUS_OK;
}

int nexus_inbox_claim(void *database, struct nexus_delivery *delivery, enum nexus_claim *claim,
                      struct nexus_error *err)
{
    struct nx_inbox_name name;
    sqlite3_stmt *insert = NULL;
    int code = check(database, delivery, claim, err);

    if (code == NEXUS_OK)
        code = prepare(database, NX_INBOX_INSERT, &insert, err);
    if (code != NEXUS_OK)
        return code;
    nx_inbox_name(delivery, &name);
    code = nx_table_by_name_now(insert, &name, err);
    if (code == NEXUS_OK) {
        *claim = sqlite3_changes(database) ? NEXUS_CLAIM_NEW : NEXUS_CLAIM_HANDLED;
        if (*claim == NEXUS_CLAIM_HANDLED)
            nx_count(delivery->subscription->client, NX_INBOX_DUPLICATES);
    }
    sqlite3_finalize(insert);
    return code;
}

int nexus_inbox_expire(void *database, int64_t seconds, int64_t limit, int64_t *removed,
                       struct nexus_error *err)
{
    sqlite3_stmt *expire = NULL;
    int64_t now = nx_wall_time() / 1000000000;
    int code;

    if (!database)
        return nx_fail(err, NEXUS_E_INVALID, "database", "is NULL");
    if (seconds < 0 || seconds > now)
        return nx_fail(err, NEXUS_E_INVALID, "seconds", "%lld is not within 0 and %lld",
                       (long long)seconds, (long long)now);
    if (limit < 1 || limit > 1000000)
        return nx_fail(err, NEXUS_E_INVALID, "limit", "%lld is not within 1 and 1000000",
                       (long long)limit);
    code = prepare(database, NX_INBOX_EXPIRE, &expire, err);
    if (code == NEXUS_OK)
        code = nx_table_expire(expire, now - seconds, limit, err);
    if (code == NEXUS_OK && removed)
        *removed = sqlite3_changes(database);
    sqlite3_finalize(expire);
    return code;
}
