/* SPDX-License-Identifier: Apache-2.0 */
/* The event that is measured: a typed, validated one of about 400 bytes on the wire. */
#ifndef BENCH_TYPED_H
#define BENCH_TYPED_H

#include <nexus/nexus.h>

struct bench_tally {
    int count;
    int wrong;
};

int bench_publish_typed(struct nexus_client *client, int number,
                        const struct nexus_publish_options *options, struct nexus_error *err);
int bench_subscribe_typed(struct nexus_client *client, struct bench_tally *tally,
                          const struct nexus_subscribe_options *options,
                          struct nexus_subscription **out, struct nexus_error *err);

#endif
