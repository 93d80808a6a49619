/* SPDX-License-Identifier: Apache-2.0 */
/* What callers ask of the spool. In every build. */
#include "publisher.h"
#include "spool.h"
#include "status.h"
#include "struct_size.h"

#define WAIT_STEP_NS 20000000

int nexus_client_spool_stats(struct nexus_client *client, struct nexus_spool_stats *out,
                             struct nexus_error *err)
{
    struct nexus_spool_stats stats = NEXUS_SPOOL_STATS_INIT;
    struct nx_spool *spool;

    if (!client || !out)
        return nx_fail(err, NEXUS_E_INVALID, client ? "out" : "client", "is NULL");
    spool = client->spool;
    if (spool) {
        pthread_mutex_lock(&spool->lock);
        stats = spool->stats;
        stats.events = spool->present;
        stats.bytes = spool->present_bytes;
        stats.oldest_at = spool->present ? spool->oldest_at : 0;
        pthread_mutex_unlock(&spool->lock);
    }
    return nx_struct_give(out, out->size, &stats, sizeof(stats), err);
}

static bool is_empty(struct nx_spool *spool)
{
    bool empty;

    pthread_mutex_lock(&spool->lock);
    empty = spool->present == 0;
    pthread_mutex_unlock(&spool->lock);
    return empty;
}

/* Whether the file became empty. The writer does not know of those who wait here: hence the step.
 */
static bool wait_for_empty(struct nexus_client *client, int64_t deadline, bool while_connected)
{
    for (;;) {
        int64_t now = client->wire->ops->now(client->wire);
        nx_due_drain(client);
        if (is_empty(client->spool))
            return true;
        if (client->destroy_wanted || now >= deadline ||
            (while_connected && atomic_load(&client->state) != NEXUS_STATE_CONNECTED))
            return false;
        nx_publisher_pause(client, now + WAIT_STEP_NS < deadline ? now + WAIT_STEP_NS : deadline);
    }
}

void nx_spool_linger(struct nexus_client *client, int64_t deadline)
{
    if (client->spool)
        (void)wait_for_empty(client, deadline, true);
}

int nexus_client_spool_drain(struct nexus_client *client, int timeout_ms, struct nexus_error *err)
{
    int64_t deadline = INT64_MAX;
    int code = nx_dispatch_enter(client, err);

    if (code != NEXUS_OK)
        return code;
    if (timeout_ms >= 0)
        deadline = client->wire->ops->now(client->wire) + (int64_t)timeout_ms * 1000000;
    if (client->spool && !wait_for_empty(client, deadline, false) && !client->destroy_wanted)
        code = nx_fail(err, NEXUS_E_TIMEOUT, "spool", "the spool is not empty after %d ms",
                       timeout_ms);
    nx_due_drain(client);
    return nx_dispatch_leave(client, code, err);
}
