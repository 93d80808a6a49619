/* SPDX-License-Identifier: Apache-2.0 */
/* The spool's file: an SQLite database, a lock beside it, and in the lock's file a note of what was
 * committed last, which tells after damage how much is missing. One thread at a time.
 *
 *   store.c          statements and transactions
 *   store_open.c     lock, schema, older versions, checking
 *   store_recover.c  what a damaged file still gives
 *   store_note.c     the note
 */
#ifndef NX_STORE_H
#define NX_STORE_H

#include <sqlite3.h>

#include "kept.h"

enum nx_store_statement {
    NX_STORE_BEGIN,
    NX_STORE_COMMIT,
    NX_STORE_ROLLBACK,
    NX_STORE_INSERT,
    NX_STORE_DELETE,
    NX_STORE_READ,
    NX_STORE_TOTALS,
    NX_STORE_OLDEST,
    NX_STORE_ACCEPTED_AT,
    NX_STORE_TRY,
    NX_STORE_TRIED_AT,
    NX_STORE_FORGET_TRIES,
    NX_STORE_MERGE_TRIES,
    NX_STORE_STATEMENTS
};

struct nx_store_totals {
    int64_t next_id; /* for the next event */
    uint64_t events, bytes;
};

/* What was committed last, as far as the note knows. */
struct nx_store_note {
    int64_t next_id;
    int64_t first_id; /* of the oldest event; next_id without one */
    uint64_t events;
    uint64_t clean; /* closed in order: the file needs no check */
};

struct nx_store {
    sqlite3 *db;
    sqlite3_stmt *statements[NX_STORE_STATEMENTS];
    char *path;
    int lock;                              /* of the lock file; it holds the note, too */
    struct nx_store_totals totals, before; /* `before` the transaction under way */
    int64_t tried_through;                 /* greatest id that may have been sent … */
    int64_t tried_before;                  /* … before the transaction under way */
    int64_t given_through; /* greatest id that an earlier look at it may have led to sending */
    int64_t tried_at;      /* when that was noted last */
    int64_t first_id;      /* of the oldest event; next_id without one */
    int64_t oldest_at;     /* when it was accepted; 0 without one */
};

/* What became of a damaged file. */
struct nx_store_damage {
    bool found;
    bool known; /* `lost` is a number, or the most that it can be */
    uint64_t lost;
    uint64_t recovered;
    char set_aside[512]; /* where the file is now; "" when it was sound, but older than the note */
};

int nx_store_open(const char *path, struct nx_store **out, struct nx_store_damage *damage,
                  struct nexus_error *err);
/* Closes it in order: the next one who opens it need not look for damage. NULL is allowed. */
void nx_store_close(struct nx_store *store);

/* Sets a file that turned out to be damaged aside, and goes on with a new one. */
int nx_store_replace(struct nx_store *store, struct nx_store_damage *damage,
                     struct nexus_error *err);

/* A transaction. Each returns NEXUS_OK, NEXUS_E_FULL (the disk), NEXUS_E_IO, NEXUS_E_MEMORY, or
 * NEXUS_E_INTERNAL when the file is damaged. After a failure: nx_store_rollback(). */
int nx_store_begin(struct nx_store *store, struct nexus_error *err);
int nx_store_commit(struct nx_store *store, struct nexus_error *err);
void nx_store_rollback(struct nx_store *store);
int nx_store_insert(struct nx_store *store, const struct nx_kept *kept, struct nexus_error *err);
/* Removes a row of ids, all of which are there, `bytes` together. */
int nx_store_remove(struct nx_store *store, int64_t first, int64_t last, uint64_t bytes,
                    struct nexus_error *err);
/* Notes that all up to `through` may be sent from `at` (wall milliseconds) on. */
int nx_store_try(struct nx_store *store, int64_t through, int64_t at, struct nexus_error *err);

/* Reads the first event from `from` to `to`; `*out` NULL: none. */
int nx_store_read(struct nx_store *store, int64_t from, int64_t to, struct nx_kept **out,
                  struct nexus_error *err);

/* ---- between the files of the store */

/* What an SQLite result code means to the caller. */
int nx_store_fail(struct nx_store *store, const char *what, struct nexus_error *err);
int nx_store_connect(struct nx_store *store, struct nexus_error *err);
void nx_store_disconnect(struct nx_store *store);
int nx_store_number(struct nx_store *store, const char *sql, int64_t *out, struct nexus_error *err);

/* The lock, which a second client does not get: NEXUS_E_CONFLICT. */
int nx_store_lock(struct nx_store *store, struct nexus_error *err);
bool nx_store_note_read(const struct nx_store *store, struct nx_store_note *out);
void nx_store_note_write(const struct nx_store *store, bool clean);

#endif
