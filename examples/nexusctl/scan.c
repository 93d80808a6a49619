/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "durable.h"
#include "names.h"
#include "report.h"
#include "signals.h"

/* Whether a message was stored after the scan began; it, or the last one before, ends the scan. */
static bool is_beyond(struct scan *scan, uint64_t sequence)
{
    if (sequence >= scan->last)
        scan->ended = true;
    return sequence > scan->last;
}

static enum nexus_verdict on_event(const struct nexus_json_event *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct scan *scan = data;

    (void)event;
    if (scan->ended || signals_stopped())
        return NEXUS_RETRY;
    if (is_beyond(scan, nexus_delivery_sequence(delivery)))
        return NEXUS_RETRY;
    scan->read++;
    if (!scan->on_event(delivery, scan->data))
        scan->ended = true;
    if (!scan->silent)
        report_progress("%" PRIu64 " of %" PRIu64 " events read", scan->read + scan->passed,
                        scan->total);
    return NEXUS_ACK;
}

/* Counted, and told at the end: a stream of unsigned events would flood the terminal. */
static void on_poison(struct nexus_subscription *subscription, const struct nexus_poison *poison,
                      void *data)
{
    struct scan *scan = data;

    (void)subscription;
    scan->passed += poison->sequence <= scan->last; /* does not end it: handlers may be behind */
}

static void on_error(struct nexus_subscription *subscription, const struct nexus_error *err,
                     void *data)
{
    struct scan *scan = data;

    (void)subscription;
    scan->status = report(err);
    scan->ended = true;
}

static int subscribe(struct scan *scan, const char *durable, struct nexus_subscription **out,
                     struct nexus_error *err)
{
    struct nexus_stream_info stream = NEXUS_STREAM_INFO_INIT;
    struct nexus_consumer_info info = NEXUS_CONSUMER_INFO_INIT;
    struct nexus_subscribe_options *options = scan->options;
    int status = nexus_inspect_stream(scan->client, NULL, &stream, err);

    scan->last = stream.last_sequence;
    scan->ended = stream.events == 0;
    if (!status)
        status = nexus_subscribe_options_set_durable(options, durable, err);
    if (!status)
        status = nexus_subscribe_options_set_dead_letters(options, NEXUS_DEAD_LETTERS_REPORT, err);
    if (!status) /* what is in the stream twice is read twice */
        status = nexus_subscribe_options_set_inbox_memory(options, 0, 1, err);
    if (!status)
        status = nexus_subscribe_options_set_poison_callback(options, on_poison, scan, err);
    if (!status)
        status = nexus_subscribe_options_set_error_callback(options, on_error, scan, err);
    if (!status)
        status = nexus_subscribe_json(scan->client, scan->channel, scan->tenant, on_event, scan,
                                      options, out, err);
    if (!status)
        status = nexus_inspect_consumer(scan->client, NULL, durable, &info, err);
    scan->total = info.pending + info.deliveries;
    return status;
}

/* Whether nothing is left: the last one may not be among those that are asked for, or may have been
 * dropped meanwhile. */
static bool run_dry(struct scan *scan, const char *durable)
{
    struct nexus_consumer_info info = NEXUS_CONSUMER_INFO_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nexus_client_state(scan->client) != NEXUS_STATE_CONNECTED)
        return false;
    if (nexus_inspect_consumer(scan->client, NULL, durable, &info, &err) == NEXUS_OK)
        return info.pending == 0 && info.unsettled == 0;
    scan->status = report(&err);
    return true;
}

static void dispatch(struct scan *scan, const char *durable)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    while (!scan->ended && !signals_stopped()) {
        /* The total is what the server said while it was delivering: not quite the truth. */
        bool nearly = scan->read + scan->passed >= scan->total;
        int done = nexus_client_dispatch(scan->client, nearly ? 20 : 1000, &err);
        if (done < 0)
            scan->status = report(&err);
        if (done < 0 || (done == 0 && !signals_stopped() && run_dry(scan, durable)))
            return;
    }
}

int scan_run(struct scan *scan)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *subscription = NULL;
    char durable[DURABLE_NAME_SIZE];

    durable_name(durable);
    signals_watch(scan->client);
    if (subscribe(scan, durable, &subscription, &err)) {
        scan->status = report(&err);
        if (err.code == NEXUS_E_NOT_FOUND)
            report_text("`nexusctl provision` creates the stream; NEXUS_STREAM names another");
    } else {
        dispatch(scan, durable);
    }
    signals_watch(NULL);
    report_progress_end();
    nexus_subscription_destroy(subscription);
    if (subscription)
        durable_remove(scan->client, durable);
    if (scan->passed)
        report_text("%" PRIu64 " messages passed over: they are no events, or were not believed",
                    scan->passed);
    return signals_stopped() && !scan->status ? CTL_INTERRUPTED : scan->status;
}

bool scan_choose(const char *text, const char **channel, int *status)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const struct nexus_channel *found;

    *channel = NULL;
    if (strcmp(text, "all") == 0)
        return true;
    found = find_channel(text, &err);
    if (found)
        *channel = nexus_channel_name(found);
    else
        *status = report(&err);
    return found != NULL;
}
