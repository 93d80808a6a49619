/* SPDX-License-Identifier: Apache-2.0 */
/* The table of handled events, whoever's database it is in. No locks: the caller's handle. */
#ifndef NX_INBOX_TABLE_H
#define NX_INBOX_TABLE_H

#include <sqlite3.h>

#include "inbox_state.h"

#define NX_INBOX_TABLE "nexus_inbox_v1"

/* The status that a result of SQLite stands for, with its words. `rc` is not SQLITE_OK. */
int nx_table_fail(sqlite3 *database, int rc, struct nexus_error *err);

/* NULL-terminated statements, one after the other. */
int nx_table_run(sqlite3 *database, const char *sql, struct nexus_error *err);
int nx_table_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **out,
                     struct nexus_error *err);

int nx_table_create(sqlite3 *database, struct nexus_error *err);

/* Binds consumer, tenant and id as 1, 2, 3, runs it to its end, and resets it. `*row`: it gave one.
 * `row` NULL: it gives none. */
int nx_table_by_name(sqlite3_stmt *statement, const struct nx_inbox_name *name, bool *row,
                     struct nexus_error *err);

/* Binds the time now as 4, too. */
int nx_table_by_name_now(sqlite3_stmt *statement, const struct nx_inbox_name *name,
                         struct nexus_error *err);

#define NX_INBOX_INSERT           \
    "INSERT INTO " NX_INBOX_TABLE \
    " (consumer, tenant, message_id, handled_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"

/* ?1: the time before which, ?2: how many at most. */
#define NX_INBOX_EXPIRE                                                      \
    "DELETE FROM " NX_INBOX_TABLE " WHERE (consumer, tenant, message_id) IN" \
    " (SELECT consumer, tenant, message_id FROM " NX_INBOX_TABLE             \
    " WHERE handled_at < ?1 ORDER BY handled_at LIMIT ?2)"

/* Binds 1 and 2 and runs it. */
int nx_table_expire(sqlite3_stmt *statement, int64_t before, int64_t limit,
                    struct nexus_error *err);

#endif
