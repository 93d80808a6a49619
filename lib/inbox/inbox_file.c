/* SPDX-License-Identifier: Apache-2.0 */
/* Claims are written at once and not waited for; what was handled is synced, several at a time
 * where several threads end theirs at the same time: the first commits for those that come while it
 * does. */
#include "inbox_file.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "inbox_table.h"
#include "status.h"
#include "transport.h"

#define APPLICATION_ID   0x4e786962 /* "Nxib" */
#define LAYOUT_VERSION   1
#define BUSY_MS          10000
#define EXPIRE_EVERY     256 /* conclusions; each round then forgets up to … */
#define EXPIRE_AT_ONCE   1024
#define TEXT_OF(number)  TEXT_OF_(number)
#define TEXT_OF_(number) #number

enum statement { FIND, FIND_CLAIM, CLAIM, UNCLAIM, INSERT, EXPIRE, EXPIRE_CLAIMS, STATEMENTS };

#define CLAIMS "nexus_inbox_claims_v1"
#define NAMED  " WHERE consumer = ?1 AND tenant = ?2 AND message_id = ?3"

static const char *const texts[STATEMENTS] = {
    [FIND] = "SELECT 1 FROM " NX_INBOX_TABLE NAMED,
    [FIND_CLAIM] = "SELECT 1 FROM " CLAIMS NAMED,
    [CLAIM] = "INSERT INTO " CLAIMS " (consumer, tenant, message_id, claimed_at)"
              " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    [UNCLAIM] = "DELETE FROM " CLAIMS NAMED,
    [INSERT] = NX_INBOX_INSERT,
    [EXPIRE] = NX_INBOX_EXPIRE,
    [EXPIRE_CLAIMS] = "DELETE FROM " CLAIMS " WHERE claimed_at < ?1 AND ?2 > 0",
};

static const char layout[] =
    "CREATE TABLE IF NOT EXISTS " CLAIMS
    " (consumer TEXT NOT NULL, tenant TEXT NOT NULL, message_id TEXT NOT NULL,"
    " claimed_at INTEGER NOT NULL, PRIMARY KEY (consumer, tenant, message_id)) WITHOUT ROWID;"
    "PRAGMA application_id = " TEXT_OF(APPLICATION_ID) ";"
                                                       "PRAGMA user_version = " TEXT_OF(
                                                           LAYOUT_VERSION) ";";

/* One claim that ends, on the stack of the thread that waits for it. */
struct ending {
    struct ending *next;
    const struct nx_inbox_name *name;
    bool handled;
    bool done;
    int code;
    struct nexus_error *err;
};

struct nx_inbox_file {
    sqlite3 *database;
    sqlite3_stmt *statements[STATEMENTS];
    int64_t keep_seconds;
    bool power_safe;
    uint64_t concluded;
    pthread_mutex_t database_lock; /* what is above */

    pthread_mutex_t lock; /* what is below; taken without the other */
    pthread_cond_t ended;
    struct ending *first, **last;
    bool committing;
};

/* ---- opening */

static int read_number(sqlite3 *database, const char *sql, int64_t *out, struct nexus_error *err)
{
    sqlite3_stmt *statement = NULL;
    int rc, code = nx_table_prepare(database, sql, &statement, err);

    if (code != NEXUS_OK)
        return code;
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        code = nx_table_fail(database, rc, err);
    sqlite3_finalize(statement);
    return code;
}

/* Nothing is changed in a file that is not ours. */
static int check_identity(sqlite3 *database, const char *path, struct nexus_error *err)
{
    int64_t id = 0, version = 0, tables = 0;
    int code = read_number(database, "PRAGMA application_id", &id, err);

    if (code == NEXUS_OK)
        code = read_number(database, "PRAGMA user_version", &version, err);
    if (code == NEXUS_OK)
        code = read_number(database, "SELECT count(*) FROM sqlite_master", &tables, err);
    if (code != NEXUS_OK)
        return code;
    if (id != APPLICATION_ID && (id || version || tables))
        return nx_fail(err, NEXUS_E_IO, path, "is another application's database, not an inbox");
    if (version > LAYOUT_VERSION)
        return nx_fail(err, NEXUS_E_UNSUPPORTED, path,
                       "was made by a later version of this library (layout %lld)",
                       (long long)version);
    return NEXUS_OK;
}

static int open_database(struct nx_inbox_file *file, const char *path, struct nexus_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &file->database, flags, NULL);

    if (!file->database)
        return nx_no_memory(err);
    if (rc != SQLITE_OK && sqlite3_system_errno(file->database) == ENOENT)
        return nx_fail(err, NEXUS_E_NOT_FOUND, path, "its directory does not exist");
    if (rc != SQLITE_OK)
        return nx_table_fail(file->database, rc, err);
    sqlite3_extended_result_codes(file->database, 1);
    sqlite3_busy_timeout(file->database, BUSY_MS);
    return check_identity(file->database, path, err);
}

static int prepare_all(struct nx_inbox_file *file, struct nexus_error *err)
{
    int code =
        nx_table_run(file->database,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE", err);

    if (code == NEXUS_OK)
        code = nx_table_create(file->database, err);
    if (code == NEXUS_OK)
        code = nx_table_run(file->database, layout, err);
    if (code == NEXUS_OK)
        code = nx_table_run(file->database, "COMMIT", err);
    for (int i = 0; code == NEXUS_OK && i < STATEMENTS; i++)
        code = nx_table_prepare(file->database, texts[i], &file->statements[i], err);
    return code;
}

static struct nx_inbox_file *file_new(int64_t keep_seconds, bool power_safe)
{
    struct nx_inbox_file *file = calloc(1, sizeof(*file));

    if (!file)
        return NULL;
    file->keep_seconds = keep_seconds;
    file->power_safe = power_safe;
    file->last = &file->first;
    pthread_mutex_init(&file->database_lock, NULL);
    pthread_mutex_init(&file->lock, NULL);
    pthread_cond_init(&file->ended, NULL);
    return file;
}

void nx_inbox_file_close(struct nx_inbox_file *file)
{
    if (!file)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(file->statements[i]);
    sqlite3_close(file->database);
    pthread_cond_destroy(&file->ended);
    pthread_mutex_destroy(&file->lock);
    pthread_mutex_destroy(&file->database_lock);
    free(file);
}

int nexus_inbox_open(const char *path, int64_t keep_seconds, bool power_safe,
                     struct nexus_inbox **out, struct nexus_error *err)
{
    struct nexus_inbox *inbox;
    int code;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    if (!path || !*path)
        return nx_fail(err, NEXUS_E_INVALID, "path", path ? "is empty" : "is NULL");
    if (keep_seconds < 60 || keep_seconds > 31536000)
        return nx_fail(err, NEXUS_E_INVALID, "keep_seconds", "%lld is not within 60 and 31536000",
                       (long long)keep_seconds);
    inbox = nx_inbox_alloc();
    if (inbox)
        inbox->file = file_new(keep_seconds, power_safe);
    code = inbox && inbox->file ? open_database(inbox->file, path, err) : nx_no_memory(err);
    if (code == NEXUS_OK)
        code = prepare_all(inbox->file, err);
    if (code != NEXUS_OK) {
        nexus_inbox_destroy(inbox);
        return code;
    }
    *out = inbox;
    return NEXUS_OK;
}

/* ---- with the database's lock */

/* Whether the next commit waits for the disk. */
static int set_sync(struct nx_inbox_file *file, bool full, struct nexus_error *err)
{
    if (!file->power_safe)
        full = false;
    return nx_table_run(file->database,
                        full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", err);
}

static int find_or_claim(struct nx_inbox_file *file, const struct nx_inbox_name *name,
                         bool *handled, bool *uncertain, struct nexus_error *err)
{
    int code = nx_table_by_name(file->statements[FIND], name, handled, err);

    if (code == NEXUS_OK && !*handled)
        code = nx_table_by_name(file->statements[FIND_CLAIM], name, uncertain, err);
    if (code == NEXUS_OK && !*handled && !*uncertain)
        code = nx_table_by_name_now(file->statements[CLAIM], name, err);
    return code;
}

/* A transaction around several statements. */
static int begin(struct nx_inbox_file *file, bool full, struct nexus_error *err)
{
    int code = set_sync(file, full, err);

    return code == NEXUS_OK ? nx_table_run(file->database, "BEGIN IMMEDIATE", err) : code;
}

static int end(struct nx_inbox_file *file, int code, struct nexus_error *err)
{
    if (code == NEXUS_OK)
        code = nx_table_run(file->database, "COMMIT", err);
    if (code != NEXUS_OK && !sqlite3_get_autocommit(file->database))
        (void)nx_table_run(file->database, "ROLLBACK", NULL);
    return code;
}

static int end_one(struct nx_inbox_file *file, const struct ending *ending, struct nexus_error *err)
{
    int code = nx_table_by_name(file->statements[UNCLAIM], ending->name, NULL, err);

    if (code == NEXUS_OK && ending->handled)
        code = nx_table_by_name_now(file->statements[INSERT], ending->name, err);
    return code;
}

/* Forgets faster than it learns, and never much at once. */
static int expire(struct nx_inbox_file *file, struct nexus_error *err)
{
    int64_t before = nx_wall_time() / 1000000000 - file->keep_seconds;
    int code;

    if (++file->concluded % EXPIRE_EVERY != 0)
        return NEXUS_OK;
    code = nx_table_expire(file->statements[EXPIRE], before, EXPIRE_AT_ONCE, err);
    if (code == NEXUS_OK)
        code = nx_table_expire(file->statements[EXPIRE_CLAIMS], before, EXPIRE_AT_ONCE, err);
    return code;
}

static int commit(struct nx_inbox_file *file, const struct ending *first, struct nexus_error *err)
{
    bool full = false;
    int code;

    for (const struct ending *at = first; at; at = at->next)
        full |= at->handled;
    pthread_mutex_lock(&file->database_lock);
    code = begin(file, full, err);
    for (const struct ending *at = first; code == NEXUS_OK && at; at = at->next)
        if ((code = end_one(file, at, err)) == NEXUS_OK)
            code = expire(file, err);
    code = end(file, code, err);
    pthread_mutex_unlock(&file->database_lock);
    return code;
}

/* ---- deliveries */

int nx_inbox_file_claim(struct nx_inbox_file *file, const struct nx_inbox_name *name, bool *handled,
                        bool *uncertain, struct nexus_error *err)
{
    int code;

    pthread_mutex_lock(&file->database_lock);
    code = begin(file, false, err);
    if (code == NEXUS_OK)
        code = find_or_claim(file, name, handled, uncertain, err);
    code = end(file, code, err);
    pthread_mutex_unlock(&file->database_lock);
    return code;
}

/* With the lock, which it gives up meanwhile: commits all that wait. */
static void commit_waiting(struct nx_inbox_file *file)
{
    struct ending *first = file->first;
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code;

    file->first = NULL;
    file->last = &file->first;
    file->committing = true;
    pthread_mutex_unlock(&file->lock);
    code = commit(file, first, &err);
    pthread_mutex_lock(&file->lock);
    file->committing = false;
    while (first) {
        struct ending *next = first->next; /* its thread may go on as soon as it is done */
        if (code != NEXUS_OK && first->err)
            *first->err = err;
        first->code = code;
        first->done = true;
        first = next;
    }
    pthread_cond_broadcast(&file->ended);
}

int nx_inbox_file_conclude(struct nx_inbox_file *file, const struct nx_inbox_name *name,
                           bool handled, struct nexus_error *err)
{
    struct ending ending = {.name = name, .handled = handled, .err = err};

    pthread_mutex_lock(&file->lock);
    *file->last = &ending;
    file->last = &ending.next;
    while (!ending.done)
        if (file->committing)
            pthread_cond_wait(&file->ended, &file->lock);
        else
            commit_waiting(file);
    pthread_mutex_unlock(&file->lock);
    return ending.code;
}
