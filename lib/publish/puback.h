/* SPDX-License-Identifier: Apache-2.0 */
/* What JetStream answers to a publish. */
#ifndef NX_PUBACK_H
#define NX_PUBACK_H

#include "transport.h"

#define NX_STREAM_NAME_MAX 255

enum nx_puback_kind {
    NX_PUBACK_STORED,
    NX_PUBACK_RETRY,  /* may go better later */
    NX_PUBACK_REFUSED /* for good */
};

struct nx_puback {
    enum nx_puback_kind kind;
    int code; /* NEXUS_E_… for what is not stored */
    int server_code;
    uint64_t sequence;
    bool duplicate;
    bool spooled; /* by our own disk, not by a stream */
    char stream[NX_STREAM_NAME_MAX + 1];
    char text[128]; /* the server's words */
};

/* Never fails: an answer that is not one is NX_PUBACK_RETRY. */
void nx_puback_read(const struct nx_view *view, struct nx_puback *out);

#endif
