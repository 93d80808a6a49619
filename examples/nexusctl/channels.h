/* SPDX-License-Identifier: Apache-2.0 */
/* Printing the contract. */
#ifndef CHANNELS_H
#define CHANNELS_H

#include <nexus/nexus.h>

/* Everything about one channel as a JSON object, without a newline. */
void channel_put_json(const struct nexus_channel *channel);

/* One channel for people: what it carries, its members, and a command that publishes one. */
void channel_put_page(const struct nexus_channel *channel);

/* Its name, address, summary and members, with their limits. */
void channel_put_members(const struct nexus_channel *channel);

/* The word for a kind: "string", "integer array". */
const char *kind_name(enum nexus_kind kind);

/* A member by its place; the registry cannot fail inside the count it gave. */
struct nexus_member member_at(const struct nexus_channel *channel, size_t index);

#endif
