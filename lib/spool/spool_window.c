/* SPDX-License-Identifier: Apache-2.0 */
/* Events of the window that are the spool's, or become so; and subjects that have to wait. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool.h"
#include "status.h"

#define PARK_FIRST_NS 1000000000LL
#define PARK_MOST_NS  60000000000LL

/* A subject that the server does not take now. Its events stay in the file, in order, while those
 * of others pass; from time to time they are tried again. */
struct nx_spool_parked {
    struct nx_spool_parked *next;
    int64_t first_id; /* of those that were left in the file */
    int64_t retry_at; /* 0: is being tried */
    int64_t pause;
    char subject[];
};

/* ---- subjects that wait */

static struct nx_spool_parked *find_parked(const struct nx_spool *spool, const char *subject)
{
    struct nx_spool_parked *at = spool->parked;

    while (at && strcmp(at->subject, subject) != 0)
        at = at->next;
    return at;
}

static void count_parked(struct nx_spool *spool, int change)
{
    pthread_mutex_lock(&spool->lock);
    spool->stats.waiting_subjects += (uint64_t)(int64_t)change;
    pthread_mutex_unlock(&spool->lock);
}

static struct nx_spool_parked *new_parked(struct nx_spool *spool, const char *subject, int64_t id)
{
    size_t length = strlen(subject);
    struct nx_spool_parked *parked = malloc(sizeof(*parked) + length + 1);

    if (!parked)
        return NULL;
    *parked = (struct nx_spool_parked){spool->parked, id, 0, PARK_FIRST_NS / 2};
    memcpy(parked->subject, subject, length + 1);
    spool->parked = parked;
    count_parked(spool, 1);
    return parked;
}

bool nx_spool_is_parked(const struct nx_spool *spool, const char *subject, int64_t id)
{
    struct nx_spool_parked *parked = spool->parked ? find_parked(spool, subject) : NULL;

    if (!parked || !parked->retry_at)
        return false;
    if (id < parked->first_id)
        parked->first_id = id;
    return true;
}

/* Reading begins anew, there or before it: what was read ahead would come too early. */
static void rewind_to(struct nx_spool *spool, int64_t id)
{
    struct nx_kept *kept;

    pthread_mutex_lock(&spool->lock);
    while ((kept = nx_kept_pop(&spool->ready))) {
        id = kept->id < id ? kept->id : id;
        nx_ids_remove(&spool->held, kept->id);
        nx_kept_release(kept);
    }
    if (id < spool->cursor)
        spool->cursor = id;
    spool->rewinds++;
    spool->caught_up = false;
    nx_spool_wake(spool);
    pthread_mutex_unlock(&spool->lock);
}

void nx_spool_park(struct nx_spool *spool, const char *subject, int64_t id, int code)
{
    struct nx_spool_parked *parked = find_parked(spool, subject);
    int64_t now = spool->client->wire->ops->now(spool->client->wire);
    bool fresh = !parked;

    if (!parked)
        parked = new_parked(spool, subject, id);
    if (!parked) {
        rewind_to(spool, id); /* no memory: at once again */
        return;
    }
    if (id < parked->first_id)
        parked->first_id = id;
    if (parked->retry_at)
        return;
    parked->pause = parked->pause * 2 < PARK_MOST_NS ? parked->pause * 2 : PARK_MOST_NS;
    parked->retry_at = now + parked->pause;
    if (fresh) {
        char message[300];
        snprintf(message, sizeof(message), "events of %s wait in the spool: %s", subject,
                 nexus_status_text(code));
        nx_spool_report_locked(spool, NEXUS_SPOOL_WAITING, code, NULL, 1, message);
    }
}

int64_t nx_spool_unpark(struct nx_spool *spool, int64_t now)
{
    int64_t next = INT64_MAX;

    for (struct nx_spool_parked *at = spool->parked; at; at = at->next) {
        if (!at->retry_at || !spool->client->up)
            continue;
        if (at->retry_at <= now) {
            rewind_to(spool, at->first_id);
            at->retry_at = 0;
            at->first_id = INT64_MAX;
        } else if (at->retry_at < next) {
            next = at->retry_at;
        }
    }
    return next;
}

void nx_spool_unparked(struct nx_spool *spool, const char *subject)
{
    struct nx_spool_parked **at = &spool->parked, *parked;

    while (*at && strcmp((*at)->subject, subject) != 0)
        at = &(*at)->next;
    parked = *at;
    if (!parked || parked->retry_at)
        return;
    *at = parked->next;
    free(parked);
    count_parked(spool, -1);
}

void nx_spool_unpark_free(struct nx_spool *spool)
{
    for (struct nx_spool_parked *parked; (parked = spool->parked);) {
        spool->parked = parked->next;
        free(parked);
    }
}

/* ---- live events that have waited too long */

void nx_spool_adopt(struct nexus_client *client, struct nx_record *record)
{
    struct nx_kept *kept = record->kept;

    if (!kept || record->adopting || record->sending || record->adopt_failed ||
        nx_spool_owns(record) || record->state == NX_RECORD_SPOOLING ||
        !nx_spool_fits(client, kept->length))
        return;
    record->adopting = true;
    kept->adopted = true;
    kept->noted_at = kept->tried_at;
    kept->number = nx_record_ack_number(record);
    nx_spool_append(client, nx_kept_retain(kept));
}

void nx_spool_adopt_all(struct nexus_client *client)
{
    if (!client->spool)
        return;
    for (struct nx_record *at = client->publisher->first; at; at = at->next)
        nx_spool_adopt(client, at);
}

/* ---- what the disk said */

static void told_adopted(struct nx_spool *spool, struct nx_record *record, int code)
{
    struct nexus_client *client = spool->client;
    struct nx_kept *kept = record->kept;

    record->adopting = false;
    if (code != NEXUS_OK) {
        kept->adopted = false;
        record->adopt_failed = true;
        return;
    }
    if (!nx_record_told(client, record))
        return; /* no memory: whoever waits hears of the ack */
    record->deadline = nx_spool_deadline(spool, kept);
    spool->in_window++;
    spool->window_bytes += kept->length;
}

void nx_spool_durable(struct nx_spool *spool, struct nx_kept *batch, int code,
                      const struct nexus_error *err)
{
    struct nexus_client *client = spool->client;
    struct nx_puback ack = {.kind = NX_PUBACK_STORED, .spooled = true};

    if (!batch)
        return;
    pthread_mutex_lock(&client->lock);
    for (struct nx_kept *at = batch; at; at = at->next) {
        struct nx_record *record = nx_window_find(client, at->number);
        if (!record)
            continue;
        if (at->adopted)
            told_adopted(spool, record, code);
        else if (record->state == NX_RECORD_SPOOLING)
            nx_window_end(client, record, code, code == NEXUS_OK ? &ack : NULL,
                          err ? err->message : NULL);
    }
    nx_publisher_tell(client);
    pthread_mutex_unlock(&client->lock);
}

/* ---- the end of an event in the window */

bool nx_spool_keeps(const struct nx_record *record, int code)
{
    return record->parks || code == NEXUS_E_CLOSED || code == NEXUS_E_NO_STREAM ||
           code == NEXUS_E_PERMISSION || code == NEXUS_E_UNSUPPORTED || code == NEXUS_E_MEMORY;
}

static void remove_from_file(struct nx_spool *spool, struct nx_kept *kept)
{
    pthread_mutex_lock(&spool->lock);
    nx_spool_done(spool, kept);
    pthread_mutex_unlock(&spool->lock);
}

static void ended_own(struct nx_spool *spool, const struct nx_record *record, int code,
                      const char *text)
{
    struct nx_kept *kept = record->kept;

    if (code == NEXUS_E_CLOSED)
        return; /* the next one who opens the file sends it */
    if (nx_spool_keeps(record, code)) {
        nx_spool_park(spool, record->subject, kept->id, code);
        pthread_mutex_lock(&spool->lock);
        nx_ids_remove(&spool->held, kept->id);
        pthread_mutex_unlock(&spool->lock);
        return;
    }
    if (code == NEXUS_OK) {
        pthread_mutex_lock(&spool->lock);
        spool->stats.drained++;
        pthread_mutex_unlock(&spool->lock);
        if (spool->parked)
            nx_spool_unparked(spool, record->subject);
    } else if (code == NEXUS_E_TIMEOUT) {
        nx_spool_report_locked(spool, NEXUS_SPOOL_DROPPED_AGE, code, kept, 1,
                               "older than the limit");
    } else {
        nx_spool_report_locked(spool, NEXUS_SPOOL_GIVEN_UP, code, kept, 1,
                               text ? text : nexus_status_text(code));
    }
    remove_from_file(spool, kept);
}

void nx_spool_ended(struct nexus_client *client, struct nx_record *record, int code,
                    const char *text)
{
    struct nx_spool *spool = client->spool;
    struct nx_kept *kept = record->kept;

    if (nx_spool_owns(record)) {
        spool->in_window--;
        spool->window_bytes -= kept->length;
        ended_own(spool, record, code, text);
    } else if (kept->adopted) {
        pthread_mutex_lock(&spool->lock);
        if (!kept->removed)
            nx_spool_done(spool, kept);
        kept->removed = true;
        pthread_mutex_unlock(&spool->lock);
    }
    record->kept = NULL;
    nx_kept_release(kept);
}

/* ---- attempts */

static void mark(struct nexus_client *client, struct nx_record *record)
{
    char since[24];
    struct nx_outgoing event;
    struct nx_message *message = record->message;

    if (nx_outgoing_read(record->kept->bytes, record->kept->length, &event, NULL) != NEXUS_OK ||
        event.header_count == NX_OUTGOING_HEADERS)
        return;
    snprintf(since, sizeof(since), "%lld", (long long)record->kept->tried_at);
    event.headers[event.header_count++] = (struct nx_header){NX_RESENT_HEADER, since};
    if (nx_record_message(client, record, &event, NULL) != NEXUS_OK) {
        record->message = message;
        return;
    }
    client->wire->ops->message_free(client->wire, message);
    record->marked = true;
    pthread_mutex_lock(&client->spool->lock);
    client->spool->stats.marked++;
    pthread_mutex_unlock(&client->spool->lock);
}

void nx_spool_before_send(struct nexus_client *client, struct nx_record *record)
{
    struct nx_kept *kept = record->kept;
    int64_t now = nx_wall_ms();

    if (!kept->tried_at)
        kept->tried_at = now;
    else if (!record->marked && now - kept->tried_at > client->options->spool_duplicate_window_ms)
        mark(client, record);
}
