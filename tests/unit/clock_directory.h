/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for one clock, and the clock in it. The wall clock stands still in 1970 in programs
 * that link with --wrap=clock_gettime, so that nothing but the file keeps the counter's promise. */
#ifndef CLOCK_DIRECTORY_H
#define CLOCK_DIRECTORY_H

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "unit.h"
#include "wrapped_clock.h"

#define NODE "till-2"

static char directory[64];

int __wrap_clock_gettime(clockid_t id, struct timespec *out)
{
    (void)id;
    memset(out, 0, sizeof(*out));
    return 0;
}

static inline void path_of(const char *suffix, char out[128])
{
    snprintf(out, 128, "%s/" NODE ".clock%s", directory, suffix);
}

static inline void setup(void)
{
    strcpy(directory, "/tmp/nexus-clock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
}

static inline void teardown(void)
{
    static const char *const suffixes[] = {"", ".new", ".lock"};
    char path[128];

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        path_of(suffixes[i], path);
        unlink(path);
    }
    ck_assert_int_eq(rmdir(directory), 0);
}

static inline struct nx_clock *open_clock(void)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nx_clock *clock = NULL;

    unit_ok(nx_clock_new(NODE, 64, directory, &clock, &err), &err);
    return clock;
}

/* The counter that a tick uses, or the error as a negative number. */
static inline int64_t tick(struct nx_clock *clock)
{
    struct nx_buf out = NX_BUF_INIT;
    int code = nx_clock_tick(clock, &out, NULL);
    int64_t own = code;

    if (code == NEXUS_OK)
        own = strtoll(nx_buf_text(&out) + strlen("{\"" NODE "\":"), NULL, 10);
    nx_buf_free(&out);
    return own;
}

#endif
