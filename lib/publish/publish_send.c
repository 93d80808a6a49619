/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts: sending, what the answers mean, what happens when none comes, and all of it again when
 * the connection has been replaced. */
#include <stdlib.h>
#include <string.h>

#include "publisher.h"
#include "spool.h"

#define GATE_RETRY_NS 20000000

static int64_t ack_timeout(const struct nexus_client *client)
{
    return client->options->ack_timeout_ms * 1000000;
}

/* What send() said, and what happened meanwhile. */
static bool sent(struct nexus_client *client, struct nx_record *record, uint64_t epoch, int code)
{
    record->sending = false;
    if (record->ended_early) {
        nx_window_end_kept(client, record);
        nx_publisher_tell(client);
        return true;
    }
    if (code == NEXUS_E_TOO_LARGE) {
        nx_window_end(client, record, code, NULL, "the server does not take messages this large");
        return true;
    }
    if (record->state != NX_RECORD_SENT)
        return true; /* its answer asked for a retry */
    if (code == NEXUS_OK && epoch == client->epoch)
        return true;
    /* It went nowhere, or into a connection that has been replaced. */
    record->state = NX_RECORD_UNSENT;
    client->publisher->gated = true;
    return false;
}

bool nx_record_send(struct nexus_client *client, struct nx_record *record, bool urgent)
{
    struct nx_publisher *publisher = client->publisher;
    uint64_t epoch = client->epoch;
    struct nx_message *message;
    int64_t check;
    int code;

    record->sent_at = client->wire->ops->now(client->wire);
    check = record->sent_at + ack_timeout(client);
    if (check < publisher->next_check)
        publisher->next_check = check;
    record->state = NX_RECORD_SENT;
    record->epoch = epoch;
    record->sending = true;
    if (record->kept)
        nx_spool_before_send(client, record);
    message = record->message;
    if (record->attempts++) {
        nx_count(client, NX_RESENT);
        nx_metrics_count(&client->metrics, record->channel, NX_METRIC_RESENT);
    }
    pthread_mutex_unlock(&client->lock);
    code = client->wire->ops->send(client->wire, message, urgent);
    pthread_mutex_lock(&client->lock);
    return sent(client, record, epoch, code);
}

void nx_record_start(struct nexus_client *client, struct nx_record *record, bool urgent)
{
    struct nx_publisher *publisher = client->publisher;
    int64_t check = client->wire->ops->now(client->wire) + ack_timeout(client);
    bool wake = check < publisher->io_next;
    struct nx_hold *hold;

    if (!client->up || publisher->gated)
        record->state = NX_RECORD_UNSENT;
    else if ((hold = nx_hold_find(client, record->subject)))
        nx_hold_join(hold, record);
    else
        wake |= !nx_record_send(client, record, urgent);
    if (wake)
        client->wire->ops->wake(client->wire);
}

/* ---- answers */

static void settle(struct nexus_client *client, const struct nx_ack *ack)
{
    const struct nx_puback *answer = &ack->answer;
    struct nx_record *record = nx_window_find(client, ack->number);

    if (!record)
        return; /* answered before, or given up on */
    if (answer->kind == NX_PUBACK_STORED)
        nx_window_end(client, record, NEXUS_OK, answer, NULL);
    else if (answer->kind == NX_PUBACK_REFUSED)
        nx_window_end(client, record, answer->code, NULL, answer->text);
    else if (record->state == NX_RECORD_SENT)
        nx_hold_retry(client, record, answer->code);
}

/* Acks come in bundles; taking the lock once for each bundle leaves it to the publishers. */
static void settle_acks(struct nexus_client *client)
{
    struct nx_publisher *publisher = client->publisher;

    if (!publisher->ack_count)
        return;
    pthread_mutex_lock(&client->lock);
    for (unsigned i = 0; i < publisher->ack_count; i++)
        settle(client, &publisher->acks[i]);
    nx_publisher_tell(client);
    nx_dead_free(client);
    pthread_mutex_unlock(&client->lock);
    publisher->ack_count = 0;
}

void nx_publisher_ack(struct nexus_client *client, uint64_t number, const struct nx_view *view)
{
    struct nx_ack *ack = &client->publisher->acks[client->publisher->ack_count++];

    ack->number = number;
    nx_puback_read(view, &ack->answer);
    if (client->publisher->ack_count == NX_ACK_BATCH)
        settle_acks(client);
}

/* All that is under way in the shard is tried again: the message ids make that harmless for those
 * that are being stored after all. */
void nx_publisher_unanswered(struct nexus_client *client, unsigned shard)
{
    char subject[NEXUS_SUBJECT_MAX + 1] = "";
    uint32_t most = 0;

    settle_acks(client);
    pthread_mutex_lock(&client->lock);
    for (struct nx_record *at = client->publisher->first; at; at = at->next) {
        if (at->shard != shard || at->state != NX_RECORD_SENT)
            continue;
        nx_hold_retry(client, at, NEXUS_E_NO_STREAM);
        if (at->attempts >= most) { /* the likeliest to be the one */
            most = at->attempts;
            memcpy(subject, at->subject, strlen(at->subject) + 1);
        }
    }
    pthread_mutex_unlock(&client->lock);
    if (*subject)
        nx_coverage_ask(client, subject);
}

void nx_publisher_forbidden(struct nexus_client *client, const char *subject)
{
    struct nx_record *record, *next;

    pthread_mutex_lock(&client->lock);
    for (record = client->publisher->first; record; record = next) {
        next = record->next;
        if (record->attempts && strcmp(record->subject, subject) == 0)
            nx_window_end(client, record, NEXUS_E_PERMISSION, NULL, NULL);
    }
    pthread_mutex_unlock(&client->lock);
}

/* ---- the connection has been replaced */

void nx_publisher_gate(struct nexus_client *client)
{
    client->publisher->gated = true;
    nx_hold_dissolve(client);
    for (struct nx_record *at = client->publisher->first; at; at = at->next)
        if (!at->sending && at->state != NX_RECORD_SPOOLING)
            at->state = NX_RECORD_UNSENT;
}

static struct nx_record *unsent_from(struct nx_record *at)
{
    while (at && (at->state != NX_RECORD_UNSENT || at->sending))
        at = at->next;
    return at;
}

/* Sends what waited, in order. What is published meanwhile queues behind, until none is left. */
void nx_publisher_up(struct nexus_client *client)
{
    struct nx_publisher *publisher = client->publisher;
    struct nx_record *record;
    bool taken = true;

    pthread_mutex_lock(&client->lock);
    record = unsent_from(publisher->first);
    while (record && taken) {
        uint64_t follower = record->next ? nx_record_ack_number(record->next) : UINT64_MAX;
        taken = nx_record_send(client, record, false);
        record = nx_window_find(client, follower);
        record = unsent_from(record ? record : publisher->first);
    }
    publisher->gated = record != NULL || !taken;
    pthread_mutex_unlock(&client->lock);
}

/* ---- time */

/* A live event that the spool is to take when it has waited for as long as one attempt may take. */
static bool may_be_adopted(const struct nx_record *record)
{
    return record->kept && !record->adopting && !record->adopt_failed && !nx_spool_owns(record) &&
           record->state != NX_RECORD_SPOOLING;
}

/* An attempt or an event is past its time. Its subject goes to `silent` when it was an attempt. */
static void check_record(struct nexus_client *client, struct nx_record *record, int64_t now,
                         char silent[NEXUS_SUBJECT_MAX + 1])
{
    int64_t attempt_ends = record->sent_at + ack_timeout(client);

    if (record->deadline <= now) {
        nx_window_end(client, record, NEXUS_E_TIMEOUT, NULL, NULL);
        return;
    }
    if (record->state == NX_RECORD_SENT && !record->sending && attempt_ends <= now) {
        memcpy(silent, record->subject, strlen(record->subject) + 1);
        nx_hold_retry(client, record, NEXUS_E_TIMEOUT);
    }
    if (may_be_adopted(record) && record->accepted_at + ack_timeout(client) <= now)
        nx_spool_adopt(client, record);
}

static int64_t next_check_of(const struct nexus_client *client, const struct nx_record *record)
{
    int64_t next = record->deadline;
    int64_t attempt_ends = record->sent_at + ack_timeout(client);
    int64_t adopted = record->accepted_at + ack_timeout(client);

    if (record->state == NX_RECORD_SENT && attempt_ends < next)
        next = attempt_ends;
    if (may_be_adopted(record) && adopted < next)
        next = adopted;
    return next;
}

static void check_window(struct nexus_client *client, int64_t now,
                         char silent[NEXUS_SUBJECT_MAX + 1])
{
    struct nx_publisher *publisher = client->publisher;
    struct nx_record *record, *next;
    int64_t earliest = INT64_MAX;

    for (record = publisher->first; record; record = next) {
        next = record->next;
        check_record(client, record, now, silent);
    }
    for (record = publisher->first; record; record = record->next) {
        int64_t check = next_check_of(client, record);
        earliest = check < earliest ? check : earliest;
    }
    publisher->next_check = earliest > now ? earliest : now + GATE_RETRY_NS;
}

int64_t nx_publisher_tick(struct nexus_client *client, int64_t now)
{
    struct nx_publisher *publisher = client->publisher;
    char silent[NEXUS_SUBJECT_MAX + 1] = "";
    bool reopen;
    int64_t next, held;

    settle_acks(client);
    pthread_mutex_lock(&client->lock);
    if (publisher->signing && publisher->signing->count)
        nx_signing_run(client, true, false);
    reopen = client->up && publisher->gated;
    pthread_mutex_unlock(&client->lock);
    if (reopen)
        nx_publisher_up(client);

    pthread_mutex_lock(&client->lock);
    if (now >= publisher->next_check)
        check_window(client, now, silent);
    nx_hold_give_back(client);
    held = nx_hold_tick(client, now);
    next = publisher->first ? publisher->next_check : INT64_MAX;
    /* After traffic it looks again, so that a busy caller need not wake it for each event. */
    if (publisher->last_number != publisher->io_last && next > now + ack_timeout(client))
        next = now + ack_timeout(client);
    publisher->io_last = publisher->last_number;
    next = held < next ? held : next;
    if (client->up && publisher->gated && next > now + GATE_RETRY_NS)
        next = now + GATE_RETRY_NS;
    if (nx_signing_left(client))
        next = now;
    publisher->io_next = next;
    nx_publisher_tell(client);
    nx_dead_free(client);
    pthread_mutex_unlock(&client->lock);
    if (*silent) {
        nx_io_doubt(client);
        nx_coverage_ask(client, silent);
    }
    return next;
}

void nx_publisher_abandon(struct nexus_client *client)
{
    struct nx_record *record, *next;

    settle_acks(client);
    pthread_mutex_lock(&client->lock);
    client->publisher->abandoned = true;
    nx_signing_abandon(client);
    for (record = client->publisher->first; record; record = next) {
        next = record->next;
        nx_window_end(client, record, NEXUS_E_CLOSED, NULL, NULL);
    }
    nx_dead_free(client);
    nx_hold_dissolve(client);
    pthread_cond_broadcast(&client->publisher->progress);
    pthread_mutex_unlock(&client->lock);
}
