/* SPDX-License-Identifier: Apache-2.0 */
/* Holds: while an event of a subject is being retried, the later ones of that subject wait, in
 * order. The first one is tried again by itself; once it is stored, the others follow at once. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "publisher.h"
#include "spool.h"

#define BACKOFF_FIRST_MS 50
#define BACKOFF_MOST_MS  1000
#define GIVE_BACK_AFTER  8 /* attempts: about four seconds */

struct nx_hold {
    struct nx_hold *next;    /* in its bucket */
    struct nx_record *first; /* by order of acceptance, linked by hold_next */
    struct nx_record *trial; /* the first one, while it waits for its ack */
    int64_t retry_at;
    unsigned attempts;
    bool released; /* the trial was stored: the others go */
    char subject[NEXUS_SUBJECT_MAX + 1];
};

unsigned nx_subject_hash(const char *subject)
{
    uint32_t hash = 2166136261u;

    for (const char *at = subject; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 16777619u;
    return hash ^ hash >> 16;
}

static struct nx_hold **bucket_of(struct nx_publisher *publisher, const char *subject)
{
    return &publisher->holds[nx_subject_hash(subject) % NX_HOLD_BUCKETS];
}

struct nx_hold *nx_hold_find(struct nexus_client *client, const char *subject)
{
    struct nx_hold *hold = NULL;

    if (client->publisher->hold_count)
        hold = *bucket_of(client->publisher, subject);
    while (hold && strcmp(hold->subject, subject) != 0)
        hold = hold->next;
    return hold;
}

static struct nx_hold *make_hold(struct nexus_client *client, const char *subject)
{
    struct nx_hold **bucket = bucket_of(client->publisher, subject);
    struct nx_hold *hold = calloc(1, sizeof(*hold));

    if (!hold)
        return NULL;
    memcpy(hold->subject, subject, strlen(subject) + 1);
    hold->next = *bucket;
    *bucket = hold;
    client->publisher->hold_count++;
    return hold;
}

static void free_hold(struct nexus_client *client, struct nx_hold *hold)
{
    struct nx_hold **at = bucket_of(client->publisher, hold->subject);

    while (*at != hold)
        at = &(*at)->next;
    *at = hold->next;
    client->publisher->hold_count--;
    free(hold);
}

void nx_hold_join(struct nx_hold *hold, struct nx_record *record)
{
    struct nx_record **at = &hold->first;

    while (*at && (*at)->number < record->number)
        at = &(*at)->hold_next;
    record->hold_next = *at;
    *at = record;
    record->hold = hold;
    record->state = NX_RECORD_HELD;
}

static void unlink_held(struct nx_hold *hold, struct nx_record *record)
{
    struct nx_record **at = &hold->first;

    while (*at != record)
        at = &(*at)->hold_next;
    *at = record->hold_next;
    record->hold_next = NULL;
    record->hold = NULL;
}

static int64_t backoff_ns(unsigned attempts)
{
    uint32_t ms = attempts < 5 ? (uint32_t)BACKOFF_FIRST_MS << attempts : BACKOFF_MOST_MS;

    if (ms > BACKOFF_MOST_MS)
        ms = BACKOFF_MOST_MS;
    return (int64_t)(ms / 2 + randombytes_uniform(ms / 2 + 1)) * 1000000;
}

void nx_hold_retry(struct nexus_client *client, struct nx_record *record, int code)
{
    struct nx_hold *hold = record->hold ? record->hold : nx_hold_find(client, record->subject);
    int64_t now = client->wire->ops->now(client->wire);

    record->last_code = code;
    if (!hold)
        hold = make_hold(client, record->subject);
    if (!hold) {
        record->sent_at = now; /* no memory: the ack timeout comes back to it */
        return;
    }
    if (!record->hold)
        nx_hold_join(hold, record);
    if (hold->trial == record || !hold->retry_at) {
        hold->trial = NULL;
        hold->retry_at = now + backoff_ns(hold->attempts++);
    }
    record->state = NX_RECORD_HELD;
}

void nx_hold_leave(struct nx_record *record, bool stored)
{
    struct nx_hold *hold = record->hold;

    if (!hold)
        return;
    unlink_held(hold, record);
    if (hold->trial == record) {
        hold->trial = NULL;
        hold->released = stored;
        hold->retry_at = 1; /* at once */
        hold->attempts = 0;
    }
}

/* New events keep joining behind until the last one has been sent, so that none overtakes. False
 * when the wire takes no more. */
static bool send_all(struct nexus_client *client, struct nx_hold *hold)
{
    while (hold->first) {
        struct nx_record *record = hold->first;
        if (record->sending)
            return true;
        unlink_held(hold, record);
        if (!nx_record_send(client, record, true))
            return false;
    }
    return true;
}

static bool send_trial(struct nexus_client *client, struct nx_hold *hold)
{
    hold->trial = hold->first;
    hold->retry_at = 0;
    return nx_record_send(client, hold->first, true);
}

/* The next hold that is due, else the earliest time when one will be. Empty ones are freed here and
 * nowhere else, so that a hold is sound while the I/O thread is at it. */
static struct nx_hold *due_hold(struct nexus_client *client, int64_t now, int64_t *next)
{
    *next = INT64_MAX;
    for (unsigned i = 0; i < NX_HOLD_BUCKETS; i++) {
        struct nx_hold *hold = client->publisher->holds[i], *after;
        for (; hold; hold = after) {
            after = hold->next;
            if (!hold->first)
                free_hold(client, hold);
            else if (hold->trial || hold->first->sending)
                continue;
            else if (hold->retry_at <= now)
                return hold;
            else if (hold->retry_at < *next)
                *next = hold->retry_at;
        }
    }
    return NULL;
}

int64_t nx_hold_tick(struct nexus_client *client, int64_t now)
{
    struct nx_hold *hold;
    int64_t next = INT64_MAX;

    while (client->up && client->publisher->hold_count && (hold = due_hold(client, now, &next)))
        if (!(hold->released ? send_all(client, hold) : send_trial(client, hold)))
            return INT64_MAX; /* the wire went down: all is sent again when it is up */
    return next;
}

static bool may_go_back(const struct nx_hold *hold)
{
    if (hold->attempts < GIVE_BACK_AFTER || !hold->first)
        return false;
    for (const struct nx_record *at = hold->first; at; at = at->hold_next)
        if (!nx_spool_owns(at) || at->sending)
            return false;
    return true;
}

void nx_hold_give_back(struct nexus_client *client)
{
    if (!client->spool || !client->publisher->hold_count)
        return;
    for (unsigned i = 0; i < NX_HOLD_BUCKETS; i++)
        for (struct nx_hold *hold = client->publisher->holds[i]; hold; hold = hold->next) {
            bool goes = may_go_back(hold);
            while (goes && hold->first) {
                struct nx_record *record = hold->first;
                record->parks = true;
                nx_window_end(client, record,
                              record->last_code ? record->last_code : NEXUS_E_TIMEOUT, NULL, NULL);
            }
        }
}

void nx_hold_dissolve(struct nexus_client *client)
{
    for (unsigned i = 0; i < NX_HOLD_BUCKETS; i++)
        for (struct nx_hold *hold; (hold = client->publisher->holds[i]);) {
            while (hold->first) {
                struct nx_record *record = hold->first;
                unlink_held(hold, record);
                record->state = NX_RECORD_UNSENT;
            }
            free_hold(client, hold);
        }
}
