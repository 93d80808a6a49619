/* SPDX-License-Identifier: Apache-2.0 */
/* Publishes a file of events and proves that every one of them arrives, once and unaltered:
 *
 *     quickstart FILE [SECONDS]
 *
 * FILE has one event per line (event_line.h). One client publishes without waiting for each ack,
 * another one, with a connection of its own, subscribes to everything. Both run on one thread. The
 * stream must be there. SECONDS (60) is how long it may take. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"
#include "ledger.h"

struct run {
    struct nexus_client *publisher;
    struct nexus_client *subscriber;
    struct nexus_publish_options *options;
    struct ledger ledger;
    size_t in_flight;
    int64_t deadline_ms;
};

/* What the completion of one event needs. */
struct ticket {
    struct run *run;
    struct ledger_entry *entry;
};

static bool failed(const struct nexus_error *err)
{
    fprintf(stderr, "quickstart: %s%s%s (%s)\n", err->where, *err->where ? ": " : "", err->message,
            nexus_status_name(err->code));
    return false;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct run *run = data;
    struct arrival arrival = {
        .message_id = nexus_delivery_message_id(delivery),
        .channel = event->channel,
        .tenant = nexus_delivery_tenant(delivery),
        .causal_id = nexus_delivery_causal_id(delivery),
        .payload = event->payload,
        .sequence = nexus_delivery_sequence(delivery),
    };

    ledger_arrived(&run->ledger, &arrival);
    return NEXUS_ACK;
}

static void on_published(struct nexus_client *client, const struct nexus_receipt *receipt,
                         const struct nexus_error *err, void *data)
{
    struct ticket *ticket = data;

    (void)client;
    ticket->run->in_flight--;
    if (err)
        ledger_failed(&ticket->run->ledger, ticket->entry, err);
    else
        ledger_stored(&ticket->run->ledger, ticket->entry, receipt);
    free(ticket);
}

/* Runs what is due on both clients, waiting a moment for the first of it. */
static bool serve(struct run *run, int timeout_ms)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct pollfd descriptors[2] = {{nexus_client_fd(run->publisher), POLLIN, 0},
                                    {nexus_client_fd(run->subscriber), POLLIN, 0}};

    if (poll(descriptors, 2, timeout_ms) < 0 && errno != EINTR) {
        perror("quickstart: poll");
        return false;
    }
    if (nexus_client_dispatch(run->publisher, 0, &err) < 0 ||
        nexus_client_dispatch(run->subscriber, 0, &err) < 0)
        return failed(&err);
    return true;
}

/* Publishes into the window, and lets acks make room when it is full. */
static int send_event(struct run *run, const struct event_line *event, struct ticket *ticket,
                      struct nexus_receipt *receipt, struct nexus_error *err)
{
    bool tenant = nexus_channel_has_tenant(ticket->entry->channel);
    int status = nexus_publish_options_set_callback(run->options, on_published, ticket, err);

    if (!status)
        status = nexus_publish_options_set_tenant(run->options, tenant ? NULL : event->tenant, err);
    if (!status)
        status = nexus_publish_options_set_causal_id(run->options, event->causal_id, err);
    while (!status) {
        status = nexus_publish_json(run->publisher, event->channel, tenant ? event->tenant : NULL,
                                    event->payload, run->options, receipt, err);
        if (status != NEXUS_E_FULL || now_ms() > run->deadline_ms)
            break;
        status = serve(run, 100) ? NEXUS_OK : NEXUS_E_CLOSED;
    }
    return status;
}

static bool publish_line(struct run *run, size_t number, char *text, size_t length)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct ticket *ticket = malloc(sizeof(*ticket));
    struct event_line event;
    bool read = ticket && event_line_read(&event, text, length, &err) == NEXUS_OK;
    struct ledger_entry *entry = read ? ledger_add(&run->ledger, number, &event) : NULL;

    if (!entry) {
        fprintf(stderr, "quickstart: line %zu: %s %s\n", number, err.where,
                read ? "no such channel" : err.message);
        run->ledger.refused++;
        free(ticket);
    } else {
        *ticket = (struct ticket){run, entry};
        if (send_event(run, &event, ticket, &receipt, &err)) {
            ledger_failed(&run->ledger, entry, &err);
            free(ticket);
        } else {
            run->in_flight++;
            ledger_accepted(&run->ledger, entry, &receipt);
        }
    }
    if (read)
        event_line_clear(&event);
    return serve(run, 0);
}

static bool publish_file(struct run *run, const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t capacity = 0;
    bool going = file != NULL;
    ssize_t length;

    if (!file)
        fprintf(stderr, "quickstart: %s: %s\n", path, strerror(errno));
    for (size_t number = 1; going && (length = getline(&text, &capacity, file)) > 0; number++)
        going = publish_line(run, number, text, (size_t)length);
    free(text);
    if (file)
        fclose(file);
    return going;
}

/* Until every ack is in, and everything stored has arrived. The stream delivers in its own order,
 * so whatever stands there too many has come before the last of them. */
static void await(struct run *run)
{
    while (run->in_flight > 0 || run->ledger.missing > 0) {
        if (now_ms() > run->deadline_ms) {
            fprintf(stderr, "quickstart: the time is up\n");
            return;
        }
        if (!serve(run, 100))
            return;
    }
}

/* From now on, and under a name that no other run has. */
static bool subscribe(struct run *run, char *durable, size_t size, struct nexus_error *err)
{
    struct nexus_subscribe_options *options = nexus_subscribe_options_new();
    struct nexus_subscription *subscription;
    bool done;

    snprintf(durable, size, "quickstart-%ld-%lld", (long)getpid(), (long long)time(NULL));
    done = options && !nexus_subscribe_options_set_durable(options, durable, err) &&
           !nexus_subscribe_options_set_start(options, NEXUS_START_NEW, 0, err) &&
           /* Doubles are what this looks for; the library would keep them from the handler. */
           !nexus_subscribe_options_set_inbox_memory(options, 0, 1, err) &&
           !nexus_subscribe_json(run->subscriber, NULL, NULL, on_event, run, options, &subscription,
                                 err);
    nexus_subscribe_options_destroy(options);
    return done || failed(err);
}

static bool connect_both(struct run *run, struct nexus_error *err)
{
    run->publisher = environment_client("quickstart-publisher", err);
    if (run->publisher)
        run->subscriber = environment_client("quickstart-subscriber", err);
    run->options = nexus_publish_options_new();
    return (run->subscriber && run->options &&
            !nexus_publish_options_set_wait_when_full(run->options, false, err)) ||
           failed(err);
}

static bool conclude(struct run *run, int64_t began_ms)
{
    bool right = ledger_close(&run->ledger, stdout);

    if (right)
        printf("\n  All is well: %zu events were published, stored, received once each and found "
               "equal, in %lld ms.\n",
               run->ledger.count, (long long)(now_ms() - began_ms));
    else
        printf("\n  NOT all is well: see the rows marked <- and the lines on standard error.\n");
    return right;
}

int main(int argc, char **argv)
{
    int64_t began_ms = now_ms();
    struct run run = {.ledger.complaints = stderr,
                      .deadline_ms = began_ms + 1000 * (argc > 2 ? atol(argv[2]) : 60)};
    struct nexus_error err = NEXUS_ERROR_INIT;
    char durable[64];
    bool right = false;

    if (argc < 2) {
        fprintf(stderr, "usage: quickstart FILE [SECONDS]\n");
        return 2;
    }
    if (connect_both(&run, &err) && subscribe(&run, durable, sizeof(durable), &err)) {
        if (publish_file(&run, argv[1]))
            await(&run);
        right = conclude(&run, began_ms);
        nexus_delete_durable(run.subscriber, NULL, durable, NULL);
    }
    nexus_client_destroy(run.publisher); /* what is in flight still reports to the ledger */
    nexus_client_destroy(run.subscriber);
    nexus_publish_options_destroy(run.options);
    ledger_free(&run.ledger);
    return right ? EXIT_SUCCESS : EXIT_FAILURE;
}
