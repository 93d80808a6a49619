/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <nexus/nexus.h>

#include <stdio.h>

/* Writes a value that the contract accepts for a member: its own example where it has one. */
void example_put_value(FILE *out, const struct nexus_member *member);

/* A payload of such values: the members that are required, or all. The caller frees it; NULL
 * without memory. */
char *example_payload(const struct nexus_channel *channel, bool all);

#endif
