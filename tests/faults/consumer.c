/* SPDX-License-Identifier: Apache-2.0 */
/* Handles every event of the stream, and writes down what it did:
 *   H id   handled and acked       R id   sent back, to come again      J id   rejected
 *   D id   deferred; its verdict follows                               P      poison, and why
 *   L id   a dead letter of it is stored
 *   U id   it may have been handled before     ! id   its transaction failed, it comes again
 *   ? id   an event that is not what its publisher published
 *   E      the subscription cannot deliver, and why */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drive.h"
#include "effects.h"

#define DEFERRED_MAX 256

/* Deliveries that another thread settles. */
struct deferred {
    struct nexus_delivery *delivery;
    enum nexus_verdict verdict;
    char id[EVENT_ID_SIZE];
};

static struct nexus_client *client;
static struct dice dice;
static bool all_verdicts;
static long handler_us;
static unsigned deadly; /* one event in so many kills the process, at each step; 0: none */
static const char *effects_path;
static struct nexus_inbox *inbox;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct deferred deferred[DEFERRED_MAX];
static unsigned deferred_count;
static bool ending;

static void write_verdict(const char *id, enum nexus_verdict verdict,
                          const struct nexus_delivery *delivery)
{
    static const char letters[] = {[NEXUS_ACK] = 'H', [NEXUS_RETRY] = 'R', [NEXUS_REJECT] = 'J'};

    journal("%c %s %lld %llu %llu", letters[verdict], id, monotonic(),
            (unsigned long long)nexus_delivery_sequence(delivery),
            (unsigned long long)nexus_delivery_count(delivery));
}

/* Mostly ACK; the rest in turns. */
static enum nexus_verdict random_verdict(struct nexus_delivery *delivery)
{
    switch (dice_roll(&dice, 10)) {
    case 0:
    case 1:
        nexus_delivery_set_retry_delay(delivery, dice_roll(&dice, 50), NULL);
        return NEXUS_RETRY;
    case 2:
        return dice_roll(&dice, 4) ? NEXUS_ACK : NEXUS_REJECT;
    case 3:
    case 4:
        return NEXUS_DEFER;
    default:
        return NEXUS_ACK;
    }
}

static bool defer(struct nexus_delivery *delivery, const char *id)
{
    enum nexus_verdict verdict = dice_roll(&dice, 4) ? NEXUS_ACK : NEXUS_RETRY;
    bool room;

    pthread_mutex_lock(&lock);
    room = deferred_count < DEFERRED_MAX;
    if (room) {
        struct deferred *at = &deferred[deferred_count++];
        at->delivery = delivery;
        at->verdict = verdict;
        snprintf(at->id, sizeof(at->id), "%s", id);
        journal("D %s %lld", id, monotonic());
        pthread_cond_signal(&changed);
    }
    pthread_mutex_unlock(&lock);
    return room;
}

static void *settle_deferred(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    while (deferred_count || !ending) {
        struct deferred one;
        if (!deferred_count) {
            pthread_cond_wait(&changed, &lock);
            continue;
        }
        one = deferred[--deferred_count];
        pthread_mutex_unlock(&lock);
        usleep(500);
        write_verdict(one.id, one.verdict, one.delivery);
        if (nexus_delivery_settle(one.delivery, one.verdict, NULL) != NEXUS_OK)
            journal("E - %lld settle %s", monotonic(), one.id);
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void die_perhaps(enum effects_step step)
{
    (void)step;
    if (deadly && !dice_roll(&dice, deadly))
        kill(getpid(), SIGKILL);
}

/* What handling this event comes to. */
static enum nexus_verdict handle(struct nexus_delivery *delivery, const char *id)
{
    if (handler_us)
        usleep((useconds_t)handler_us);
    if (effects_path)
        return effects_apply(delivery, id, die_perhaps);
    return all_verdicts ? random_verdict(delivery) : NEXUS_ACK;
}

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct event ours;
    enum nexus_verdict verdict;

    (void)data;
    if (!event_read(event->payload, &ours) || strcmp(ours.channel, event->channel) != 0 ||
        !nexus_delivery_tenant(delivery) ||
        strcmp(ours.tenant, nexus_delivery_tenant(delivery)) != 0) {
        journal("? - %lld %llu %s %.200s", monotonic(),
                (unsigned long long)nexus_delivery_sequence(delivery),
                nexus_delivery_subject(delivery), event->payload);
        return NEXUS_ACK;
    }
    verdict = handle(delivery, ours.id);
    if (verdict == NEXUS_DEFER) {
        if (defer(delivery, ours.id))
            return NEXUS_DEFER;
        verdict = NEXUS_ACK;
    }
    if (nexus_delivery_uncertain(delivery))
        journal("U %s %lld", ours.id, monotonic());
    write_verdict(ours.id, verdict, delivery);
    if (!effects_path)
        die_perhaps(AFTER_COMMIT);
    return verdict;
}

static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    (void)subscription;
    (void)data;
    journal("P - %lld %llu %s", monotonic(), (unsigned long long)poison->sequence,
            nexus_status_name(poison->err->code));
}

/* The event's id is in its payload, if it is one of ours. */
static void on_letter(struct nexus_subscription *subscription,
                      const struct nexus_dead_letter *letter, void *data)
{
    const char *at = letter->body ? strstr(letter->body, "\"payload\":{\"id\":\"") : NULL;
    char id[EVENT_ID_SIZE] = "-";

    (void)subscription;
    (void)data;
    if (at && letter->reason != NEXUS_DEAD_POISON)
        sscanf(at, "\"payload\":{\"id\":\"%47[a-z0-9-]\"", id);
    journal("L %s %lld %llu %s", id, monotonic(), (unsigned long long)letter->number,
            nexus_dead_reason_name(letter->reason));
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    (void)subscription;
    (void)data;
    journal("E - %lld %s %s", monotonic(), nexus_status_name(err->code), err->message);
}

static struct nexus_subscribe_options *subscribe_options(void)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *path = setting("inbox", NULL);

    if (!options)
        abort();
    if (path) {
        drive_must(nexus_inbox_open(path, 3600, false, &inbox, &err), &err, "inbox");
        drive_must(nexus_subscribe_options_set_inbox(options, inbox, &err), &err, "inbox");
    }
    drive_must(
        nexus_subscribe_options_set_ack_wait(options, setting_number("ack_wait", 5000), &err), &err,
        "ack_wait");
    drive_must(nexus_subscribe_options_set_queue(options, (uint32_t)setting_number("queue", 1024),
                                                 8u << 20, &err),
               &err, "queue");
    drive_must(nexus_subscribe_options_set_poison_callback(options, on_poison, NULL, &err), &err,
               "poison");
    drive_must(nexus_subscribe_options_set_dead_letter_callback(options, on_letter, NULL, &err),
               &err, "dead letters");
    if (setting_number("max_deliver", 0))
        drive_must(nexus_subscribe_options_set_max_deliver(options,
                                                           setting_number("max_deliver", 0), &err),
                   &err, "max_deliver");
    drive_must(nexus_subscribe_options_set_error_callback(options, on_error, NULL, &err), &err,
               "error");
    return options;
}

/* The server may not be there yet; a service that starts tries again. */
static struct nexus_subscription *subscribe(const struct nexus_subscribe_options *options)
{
    struct nexus_subscription *subscription = NULL;
    struct nexus_error err = NEXUS_ERROR_INIT;

    while (!drive_stopped() && nexus_subscribe_json(client, NULL, NULL, on_event, NULL, options,
                                                    &subscription, &err) != NEXUS_OK) {
        journal("E - %lld %s %s", monotonic(), nexus_status_name(err.code), err.message);
        nexus_client_dispatch(client, 200, NULL);
    }
    return subscription;
}

int main(int argc, char **argv)
{
    struct nexus_client_options *options;
    struct nexus_subscribe_options *how;
    struct nexus_error err = NEXUS_ERROR_INIT;
    pthread_t settler;

    settings_read(argc, argv);
    options = drive_options();
    how = subscribe_options();
    all_verdicts = strcmp(setting("verdicts", "ack"), "all") == 0;
    handler_us = setting_number("handler_us", 0);
    dice.state = (unsigned long long)setting_number("seed", 1);
    deadly = (unsigned)setting_number("deadly", 0);
    effects_path = setting("effects", NULL);
    journal_open(setting("journal", NULL));
    settings_check();
    if (effects_path)
        effects_open(effects_path);
    client = drive_connect(options);
    drive_stop_on_signal(client);
    if (pthread_create(&settler, NULL, settle_deferred, NULL))
        abort();
    if (subscribe(how)) {
        journal("B - %lld", monotonic());
        drive_must(nexus_client_run(client, &err), &err, "run");
    }
    pthread_mutex_lock(&lock);
    ending = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    pthread_join(settler, NULL);
    nexus_client_close(client, 10000, NULL);
    drive_finish(client);
    nexus_client_destroy(client);
    nexus_subscribe_options_destroy(how);
    nexus_inbox_destroy(inbox);
    effects_close();
    return 0;
}
