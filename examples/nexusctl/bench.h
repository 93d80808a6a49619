/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct bench {
    int64_t events;
    int64_t size;
    bool here; /* the environment's server; else one of our own, which is to be provisioned */
    bool is_signed;
};

/* Connects as the environment says, measures, prints. Returns the exit status. */
int bench_measure(const struct bench *bench);

#endif
