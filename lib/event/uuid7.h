/* SPDX-License-Identifier: Apache-2.0 */
/* The rising part of a UUIDv7, as a function, so that clocks that run backwards can be tried. */
#ifndef NX_UUID7_H
#define NX_UUID7_H

#include <stdint.h>

/* A stamp is 48 bits of milliseconds and 12 bits of counter. Given the last one handed out, the
 * time, and 11 random bits to start a millisecond's counter with, returns the next: always greater
 * than `last`. */
uint64_t nx_uuid7_next(uint64_t last, uint64_t now_ms, uint32_t seed);

#endif
