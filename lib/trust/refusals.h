/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NX_REFUSALS_H
#define NX_REFUSALS_H

#include "client.h"

/* What counts the messages that are refused for a reason. */
enum nx_counter nx_refusal_counter(enum nexus_refusal refusal);

#endif
