/* SPDX-License-Identifier: Apache-2.0 */
/* When a delivery that is to be retried comes again. */
#ifndef NX_RETRY_DELAY_H
#define NX_RETRY_DELAY_H

#include "delivery.h"

/* In milliseconds: the handler's own choice, else the subscription's schedule. Any thread. */
int64_t nx_retry_delay(const struct nexus_delivery *delivery);

#endif
