/* SPDX-License-Identifier: Apache-2.0 */
/* What is told about events that the spool drops, loses, or cannot send now. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool.h"
#include "status.h"

#define REPORTS_MAX 4096

struct report_due {
    struct nx_due due;
    struct nexus_spool_report report;
    bool sums; /* is the one that tells how many were not told one by one */
    struct nx_kept *kept;
    char message[384];
};

static const char *const reasons[] = {
    [NEXUS_SPOOL_DROPPED_FULL] = "dropped_full", [NEXUS_SPOOL_DROPPED_AGE] = "dropped_age",
    [NEXUS_SPOOL_GIVEN_UP] = "given_up",         [NEXUS_SPOOL_LOST] = "lost",
    [NEXUS_SPOOL_WAITING] = "waiting",
};

static void name_event(struct nexus_spool_report *report, const struct nx_kept *kept)
{
    struct nx_outgoing event;

    if (!kept)
        return;
    report->accepted_at = kept->accepted_at;
    if (nx_outgoing_read(kept->bytes, kept->length, &event, NULL) != NEXUS_OK)
        return;
    report->subject = event.subject;
    report->message_id = event.message_id;
    report->causal_id = event.causal_id;
}

static void run_report(struct nexus_client *client, struct nx_due *due)
{
    struct report_due *waiting = (struct report_due *)due;
    struct nx_spool *spool = client->spool;

    pthread_mutex_lock(&client->lock);
    spool->reports--;
    if (waiting->sums) {
        waiting->report.count = spool->summed[waiting->report.reason];
        spool->summed[waiting->report.reason] = 0;
    }
    pthread_mutex_unlock(&client->lock);
    name_event(&waiting->report, waiting->kept);
    client->options->spool_callback(client, &waiting->report, client->options->spool_data);
    nx_kept_release(waiting->kept);
    free(waiting);
}

static void count(struct nx_spool *spool, enum nexus_spool_reason reason, uint64_t events)
{
    uint64_t *const counters[] = {
        [NEXUS_SPOOL_DROPPED_FULL] = &spool->stats.dropped_full,
        [NEXUS_SPOOL_DROPPED_AGE] = &spool->stats.dropped_age,
        [NEXUS_SPOOL_GIVEN_UP] = &spool->stats.given_up,
        [NEXUS_SPOOL_LOST] = &spool->stats.lost,
        [NEXUS_SPOOL_WAITING] = NULL,
    };

    if (!counters[reason])
        return;
    pthread_mutex_lock(&spool->lock);
    *counters[reason] += events;
    pthread_mutex_unlock(&spool->lock);
}

static void push(struct nx_spool *spool, enum nexus_spool_reason reason, int code,
                 struct nx_kept *kept, uint64_t events, const char *message)
{
    bool sums = spool->reports >= REPORTS_MAX;
    bool first = sums && !spool->summed[reason];
    struct report_due *due;

    if (sums)
        spool->summed[reason] += events;
    if (sums && !first)
        return;
    due = calloc(1, sizeof(*due));
    if (!due)
        return; /* the counters have it */
    due->due.run = run_report;
    due->sums = sums;
    due->kept = kept && !sums ? nx_kept_retain(kept) : NULL;
    snprintf(due->message, sizeof(due->message), "%s", message);
    due->report = (struct nexus_spool_report){.size = sizeof(due->report),
                                              .reason = reason,
                                              .code = code,
                                              .count = events,
                                              .message = due->message};
    spool->reports++;
    nx_due_push(spool->client, &due->due);
}

void nx_spool_report_locked(struct nx_spool *spool, enum nexus_spool_reason reason, int code,
                            struct nx_kept *kept, uint64_t events, const char *message)
{
    count(spool, reason, events);
    if (spool->client->options->spool_callback)
        push(spool, reason, code, kept, events, message);
}

void nx_spool_report(struct nx_spool *spool, enum nexus_spool_reason reason, int code,
                     struct nx_kept *kept, uint64_t events, const char *format, ...)
{
    struct nexus_spool_report named = {.subject = NULL};
    char message[384];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&spool->client->lock);
    nx_spool_report_locked(spool, reason, code, kept, events, message);
    pthread_mutex_unlock(&spool->client->lock);
    name_event(&named, kept);
    nx_log(spool->client, NEXUS_LOG_ERROR, "spool",
           "what=%s events=%" PRIu64 " id=%s reason=\"%s\"", reasons[reason], events,
           named.message_id ? named.message_id : "", message);
}
