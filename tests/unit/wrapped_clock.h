/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's clock and the test's in front of it (see meson.build). Where time has 64 bits on a
 * machine of 32, the linker knows clock_gettime() by another name. */
#ifndef TEST_WRAPPED_CLOCK_H
#define TEST_WRAPPED_CLOCK_H

#include <time.h>

#if defined(__GLIBC__) && __SIZEOF_LONG__ == 4
#define WRAPPED_CLOCK(prefix) __asm__(prefix "__clock_gettime64")
#else
#define WRAPPED_CLOCK(prefix)
#endif

int __real_clock_gettime(clockid_t id, struct timespec *out) WRAPPED_CLOCK("__real_");
int __wrap_clock_gettime(clockid_t id, struct timespec *out) WRAPPED_CLOCK("__wrap_");

#endif
