/* SPDX-License-Identifier: Apache-2.0 */
/* The clock's file and its lock: what is accepted, what is refused, and in which words. */
#include <signal.h>
#include <sodium.h>
#include <sys/wait.h>

#include "clock_directory.h"
#include "hex.h"

static size_t read_file(char out[512])
{
    char path[128];
    FILE *file;
    size_t length;

    path_of("", path);
    file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    length = fread(out, 1, 511, file);
    out[length] = 0;
    fclose(file);
    return length;
}

static void write_file(const char *text, size_t length)
{
    char path[128];
    FILE *file;

    path_of("", path);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, length, file), length);
    fclose(file);
}

/* A file as the library would write it, but for the ceiling's spelling. */
static void write_ceiling(const char *ceiling)
{
    unsigned char sum[16];
    char text[256], hex[33];
    int length =
        snprintf(text, sizeof(text), "nexus-clock 1\nnode " NODE "\nceiling %s\n", ceiling);

    crypto_generichash(sum, sizeof(sum), (unsigned char *)text, (unsigned)length, NULL, 0);
    *nx_hex_write(hex, sum, sizeof(sum)) = 0;
    length += snprintf(text + length, sizeof(text) - (size_t)length, "sum %s\n", hex);
    write_file(text, (size_t)length);
}

static void expect_damaged(void)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_clock *clock = NULL;
    char before[512], after[512];
    size_t length = read_file(before);
    char message[256];

    snprintf(message, sizeof(message),
             "%s/" NODE ".clock is damaged or another node's; move it away to count on from the "
             "wall clock",
             directory);
    unit_expect(nx_clock_new(NODE, 64, directory, &clock, &err), &err, NEXUS_E_IO,
                "state_directory", message);
    ck_assert_ptr_null(clock);
    ck_assert_uint_eq(read_file(after), length);
    ck_assert_int_eq(memcmp(before, after, length), 0);
}

START_TEST(refuses_a_torn_or_changed_file)
{
    char good[512], bad[512];
    size_t length;

    setup();
    nx_clock_destroy(open_clock());
    length = read_file(good);
    for (size_t cut = 0; cut < length; cut++) {
        write_file(good, cut);
        expect_damaged();
    }
    for (size_t at = 0; at < length; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bad, good, length);
            bad[at] = (char)(bad[at] ^ 1 << bit);
            write_file(bad, length);
            expect_damaged();
        }
    }
    memcpy(bad, good, length);
    bad[length] = '\n';
    write_file(bad, length + 1);
    expect_damaged();
    memset(bad, 'x', sizeof(bad));
    write_file(bad, sizeof(bad) - 1);
    expect_damaged();
    write_file(good, length);
    nx_clock_destroy(open_clock());
    teardown();
}
END_TEST

START_TEST(takes_one_spelling_of_a_ceiling)
{
    static const char *const refused[] = {"007", "-5", "+5",  "9007199254740992",    "",
                                          "5 ",  " 5", "0x5", "99999999999999999999"};
    struct nx_clock *clock;

    setup();
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        write_ceiling(refused[i]);
        expect_damaged();
    }
    write_ceiling("70000");
    clock = open_clock();
    ck_assert_int_eq(tick(clock), 70001);
    nx_clock_destroy(clock);
    teardown();
}
END_TEST

START_TEST(says_when_the_counter_is_used_up)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_buf out = NX_BUF_INIT;
    struct nx_clock *clock;

    setup();
    write_ceiling("9007199254740989");
    clock = open_clock();
    ck_assert_int_eq(tick(clock), 9007199254740990);
    ck_assert_int_eq(tick(clock), 9007199254740991);
    unit_expect(nx_clock_tick(clock, &out, &err), &err, NEXUS_E_IO, "vector_clock",
                "the counter of \"" NODE "\" is used up");
    nx_clock_destroy(clock);
    teardown();
}
END_TEST

START_TEST(keeps_a_peers_raise)
{
    static const char text[] = "{\"" NODE "\":5000000}";
    struct nx_json json = NX_JSON_INIT;
    struct nx_clock *clock;

    setup();
    clock = open_clock();
    ck_assert_int_eq(nx_json_read(&json, text, strlen(text), NULL), NEXUS_OK);
    nx_clock_merge(clock, &json, 0);
    ck_assert_int_eq(tick(clock), 5000001);
    nx_clock_destroy(clock);
    clock = open_clock();
    ck_assert_int_gt(tick(clock), 5000001);
    nx_clock_destroy(clock);
    nx_json_free(&json);
    teardown();
}
END_TEST

static void expect_in_use(void)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_clock *clock = NULL;
    char message[128];

    snprintf(message, sizeof(message), "another client counts as \"" NODE "\" in %s", directory);
    unit_expect(nx_clock_new(NODE, 64, directory, &clock, &err), &err, NEXUS_E_CONFLICT,
                "state_directory", message);
    ck_assert_ptr_null(clock);
}

START_TEST(keeps_a_second_client_out)
{
    struct nx_clock *clock, *neighbour = NULL;
    int ends[2], status;
    char byte;
    pid_t child;

    setup();
    clock = open_clock();
    expect_in_use();
    ck_assert_int_eq(nx_clock_new("till-3", 64, directory, &neighbour, NULL), NEXUS_OK);
    nx_clock_destroy(neighbour);
    nx_clock_destroy(clock);

    ck_assert_int_eq(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        clock = open_clock();
        if (write(ends[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    expect_in_use();
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    nx_clock_destroy(open_clock());
    close(ends[0]);
    close(ends[1]);

    {
        char path[128];
        snprintf(path, sizeof(path), "%s/till-3.clock", directory);
        unlink(path);
        strcat(path, ".lock");
        unlink(path);
    }
    teardown();
}
END_TEST

START_TEST(a_forked_child_does_not_give_up_the_lock)
{
    struct nx_clock *clock;
    int status;
    pid_t child;

    setup();
    clock = open_clock();
    child = fork();
    if (child == 0) {
        nx_clock_destroy(clock);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    expect_in_use();
    nx_clock_destroy(clock);
    teardown();
}
END_TEST

START_TEST(says_what_is_wrong_with_the_directory)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_clock *clock = NULL;
    char path[128], target[128];

    setup();
    snprintf(path, sizeof(path), "%s/none", directory);
    unit_expect(nx_clock_new(NODE, 64, path, &clock, &err), &err, NEXUS_E_NOT_FOUND,
                "state_directory", NULL);
    nx_clock_destroy(open_clock());
    path_of("", path);
    unit_expect(nx_clock_new(NODE, 64, path, &clock, &err), &err, NEXUS_E_IO, "state_directory",
                NULL);
    /* A link could lead anywhere, and would be replaced by a file. */
    path_of(".old", target);
    ck_assert_int_eq(rename(path, target), 0);
    ck_assert_int_eq(symlink(target, path), 0);
    unit_expect(nx_clock_new(NODE, 64, directory, &clock, &err), &err, NEXUS_E_IO,
                "state_directory", NULL);
    ck_assert_int_eq(unlink(target), 0);
    ck_assert_ptr_null(clock);
    teardown();
}
END_TEST

UNIT_MAIN("clock file", refuses_a_torn_or_changed_file, takes_one_spelling_of_a_ceiling,
          says_when_the_counter_is_used_up, keeps_a_peers_raise, keeps_a_second_client_out,
          a_forked_child_does_not_give_up_the_lock, says_what_is_wrong_with_the_directory)
