/* SPDX-License-Identifier: Apache-2.0 */
/* Publishes events first … first + count - 1 at a rate, and writes down what became of each:
 *   T id   it is about to be published        A id   it has been accepted
 *   S id   … is stored                        F id   … has been given up on, and why
 *   X id   it was not accepted, and why        K id   … is safe in the spool, to be stored
 * Asynchronously, or with several threads that wait for each ack. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "drive.h"

#define THREADS_MAX 32

static struct nexus_client *client;
static const char *name;
static unsigned first, count;
static long rate;
static long long began;
static atomic_uint next_number;

static void report(const char *id, int status, const struct nexus_receipt *receipt)
{
    if (status == NEXUS_OK && receipt->spooled_at)
        journal("K %s %lld", id, monotonic());
    else if (status == NEXUS_OK)
        journal("S %s %lld %llu %d", id, monotonic(), (unsigned long long)receipt->sequence,
                receipt->duplicate);
    else
        journal("F %s %lld %s", id, monotonic(), nexus_status_name(status));
}

static void on_end(struct nexus_client *of, const struct nexus_receipt *receipt,
                   const struct nexus_error *err, void *data)
{
    struct event event;

    (void)of;
    event_make(name, (unsigned)(uintptr_t)data, &event);
    report(event.id, err ? err->code : NEXUS_OK, receipt);
}

/* What the spool gives up on was accepted before; its message id is the event's. */
static void on_spool(struct nexus_client *of, const struct nexus_spool_report *report_, void *data)
{
    const char *id = report_->message_id ? strchr(report_->message_id, ':') : NULL;

    (void)of;
    (void)data;
    if (report_->reason == NEXUS_SPOOL_WAITING)
        return;
    if (id)
        journal("F %s %lld %s", id + 1, monotonic(), nexus_status_name(report_->code));
    else
        journal("N - %lld %llu %s", monotonic(), (unsigned long long)report_->count,
                report_->message ? report_->message : "");
}

static void use_spool(struct nexus_client_options *options)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *path = setting("spool", NULL);

    if (!path)
        return;
    drive_must(nexus_client_options_set_spool(options, NEXUS_SPOOL_ALWAYS, path, &err), &err,
               "spool");
    drive_must(nexus_client_options_set_spool_rate(options, 0, &err), &err, "rate");
    drive_must(nexus_client_options_set_spool_callback(options, on_spool, NULL, &err), &err,
               "spool callback");
}

static long long due_at(unsigned number)
{
    return began + (long long)(number - first) * 1000000000LL / rate;
}

/* Not accepted is what ends before it is accepted; the rest was in the window. */
static bool accepted_first(int status)
{
    return status == NEXUS_E_TIMEOUT || status == NEXUS_E_NO_STREAM || status == NEXUS_E_STREAM ||
           status == NEXUS_E_PERMISSION || status == NEXUS_E_UNSUPPORTED;
}

static void publish_blocking(struct nexus_publish_options *options, unsigned number)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct event event;
    int status;

    event_make(name, number, &event);
    drive_must(nexus_publish_options_set_message_id(options, event.id, &err), &err, "message id");
    journal("T %s %lld", event.id, monotonic());
    status = nexus_publish_json(client, event.channel, event.tenant, event.payload, options,
                                &receipt, &err);
    if (status == NEXUS_OK || accepted_first(status)) {
        journal("A %s %lld", event.id, monotonic());
        report(event.id, status, &receipt);
    } else {
        journal("X %s %lld %s %s", event.id, monotonic(), nexus_status_name(status), err.message);
    }
}

static void *publish_thread(void *unused)
{
    struct nexus_publish_options *options = nexus_publish_options_new();
    unsigned number;

    (void)unused;
    while (!drive_stopped() && (number = atomic_fetch_add(&next_number, 1)) < first + count) {
        long long left = due_at(number) - monotonic();
        struct timespec pause = {(time_t)(left / 1000000000), (long)(left % 1000000000)};
        if (left > 0)
            nanosleep(&pause, NULL);
        publish_blocking(options, number);
    }
    nexus_publish_options_destroy(options);
    return NULL;
}

static void dispatch(int milliseconds)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    drive_must(nexus_client_dispatch(client, milliseconds, &err), &err, "dispatch");
}

static bool publish_later(struct nexus_publish_options *options, unsigned number)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct event event;
    int status;

    event_make(name, number, &event);
    drive_must(nexus_publish_options_set_callback(options, on_end, (void *)(uintptr_t)number, &err),
               &err, "callback");
    drive_must(nexus_publish_options_set_message_id(options, event.id, &err), &err, "message id");
    journal("T %s %lld", event.id, monotonic());
    status =
        nexus_publish_json(client, event.channel, event.tenant, event.payload, options, NULL, &err);
    if (status == NEXUS_E_FULL)
        return false;
    if (status == NEXUS_OK)
        journal("A %s %lld", event.id, monotonic());
    else
        journal("X %s %lld %s %s", event.id, monotonic(), nexus_status_name(status), err.message);
    return true;
}

static void publish_async(struct nexus_publish_options *options)
{
    for (unsigned number = first; number < first + count && !drive_stopped();) {
        long long left = due_at(number) - monotonic();
        if (left > 0)
            dispatch((int)(left / 1000000));
        else if (publish_later(options, number))
            number++;
        else
            dispatch(10);
        if (number % 64 == 0)
            dispatch(0);
    }
}

static void publish_in_threads(long threads)
{
    pthread_t ids[THREADS_MAX];

    for (long i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, publish_thread, NULL))
            abort();
    for (long i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
}

int main(int argc, char **argv)
{
    struct nexus_client_options *options;
    struct nexus_publish_options *how = nexus_publish_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    long threads, patience;

    settings_read(argc, argv);
    options = drive_options();
    name = setting("name", NULL);
    first = (unsigned)setting_number("first", 0);
    count = (unsigned)setting_number("count", 1000);
    rate = setting_number("rate", 1000);
    threads = setting_number("threads", 0);
    patience = setting_number("patience", 120000);
    drive_must(nexus_client_options_set_window(options, (uint32_t)setting_number("window", 2048),
                                               16u << 20, &err),
               &err, "window");
    use_spool(options);
    journal_open(setting("journal", NULL));
    settings_check();
    if (!how || threads > THREADS_MAX)
        abort();
    client = drive_connect(options);
    drive_stop_on_signal(client);
    began = monotonic();
    atomic_store(&next_number, first);
    if (threads)
        publish_in_threads(threads);
    else
        publish_async(how);
    nexus_client_flush(client, (int)patience, NULL);
    drive_must(nexus_client_spool_drain(client, (int)patience, &err), &err, "drain");
    nexus_client_close(client, (int)patience, NULL);
    drive_finish(client);
    nexus_client_destroy(client);
    nexus_publish_options_destroy(how);
    return 0;
}
