/* SPDX-License-Identifier: Apache-2.0 */
#include "retry_delay.h"

#include <sodium.h>

static int64_t jittered(int64_t delay_ms, unsigned percent)
{
    uint32_t most = (uint32_t)(delay_ms * percent / 100);

    return most ? delay_ms - randombytes_uniform(most + 1) : delay_ms;
}

int64_t nx_retry_delay(const struct nexus_delivery *delivery)
{
    const struct nx_subscribe_options *options = &delivery->subscription->options;
    uint64_t number = delivery->ack.count ? delivery->ack.count - 1 : 0;

    if (delivery->retry_delay_ms >= 0)
        return delivery->retry_delay_ms;
    if (!options->backoff_count)
        return options->retry_delay_ms;
    if (number >= options->backoff_count)
        number = options->backoff_count - 1;
    return jittered(options->backoff_ms[number], options->backoff_jitter);
}
