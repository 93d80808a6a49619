/* SPDX-License-Identifier: Apache-2.0 */
/* The file in trouble: two clients, no rights, foreign, newer, older, damaged, cut off, a full
 * disk. */
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simple.h"
#include "spooling.h"

#define EVENTS 300

static void fill(int first, int last)
{
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    for (int i = first; i < last; i++) {
        OK(test_publish(client, i, NULL, NULL, err));
    }
    nexus_client_destroy(client);
}

static const char *beside(const char *suffix)
{
    static char path[TEST_PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s%s", spool_path(), suffix);
    return path;
}

static void execute(const char *sql)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(spool_path(), &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void expect_refusal(int code)
{
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    FAILS(code, nexus_client_new(options, &client, err));
    ck_assert_ptr_null(client);
    nexus_client_options_destroy(options);
}

START_TEST(a_second_client_is_refused)
{
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    expect_refusal(NEXUS_E_CONFLICT);
    nexus_client_destroy(client);
    client = spool_client(NEXUS_SPOOL_ON_OUTAGE);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_an_error)
{
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = test_options("spool");
    OK(nexus_client_options_set_spool(options, NEXUS_SPOOL_ALWAYS, "/nowhere/at/all/spool", err));
    FAILS(NEXUS_E_IO, nexus_client_new(options, &client, err));
    OK(nexus_client_options_set_spool(options, NEXUS_SPOOL_ALWAYS, NULL, err));
    FAILS(NEXUS_E_INVALID, nexus_client_new(options, &client, err));
    nexus_client_options_destroy(options);
}
END_TEST

/* Root may write anywhere; a file where a directory would have to be nobody. */
START_TEST(a_path_that_cannot_be_written_is_an_error)
{
    if (geteuid() != 0) {
        ck_assert_int_eq(chmod(test_server.directory, 0500), 0);
        expect_refusal(NEXUS_E_IO);
        ck_assert_int_eq(chmod(test_server.directory, 0700), 0);
        return;
    }
    ck_assert_int_eq(mkdir(spool_path(), 0700), 0);
    expect_refusal(NEXUS_E_IO);
    ck_assert_int_eq(rmdir(spool_path()), 0);
}
END_TEST

START_TEST(the_database_of_something_else_is_left_alone)
{
    execute("CREATE TABLE till(id INTEGER)");
    expect_refusal(NEXUS_E_INVALID);
    execute("INSERT INTO till VALUES(1)");
}
END_TEST

START_TEST(a_newer_format_is_refused)
{
    fill(0, 3);
    execute("PRAGMA user_version=99");
    expect_refusal(NEXUS_E_UNSUPPORTED);
    execute("PRAGMA user_version=2");
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    spool_drained(client);
    nexus_client_destroy(client);
    spool_in_stream(0, 2);
}
END_TEST

START_TEST(an_older_format_is_brought_up_to_date)
{
    test_server_kill(&test_server);
    fill(0, 20);
    execute("DROP TABLE tries; PRAGMA user_version=1");
    ck_assert(test_server_restart(&test_server));
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    spool_drained(client);
    nexus_client_destroy(client);
    spool_in_stream(0, 19);
}
END_TEST

static off_t size_of(const char *path)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

/* Opens the damaged file, and asserts that every event is accounted for. */
static void expect_account(uint64_t events, bool some_recovered)
{
    static struct spool_reports reports;
    memset(&reports, 0, sizeof reports);
    struct nexus_client_options *options = spool_options(NEXUS_SPOOL_ALWAYS);
    OK(nexus_client_options_set_spool_callback(options, spool_on_report, &reports, err));
    struct nexus_client *client = test_client_of(options);
    struct nexus_spool_stats stats = spool_stats(client);
    ck_assert_uint_eq(stats.events + stats.lost, events);
    DISPATCH_UNTIL(client, reports.calls > 0);
    ck_assert_uint_eq(reports.counts[NEXUS_SPOOL_LOST], stats.lost);
    ck_assert(!some_recovered || stats.recovered > 0);
    OK(test_publish(client, 7, NULL, NULL, err));
    nexus_client_destroy(client);
}

START_TEST(a_truncated_file_is_set_aside_and_recovered)
{
    test_server_kill(&test_server);
    fill(0, EVENTS);
    off_t size = size_of(spool_path());
    ck_assert_int_eq(truncate(spool_path(), size * (3 + _i) / 8 / 4096 * 4096), 0);
    expect_account(EVENTS, true);
}
END_TEST

START_TEST(a_torn_page_is_set_aside_and_recovered)
{
    static const char garbage[1500] = {1, 2, 3};
    test_server_kill(&test_server);
    fill(0, EVENTS);
    off_t size = size_of(spool_path());
    int fd = open(spool_path(), O_WRONLY);
    ck_assert_int_eq(pwrite(fd, garbage, sizeof garbage, size / 10 * (3 + _i) / 4096 * 4096),
                     (ssize_t)sizeof garbage);
    close(fd);
    ck_assert_int_eq(unlink(beside(".lock")), 0); /* no note: it must look */
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    struct nexus_spool_stats stats = spool_stats(client);
    ck_assert_uint_gt(stats.recovered, EVENTS / 2);
    ck_assert_uint_lt(stats.recovered, EVENTS);
    nexus_client_destroy(client);
}
END_TEST

START_TEST(a_file_of_nothing_but_garbage_is_set_aside)
{
    test_server_kill(&test_server);
    fill(0, EVENTS);
    off_t size = size_of(spool_path());
    int fd = open(spool_path(), O_WRONLY | O_TRUNC);
    for (off_t i = 0; i < size; i += 8) {
        ck_assert_int_eq(write(fd, "\x55garbage", 8), 8);
    }
    close(fd);
    expect_account(EVENTS, false);
}
END_TEST

START_TEST(a_file_that_has_gone_is_counted)
{
    test_server_kill(&test_server);
    fill(0, EVENTS);
    ck_assert_int_eq(unlink(spool_path()), 0);
    expect_account(EVENTS, false);
}
END_TEST

/* The child publishes until it is killed, and says what was accepted. */
static pid_t start_child(int number, int *from)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child != 0) {
        close(ends[1]);
        *from = ends[0];
        return child;
    }
    close(ends[0]);
    char place[16];
    char out[16];
    snprintf(place, sizeof place, "%d", number);
    snprintf(out, sizeof out, "%d", ends[1]);
    execl("/proc/self/exe", "test_file", "child", test_server.url, spool_path(), place, out,
          (char *)NULL);
    _exit(127);
}

static int run_child(char **argv)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_client *client = NULL;
    int number = atoi(argv[4]);
    int out = atoi(argv[5]);
    if (nexus_client_options_set_url(options, argv[2], NULL) ||
        nexus_client_options_set_spool(options, NEXUS_SPOOL_ALWAYS, argv[3], NULL) ||
        nexus_client_options_set_wait_for_connection(options, false, NULL) ||
        nexus_client_new(options, &client, NULL)) {
        return 1;
    }
    for (;; number++) {
        if (test_publish(client, number, NULL, NULL, NULL) != NEXUS_OK ||
            write(out, &number, sizeof number) != (ssize_t)sizeof number) {
            return 1;
        }
    }
}

static int random_below(unsigned *seed, int limit)
{
    *seed = *seed * 1103515245u + 12345u;
    return (int)(*seed >> 8) % limit;
}

/* Kills a child after so many events; gives the number for the next. The event on its way when it
 * died may or may not have been accepted: its number is used again, under another message id. */
static int kill_one(int number, int events)
{
    int from = -1, last = number - 1;
    pid_t child = start_child(number, &from);
    for (int i = 0; i < events; i++) {
        ck_assert_int_eq(read(from, &last, sizeof last), (ssize_t)sizeof last);
    }
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    while (read(from, &number, sizeof number) == (ssize_t)sizeof number) {
        last = number;
    }
    close(from);
    return last + 1;
}

START_TEST(no_accepted_event_is_lost_by_a_kill)
{
    int rounds = getenv("NEXUS_TEST_LONG") != NULL ? 100 : 10;
    static struct test_seen seen;
    unsigned seed = 20241;
    int next = 0;
    memset(&seen, 0, sizeof seen);
    for (int i = 0; i < rounds; i++) {
        if (i % 3 == 1) {
            test_server_kill(&test_server);
        }
        next = kill_one(next, 1 + random_below(&seed, 120));
        if (i % 3 == 1) {
            ck_assert(test_server_restart(&test_server));
        }
    }
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    ck_assert_uint_eq(spool_stats(client).lost, 0);
    spool_drained(client);
    test_subscribe(client, NULL, &seen, NULL);
    static char times[TEST_SEEN_MAX];
    memset(times, 0, sizeof times);
    int handled = 0;
    while (handled < seen.count || handled == 0 || seen.numbers[seen.count - 1] < next - 1) {
        test_dispatch(client, 50);
        for (; handled < seen.count; handled++) {
            times[seen.numbers[handled]]++;
        }
    }
    for (int i = 0; i < next; i++) {
        ck_assert_msg(times[i] >= 1, "%d of %d is lost", i, next);
        /* twice: it was accepted, and killed before it could say so */
        ck_assert_int_le(times[i], 2);
    }
    nexus_client_destroy(client);
}
END_TEST

/* As if the power had gone: the end of the log is missing, in the middle of a page or of a commit.
 * All before is there, and what is not is counted. */
START_TEST(a_log_that_was_cut_off_is_accounted_for)
{
    test_server_kill(&test_server);
    kill_one(0, 150);
    struct stat status;
    ck_assert_int_eq(stat(beside("-wal"), &status), 0);
    ck_assert_int_eq(truncate(beside("-wal"), status.st_size / 8 * (_i + 1) + 17 * _i), 0);
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    struct nexus_spool_stats stats = spool_stats(client);
    ck_assert_uint_gt(stats.lost, 0);
    ck_assert_uint_ge(stats.events + stats.lost, 150);
    ck_assert(test_server_restart(&test_server));
    spool_drained(client);
    spool_in_stream(0, (int)stats.events - 1); /* none is missing before the cut */
    nexus_client_destroy(client);
}
END_TEST

/* The largest file that the process may write stands for the end of the disk. */
START_TEST(a_full_disk_is_reported_and_survived)
{
    struct rlimit before, limit;
    test_server_kill(&test_server);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 256 * 1024;
    struct nexus_client *client = spool_client(NEXUS_SPOOL_ALWAYS);
    OK(test_publish(client, 0, NULL, NULL, err));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    int accepted = 1, code = NEXUS_OK;
    while (accepted < 5000 &&
           (code = test_publish(client, accepted, NULL, NULL, NULL)) == NEXUS_OK) {
        accepted++;
    }
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_msg(code == NEXUS_E_FULL || code == NEXUS_E_IO, "%s", nexus_status_name(code));
    ck_assert_uint_gt(spool_stats(client).write_errors, 0);
    ck_assert_uint_eq(spool_stats(client).events, (uint64_t)accepted);
    OK(test_publish(client, accepted, NULL, NULL, err));
    ck_assert(test_server_restart(&test_server));
    spool_drained(client);
    spool_in_stream(0, accepted);
    nexus_client_destroy(client);
}
END_TEST

static Suite *file_suite(void)
{
    Suite *suite = suite_create("spool file");
    TCase *tcase = test_case_with_stream(suite, "file");
    tcase_add_test(tcase, a_second_client_is_refused);
    tcase_add_test(tcase, a_directory_that_is_not_there_is_an_error);
    tcase_add_test(tcase, a_path_that_cannot_be_written_is_an_error);
    tcase_add_test(tcase, the_database_of_something_else_is_left_alone);
    tcase_add_test(tcase, a_newer_format_is_refused);
    tcase_add_test(tcase, an_older_format_is_brought_up_to_date);
    tcase_add_loop_test(tcase, a_truncated_file_is_set_aside_and_recovered, 0, 5);
    tcase_add_loop_test(tcase, a_torn_page_is_set_aside_and_recovered, 0, 5);
    tcase_add_test(tcase, a_file_of_nothing_but_garbage_is_set_aside);
    tcase_add_test(tcase, a_file_that_has_gone_is_counted);
    tcase_add_loop_test(tcase, a_log_that_was_cut_off_is_accounted_for, 0, 7);
    tcase_add_test(tcase, a_full_disk_is_reported_and_survived);
    tcase_add_test(tcase, no_accepted_event_is_lost_by_a_kill);
    return suite;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "child") == 0) {
        return run_child(argv);
    }
    return test_main(file_suite());
}
