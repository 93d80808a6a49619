/* SPDX-License-Identifier: Apache-2.0 */
/* The counter on disk: no counter is used twice, however a life ends. The wall clock stands still
 * in 1970 here, so that nothing but the file can keep the promise. */
#include "clock_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "hex.h"
#include "unit.h"

#define NODE "till-2"
#define DIED 9

static char directory[64];

/* What the functions below do at their next calls: nothing, fail, or end the process. */
static enum { HEALTHY, FAILING, DEADLY } mood;
static int calls_left; /* until then, all is well */
static char calls[64]; /* a letter for each */

static bool trouble(char call)
{
    size_t length = strlen(calls);

    if (length + 1 < sizeof(calls))
        calls[length] = call;
    if (mood == HEALTHY || calls_left-- > 0)
        return false;
    if (mood == DEADLY)
        _exit(DIED);
    errno = ENOSPC;
    return true;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *out);
int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    (void)id;
    memset(out, 0, sizeof(*out));
    return 0;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    struct stat about;

    ck_assert_int_eq(fstat(fd, &about), 0);
    return trouble(S_ISDIR(about.st_mode) ? 'd' : 's') ? -1 : __real_fsync(fd);
}

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length)
{
    struct stat about;

    /* Only files count: Check talks to its runner through this function too. */
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        return __real_write(fd, bytes, length);
    /* In two pieces, so that an end between them leaves half a file. */
    if (trouble('w'))
        return -1;
    return __real_write(fd, bytes, length > 1 ? (length + 1) / 2 : length);
}

int __real_renameat(int from, const char *old, int to, const char *fresh);
int __wrap_renameat(int from, const char *old, int to, const char *fresh);
int __wrap_renameat(int from, const char *old, int to, const char *fresh)
{
    return trouble('r') ? -1 : __real_renameat(from, old, to, fresh);
}

static void path_of(const char *suffix, char out[128])
{
    snprintf(out, 128, "%s/" NODE ".clock%s", directory, suffix);
}

static void setup(void)
{
    mood = HEALTHY;
    memset(calls, 0, sizeof(calls));
    strcpy(directory, "/tmp/nexus-clock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
    static const char *const suffixes[] = {"", ".new", ".lock"};
    char path[128];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        path_of(suffixes[i], path);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(directory), 0);
}

static struct nx_clock *open_clock(void)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_clock *clock = NULL;

    unit_ok(nx_clock_new(NODE, 64, directory, &clock, &err), &err);
    return clock;
}

/* The counter that a tick uses, or the error as a negative number. */
static int64_t tick(struct nx_clock *clock)
{
    struct nx_buf out = NX_BUF_INIT;
    int code = nx_clock_tick(clock, &out, NULL);
    int64_t own = code;

    if (code == NEXUS_OK)
        own = strtoll(nx_buf_text(&out) + strlen("{\"" NODE "\":"), NULL, 10);
    nx_buf_free(&out);
    return own;
}

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

START_TEST(goes_on_where_it_stood)
{
    struct nx_clock *clock;
    int64_t last;

    setup();
    clock = open_clock();
    ck_assert_int_eq(tick(clock), 1);
    for (int i = 0; i < 10000; i++)
        last = tick(clock);
    ck_assert_int_eq(last, 10001);
    nx_clock_destroy(clock);
    clock = open_clock();
    ck_assert_int_gt(tick(clock), last);
    nx_clock_destroy(clock);
    teardown();
}
END_TEST

START_TEST(writes_beside_syncs_renames_and_syncs_the_directory)
{
    struct nx_clock *clock;

    setup();
    clock = open_clock();
    ck_assert_int_eq(strspn(calls, "w") >= 2, 1);
    ck_assert_str_eq(calls + strspn(calls, "w"), "srd");
    memset(calls, 0, sizeof(calls));
    for (int i = 0; i < 4096; i++)
        ck_assert_int_gt(tick(clock), 0);
    ck_assert_str_eq(calls, ""); /* the block was paid for */
    tick(clock);
    ck_assert_str_eq(calls + strspn(calls, "w"), "srd");
    memset(calls, 0, sizeof(calls));
    for (int i = 0; i < 8191; i++)
        ck_assert_int_gt(tick(clock), 0);
    ck_assert_str_eq(calls, ""); /* and the next is twice as long */
    nx_clock_destroy(clock);
    teardown();
}
END_TEST

/* Counters as a life used them, in memory that outlasts it. */
struct life {
    atomic_llong first, last;
    atomic_bool sank; /* a counter was not above the one before */
};

static void live(struct life *life, int ticks)
{
    struct nx_clock *clock = NULL;

    if (nx_clock_new(NODE, 64, directory, &clock, NULL) != NEXUS_OK)
        _exit(1);
    for (int i = 0; i < ticks; i++) {
        int64_t own = tick(clock);
        if (own <= atomic_load(&life->last))
            atomic_store(&life->sank, true);
        if (i == 0)
            atomic_store(&life->first, own);
        atomic_store(&life->last, own);
    }
    nx_clock_destroy(clock);
}

static struct life *new_life(void)
{
    struct life *life =
        mmap(NULL, sizeof(*life), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(life, MAP_FAILED);
    return life;
}

START_TEST(never_reuses_a_counter_when_it_ends_between_two_steps)
{
    struct life *life;
    int64_t highest = 0;
    int deaths = 0, survivors = 0;

    setup();
    life = new_life();
    for (int step = 0; survivors < 3; step++) {
        int status;
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            mood = DEADLY;
            calls_left = step;
            live(life, 14000); /* reserves three times */
            _exit(0);
        }
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status));
        ck_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DIED);
        deaths += WEXITSTATUS(status) == DIED;
        survivors += WEXITSTATUS(status) == 0;
        ck_assert(!atomic_load(&life->sank));
        if (atomic_load(&life->first))
            ck_assert_int_gt(atomic_load(&life->first), highest);
        atomic_store(&life->first, 0);
        highest = atomic_load(&life->last);
        ck_assert_int_lt(step, 100);
    }
    ck_assert_int_ge(deaths, 3 * 5);
    ck_assert_int_gt(highest, 3 * 14000);
    munmap(life, sizeof(*life));
    teardown();
}
END_TEST

START_TEST(never_reuses_a_counter_after_kill_9)
{
    struct life *life;
    int64_t highest = 0;

    setup();
    life = new_life();
    for (int round = 0; round < 30; round++) {
        int ends[2], status;
        char byte;
        pid_t child;

        ck_assert_int_eq(pipe(ends), 0);
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct nx_clock *clock = NULL;
            int before = 1 + round * 997 % 20000;
            if (nx_clock_new(NODE, 64, directory, &clock, NULL) != NEXUS_OK)
                _exit(1);
            for (int i = 0;; i++) {
                int64_t own = tick(clock);
                if (own <= atomic_load(&life->last))
                    atomic_store(&life->sank, true);
                atomic_store(&life->last, own);
                if (i == before && __real_write(ends[1], "x", 1) != 1)
                    _exit(1);
            }
        }
        ck_assert_int_eq(read(ends[0], &byte, 1), 1);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        ck_assert(!atomic_load(&life->sank));
        ck_assert_int_gt(atomic_load(&life->last), highest);
        highest = atomic_load(&life->last);
        close(ends[0]);
        close(ends[1]);
    }
    munmap(life, sizeof(*life));
    teardown();
}
END_TEST

START_TEST(uses_no_counter_that_it_could_not_reserve)
{
    setup();
    for (int step = 0; step < 5; step++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nx_buf out = NX_BUF_INIT;
        struct nx_clock *clock = open_clock();
        int64_t last = 0, next;

        for (int i = 0; i < 4096; i++)
            last = tick(clock);
        mood = FAILING;
        calls_left = step;
        unit_expect(nx_clock_tick(clock, &out, &err), &err, NEXUS_E_IO, "state_directory", NULL);
        ck_assert_ptr_nonnull(strstr(err.message, "No space left on device"));
        ck_assert_uint_eq(out.length, 0);
        mood = HEALTHY;
        next = tick(clock);
        ck_assert_int_eq(next, last + 1);
        nx_buf_free(&out);
        nx_clock_destroy(clock);
    }
    teardown();
}
END_TEST

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
        if (__real_write(ends[1], "x", 1) == 1)
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

START_TEST(goes_on_beside_what_an_earlier_life_left_half_done)
{
    struct nx_clock *clock;
    char path[128];
    FILE *file;
    int64_t last;

    setup();
    clock = open_clock();
    last = tick(clock);
    nx_clock_destroy(clock);
    path_of(".new", path);
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs("nexus-clock 1\nnode ", file);
    fclose(file);
    clock = open_clock();
    ck_assert_int_gt(tick(clock), last);
    nx_clock_destroy(clock);
    teardown();
}
END_TEST

UNIT_MAIN("clock store", goes_on_where_it_stood,
          writes_beside_syncs_renames_and_syncs_the_directory,
          never_reuses_a_counter_when_it_ends_between_two_steps,
          never_reuses_a_counter_after_kill_9, uses_no_counter_that_it_could_not_reserve,
          refuses_a_torn_or_changed_file, takes_one_spelling_of_a_ceiling,
          says_when_the_counter_is_used_up, keeps_a_peers_raise, keeps_a_second_client_out,
          a_forked_child_does_not_give_up_the_lock, says_what_is_wrong_with_the_directory,
          goes_on_beside_what_an_earlier_life_left_half_done)
