/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the names that JetStream and NATS get from us, besides subject tokens. */
#ifndef NX_NAMES_H
#define NX_NAMES_H

#include <nexus/error.h>

#define NX_DURABLE_MAX      128
#define NX_STREAM_MAX       255
#define NX_INBOX_PREFIX_MAX 64

/* All return NEXUS_E_INVALID with `what` as `where`. */

/* A durable consumer: 1 to 128 of [A-Za-z0-9_-]. */
int nx_check_durable(const char *what, const char *name, struct nexus_error *err);
/* A stream: 1 to 255 bytes of printable ASCII without those that JetStream refuses. */
int nx_check_stream(const char *what, const char *name, struct nexus_error *err);
/* The prefix of an inbox: tokens of printable ASCII, separated by dots, at most 64 bytes. */
int nx_check_inbox_prefix(const char *what, const char *prefix, struct nexus_error *err);

#endif
