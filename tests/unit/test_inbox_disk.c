/* SPDX-License-Identifier: Apache-2.0 */
/* Inboxes on disk: claims in an application's transaction, and files of the library's own. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inbox_events.h"

static char directory[] = "/tmp/nexus-inbox-XXXXXX";
static char path[64];

static void make_directory(void)
{
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/inbox.db", directory);
}

static void remove_directory(void)
{
    static const char *const names[] = {"inbox.db", "inbox.db-wal", "inbox.db-shm"};
    char file[96];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(file, sizeof(file), "%s/%s", directory, names[i]);
        unlink(file);
    }
    rmdir(directory);
}

static sqlite3 *open_database(void)
{
    sqlite3 *database = NULL;

    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    return database;
}

static void run(sqlite3 *database, const char *sql)
{
    char *message = NULL;

    ck_assert_msg(sqlite3_exec(database, sql, NULL, NULL, &message) == SQLITE_OK, "%s: %s", sql,
                  message);
}

static int64_t number(sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value;

    ck_assert_int_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* ---- claims */

static struct nexus_delivery *hold(const char *id, uint64_t sequence)
{
    script.verdict = NEXUS_DEFER;
    ck_assert_int_eq(arrive("salon-001", id, sequence, 1), 1);
    return script.last;
}

static void settle(struct nexus_delivery *delivery, enum nexus_verdict verdict)
{
    ck_assert_int_eq(nexus_delivery_settle(delivery, verdict, NULL), NEXUS_OK);
}

static enum nexus_claim claim(sqlite3 *database, struct nexus_delivery *delivery)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    enum nexus_claim result = (enum nexus_claim)0;

    unit_ok(nexus_inbox_claim(database, delivery, &result, &err), &err);
    return result;
}

START_TEST(a_claim_stands_or_falls_with_its_transaction)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_delivery *delivery;
    sqlite3 *database;

    make_directory();
    database = open_database();
    begin(NULL);
    unit_ok(nexus_inbox_create(database, &err), &err);
    unit_ok(nexus_inbox_create(database, &err), &err);
    delivery = hold("a", 1);
    run(database, "BEGIN");
    ck_assert_int_eq(claim(database, delivery), NEXUS_CLAIM_NEW);
    ck_assert_int_eq(claim(database, delivery), NEXUS_CLAIM_HANDLED);
    run(database, "ROLLBACK; BEGIN");
    ck_assert_int_eq(claim(database, delivery), NEXUS_CLAIM_NEW);
    run(database, "COMMIT; BEGIN");
    ck_assert_int_eq(claim(database, delivery), NEXUS_CLAIM_HANDLED);
    run(database, "COMMIT");
    ck_assert_uint_eq(counter(NX_INBOX_DUPLICATES), 2);
    ck_assert_int_eq(number(database, "SELECT count(*) FROM nexus_inbox_v1"), 1);
    ck_assert_int_eq(number(database, "SELECT count(*) FROM nexus_inbox_v1 WHERE consumer = "
                                      "'test-kb_ingested-all' AND tenant = 'salon-001' AND "
                                      "message_id = 'a' AND handled_at > 1700000000"),
                     1);
    settle(delivery, NEXUS_ACK);
    end();
    sqlite3_close(database);
    remove_directory();
}
END_TEST

START_TEST(a_claim_says_what_is_missing)
{
    enum nexus_claim result = (enum nexus_claim)0;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_delivery *delivery;
    sqlite3 *database, *other;

    make_directory();
    database = open_database();
    begin(NULL);
    delivery = hold("a", 1);
    unit_expect(nexus_inbox_claim(NULL, delivery, &result, &err), &err, NEXUS_E_INVALID, "database",
                NULL);
    unit_expect(nexus_inbox_claim(database, NULL, &result, &err), &err, NEXUS_E_INVALID, "delivery",
                NULL);
    unit_expect(nexus_inbox_claim(database, delivery, NULL, &err), &err, NEXUS_E_INVALID, "claim",
                NULL);
    unit_expect(nexus_inbox_claim(database, delivery, &result, &err), &err, NEXUS_E_STATE,
                "database", NULL);
    run(database, "BEGIN");
    unit_expect(nexus_inbox_claim(database, delivery, &result, &err), &err, NEXUS_E_NOT_FOUND,
                "nexus_inbox_v1", NULL);
    unit_expect(nexus_inbox_expire(database, 1, 1, NULL, &err), &err, NEXUS_E_NOT_FOUND,
                "nexus_inbox_v1", NULL);
    unit_ok(nexus_inbox_create(database, &err), &err);
    run(database, "COMMIT; BEGIN");
    other = open_database();
    run(other, "BEGIN IMMEDIATE");
    unit_expect(nexus_inbox_claim(database, delivery, &result, &err), &err, NEXUS_E_TIMEOUT,
                "inbox", NULL);
    ck_assert(err.flags & NEXUS_ERROR_RETRIABLE);
    ck_assert_int_eq((int)result, 0);
    sqlite3_close(other);
    ck_assert_int_eq(claim(database, delivery), NEXUS_CLAIM_NEW);
    settle(delivery, NEXUS_RETRY);
    end();
    sqlite3_close(database);
    remove_directory();
}
END_TEST

START_TEST(old_claims_are_forgotten_a_few_at_a_time)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int64_t removed = -1;
    sqlite3 *database;

    make_directory();
    database = open_database();
    unit_ok(nexus_inbox_create(database, &err), &err);
    run(database, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                  "INSERT INTO nexus_inbox_v1 SELECT 'c', 't', i, strftime('%s') - i * 10 FROM n");
    unit_ok(nexus_inbox_expire(database, 505, 30, &removed, &err), &err);
    ck_assert_int_eq(removed, 30);
    ck_assert_int_eq(number(database, "SELECT max(message_id + 0) FROM nexus_inbox_v1"), 70);
    unit_ok(nexus_inbox_expire(database, 505, 30, &removed, &err), &err);
    ck_assert_int_eq(removed, 20);
    unit_ok(nexus_inbox_expire(database, 505, 30, NULL, &err), &err);
    ck_assert_int_eq(number(database, "SELECT count(*) FROM nexus_inbox_v1"), 50);
    unit_expect(nexus_inbox_expire(database, -1, 30, NULL, &err), &err, NEXUS_E_INVALID, "seconds",
                NULL);
    unit_expect(nexus_inbox_expire(database, 1, 0, NULL, &err), &err, NEXUS_E_INVALID, "limit",
                NULL);
    unit_expect(nexus_inbox_expire(NULL, 1, 1, NULL, &err), &err, NEXUS_E_INVALID, "database",
                NULL);
    unit_expect(nexus_inbox_create(NULL, &err), &err, NEXUS_E_INVALID, "database", NULL);
    sqlite3_close(database);
    remove_directory();
}
END_TEST

/* ---- files */

/* Options with the file's inbox; the handle is given up. */
static struct nexus_subscribe_options *with_file(void)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_inbox *inbox = NULL;

    unit_ok(nexus_inbox_open(path, 3600, true, &inbox, &err), &err);
    unit_ok(nexus_subscribe_options_set_inbox(options, inbox, &err), &err);
    nexus_inbox_destroy(inbox);
    return options;
}

START_TEST(a_file_remembers_over_a_restart)
{
    make_directory();
    begin(with_file());
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 0);
    script.verdict = NEXUS_RETRY;
    ck_assert_int_eq(arrive("salon-001", "b", 2, 1), 1);
    end();
    begin(with_file());
    ck_assert_int_eq(arrive("salon-001", "a", 1, 3), 0);
    ck_assert_str_eq(last_verdict(), "+ACK");
    ck_assert_int_eq(arrive("salon-001", "b", 2, 2), 1);
    ck_assert(!script.uncertain);
    ck_assert_uint_eq(counter(NX_INBOX_UNCERTAIN), 0);
    end();
    remove_directory();
}
END_TEST

START_TEST(what_was_in_hand_at_the_end_is_uncertain)
{
    make_directory();
    begin(with_file());
    hold("a", 1);
    nexus_client_destroy(stream.client); /* as if it had been killed: the verdict is never known */
    ck_assert_int_eq(nexus_delivery_settle(script.last, NEXUS_ACK, NULL), NEXUS_E_CLOSED);
    begin(with_file());
    ck_assert_int_eq(arrive("salon-001", "a", 1, 2), 1);
    ck_assert(script.uncertain);
    ck_assert_uint_eq(counter(NX_INBOX_UNCERTAIN), 1);
    ck_assert_int_eq(arrive("salon-001", "a", 1, 3), 0);
    ck_assert_int_eq(arrive("salon-001", "b", 2, 1), 1);
    ck_assert(!script.uncertain);
    end();
    ck_assert(!nexus_delivery_uncertain(NULL));
    remove_directory();
}
END_TEST

START_TEST(nothing_is_handled_while_the_file_cannot_be_written)
{
    sqlite3 *other;

    make_directory();
    begin(with_file());
    other = open_database();
    run(other, "DROP TABLE nexus_inbox_v1");
    ck_assert_int_eq(arrive("salon-001", "a", 1, 1), 0);
    ck_assert_str_eq(last_verdict(), "-NAK {\"delay\":1000000000}");
    ck_assert_uint_eq(counter(NX_INBOX_ERRORS), 1);
    ck_assert_uint_eq(counter(NX_RETRIED), 1);
    end();
    sqlite3_close(other);
    remove_directory();
}
END_TEST

START_TEST(a_file_forgets_little_by_little)
{
    char id[16];
    sqlite3 *other;

    make_directory();
    begin(with_file());
    other = open_database();
    run(other, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
               "INSERT INTO nexus_inbox_v1 SELECT 'c', 't', i, strftime('%s') - 3700 FROM n");
    run(other, "INSERT INTO nexus_inbox_claims_v1 SELECT 'c', 't', 'x', strftime('%s') - 3700");
    for (int i = 0; i < 256; i++) {
        snprintf(id, sizeof(id), "n%d", i);
        arrive("salon-001", id, (uint64_t)i + 1, 1);
    }
    ck_assert_int_eq(number(other, "SELECT count(*) FROM nexus_inbox_v1"), 256 + 3000 - 1024);
    ck_assert_int_eq(number(other, "SELECT count(*) FROM nexus_inbox_claims_v1"), 0);
    end();
    sqlite3_close(other);
    remove_directory();
}
END_TEST

static int open_fails(const char *where, struct nexus_error *err)
{
    struct nexus_inbox *inbox = (struct nexus_inbox *)(void *)&inbox;
    int code = nexus_inbox_open(where, 3600, true, &inbox, err);

    ck_assert_ptr_null(inbox);
    return code;
}

START_TEST(what_is_no_inbox_is_left_alone)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    sqlite3 *other;

    make_directory();
    other = open_database();
    run(other, "CREATE TABLE theirs (x)");
    unit_expect(open_fails(path, &err), &err, NEXUS_E_IO, path, NULL);
    ck_assert_int_eq(number(other, "SELECT count(*) FROM sqlite_master"), 1);
    run(other, "DROP TABLE theirs");
    nexus_subscribe_options_destroy(with_file());
    run(other, "PRAGMA user_version = 2");
    unit_expect(open_fails(path, &err), &err, NEXUS_E_UNSUPPORTED, path, NULL);
    sqlite3_close(other);
    remove_directory();
}
END_TEST

START_TEST(what_cannot_be_opened_says_why)
{
    struct nexus_inbox *inbox = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;
    char nowhere[96];
    int fd;

    make_directory();
    snprintf(nowhere, sizeof(nowhere), "%s/no/inbox.db", directory);
    unit_expect(open_fails(nowhere, &err), &err, NEXUS_E_NOT_FOUND, nowhere, NULL);
    unit_expect(open_fails(directory, &err), &err, NEXUS_E_IO, "inbox", NULL);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(write(fd, "nonsense", 8), 8);
    close(fd);
    unit_expect(open_fails(path, &err), &err, NEXUS_E_IO, "inbox", NULL);
    unit_expect(open_fails(NULL, &err), &err, NEXUS_E_INVALID, "path", NULL);
    unit_expect(open_fails("", &err), &err, NEXUS_E_INVALID, "path", NULL);
    unit_expect(nexus_inbox_open(path, 59, true, &inbox, &err), &err, NEXUS_E_INVALID,
                "keep_seconds", NULL);
    unit_expect(nexus_inbox_open(path, 60, true, NULL, &err), &err, NEXUS_E_INVALID, "out", NULL);
    nexus_inbox_destroy(NULL);
    remove_directory();
}
END_TEST

UNIT_MAIN("inboxes on disk", a_claim_stands_or_falls_with_its_transaction,
          a_claim_says_what_is_missing, old_claims_are_forgotten_a_few_at_a_time,
          a_file_remembers_over_a_restart, what_was_in_hand_at_the_end_is_uncertain,
          nothing_is_handled_while_the_file_cannot_be_written, a_file_forgets_little_by_little,
          what_is_no_inbox_is_left_alone, what_cannot_be_opened_says_why)
