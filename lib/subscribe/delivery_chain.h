/* SPDX-License-Identifier: Apache-2.0 */
/* The one thing about a delivery that publishing has to know. */
#ifndef NX_DELIVERY_CHAIN_H
#define NX_DELIVERY_CHAIN_H

#include <nexus/delivery.h>

#include "ids.h"

/* The causal chain of a delivery, valid as long as the delivery; its causal id may be empty.
 * delivery.c */
const struct nx_chain *nx_delivery_chain(const struct nexus_delivery *delivery);

#endif
