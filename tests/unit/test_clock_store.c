/* SPDX-License-Identifier: Apache-2.0 */
/* The counter on disk: no counter is used twice, however a life ends. */
#include "clock_directory.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define DIED 9

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
          goes_on_beside_what_an_earlier_life_left_half_done)
