/* SPDX-License-Identifier: Apache-2.0 */
/* A connection whose other end has gone without a word (a cable, a NAT table, a virtual machine)
 * looks like one on which nothing happens. cnats finds out by its pings after half a minute, which
 * is longer than an event may take. So whoever waits in vain for an answer says so, and the server
 * then has as long as for connecting to send anything at all. */
#include <stdio.h>

#include "wire.h"

/* I/O thread. cnats cannot send a ping without waiting for the answer, which is read by this very
 * thread: hence the shortest wait there is. */
void nx_wire_doubt(struct nx_transport *transport)
{
    struct wire *wire = (struct wire *)transport;
    struct link *link = nx_wire_link(wire);

    if (link && !link->doubted_at) {
        link->doubted_at = nx_monotonic_time();
        (void)natsConnection_FlushTimeout(link->nc, 1);
    }
    nx_link_release(link);
}

static int64_t patience_ns(const struct wire *wire)
{
    return wire->options->connect_timeout_ms * 1000000;
}

int64_t nx_wire_doubt_left(const struct wire *wire, const struct link *link)
{
    int64_t left;

    if (!link || !link->doubted_at)
        return -1;
    left = link->doubted_at + patience_ns(wire) - nx_monotonic_time();
    return left > 0 ? left : 0;
}

void nx_wire_doubt_end(struct wire *wire, struct link *link, bool heard)
{
    if (!link || !link->doubted_at)
        return;
    if (heard) {
        link->doubted_at = 0;
        return;
    }
    if (nx_wire_doubt_left(wire, link) > 0)
        return;
    link->doubted_at = 0;
    pthread_mutex_lock(&wire->lock);
    link->code = NEXUS_E_CONNECT;
    snprintf(link->text, sizeof(link->text), "the server has been silent for %lld ms",
             (long long)(patience_ns(wire) / 1000000));
    pthread_mutex_unlock(&wire->lock);
    natsConnection_Close(link->nc);
}
