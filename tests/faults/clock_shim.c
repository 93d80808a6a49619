/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded: lets the wall clock of one process jump, as `date -s` would, while everything else
 * goes on. The file in FAULT_CLOCK holds how many seconds it is off by; it is mapped, and whoever
 * writes to it moves the clock at once. Waits that end at a time of the wall clock follow it, as
 * the kernel's would: that is where programs hang. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STEP_NS   20000000L
#define WALL_TIME 1000000000L /* seconds; what the other clocks show is far less */

static const _Atomic long long *offset;

__attribute__((constructor)) static void map_offset(void)
{
    const char *path = getenv("FAULT_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);

    if (at != MAP_FAILED)
        offset = at;
    if (fd >= 0)
        close(fd);
}

static long long seconds_off(void)
{
    return offset ? atomic_load(offset) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, out);

    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        out->tv_sec += seconds_off();
    return failed;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

static long long nanoseconds(const struct timespec *at)
{
    return at->tv_sec * 1000000000LL + at->tv_nsec;
}

/* In short steps, after each of which the clock is looked at again. */
static int wait_by_the_wall(pthread_cond_t *condition, pthread_mutex_t *mutex,
                            const struct timespec *until,
                            int (*wait)(pthread_cond_t *, pthread_mutex_t *,
                                        const struct timespec *))
{
    for (;;) {
        struct timespec now, step;
        long long left, end;
        int result;

        clock_gettime(CLOCK_REALTIME, &now);
        left = nanoseconds(until) - nanoseconds(&now);
        if (left <= 0)
            return ETIMEDOUT;
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &step);
        end = nanoseconds(&step) + (left < STEP_NS ? left : STEP_NS);
        step.tv_sec = (time_t)(end / 1000000000);
        step.tv_nsec = (long)(end % 1000000000);
        result = wait(condition, mutex, &step);
        if (result != ETIMEDOUT)
            return result;
    }
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
    static _Atomic(void *) found;
    union {
        void *object;
        int (*function)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    } next;

    next.object = atomic_load(&found);
    if (!next.object) {
        next.object = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
        if (!next.object)
            next.object = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
        atomic_store(&found, next.object);
    }
    if (!offset || until->tv_sec < WALL_TIME)
        return next.function(condition, mutex, until);
    return wait_by_the_wall(condition, mutex, until, next.function);
}
