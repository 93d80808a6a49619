/* SPDX-License-Identifier: Apache-2.0 */
/* Printing what the server says of a consumer. */
#ifndef CONSUMERS_H
#define CONSUMERS_H

#include <nexus/nexus.h>

void consumer_put_json(const struct nexus_consumer_info *consumer);
void consumer_put_heading(void);
void consumer_put_row(const struct nexus_consumer_info *consumer);

#endif
