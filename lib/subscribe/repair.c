/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer that somebody deleted is created again where it was, so that nothing is lost: behind
 * the last event that all its readers had settled when the server was asked last. What was settled
 * since then comes again, and the inbox knows it. In a stream that was made anew the old place
 * means nothing: there everything is new. */
#include <string.h>

#include "ordered.h"
#include "pull.h"
#include "requests.h"
#include "rfc3339.h"

#define REPAIR_TIMEOUT_NS 5000000000LL
#define MARGIN_NS         60000000000LL /* clocks of servers and clients differ */

static void created(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;

    if (code != NEXUS_OK || nx_answer_error(answer, NULL)) {
        nx_watch_failed(subscription, code, answer, "$JS.API.CONSUMER.CREATE");
    } else {
        nx_log(client, NEXUS_LOG_WARNING, "consumer_recreated", "stream=%s durable=%s",
               subscription->stream, subscription->durable);
        pthread_mutex_lock(&client->lock);
        subscription->consumer_created = 0; /* that it is another one is our own doing */
        pthread_mutex_unlock(&client->lock);
        if (subscription->options.ordered)
            nx_ordered_began(subscription, nx_consumer_waiting(answer));
        nx_watch_look_at(subscription, answer);
    }
    cJSON_Delete(answer);
}

static void create(struct nexus_subscription *subscription, enum nexus_start start, int64_t value)
{
    struct nexus_client *client = subscription->client;
    struct nx_subscribe_options options = subscription->options;
    struct nx_consumer_spec spec = {subscription->stream, subscription->durable,
                                    subscription->filter, &options};
    struct nx_buf subject = NX_BUF_INIT, body = NX_BUF_INIT;
    int code = NEXUS_E_MEMORY;

    options.start = start;
    options.start_value = value;
    nx_consumer_create_subject(&spec, &subject);
    nx_consumer_create_body(&spec, &body);
    if (nx_buf_text(&subject) && nx_buf_text(&body))
        code = nx_request_start(client, subject.data, body.data,
                                client->wire->ops->now(client->wire) + REPAIR_TIMEOUT_NS, created,
                                subscription, NULL);
    nx_buf_free(&subject);
    nx_buf_free(&body);
    if (code != NEXUS_OK)
        nx_watch_finish(subscription, false);
}

/* As it was asked for; but what has come since must not be passed over. */
static void create_afresh(struct nexus_subscription *subscription)
{
    enum nexus_start start = subscription->options.start;

    if (start == NEXUS_START_NEW)
        create(subscription, NEXUS_START_ALL, 0);
    else
        create(subscription, start, subscription->options.start_value);
}

/* Without the right to look at the stream it may be another one: then by time. */
static void create_by_time(struct nexus_subscription *subscription)
{
    if (subscription->options.start == NEXUS_START_NEW && subscription->consumer_created)
        create(subscription, NEXUS_START_TIME, subscription->consumer_created - MARGIN_NS);
    else
        create_afresh(subscription);
}

static int64_t number_in(const cJSON *object, const char *member)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, member);

    return cJSON_IsNumber(value) ? (int64_t)value->valuedouble : 0;
}

/* Whether the stream is the one that the consumer was of: it is older than the consumer, and has
 * come as far. */
static bool same_stream(const cJSON *answer, uint64_t floor, int64_t consumer_created)
{
    const cJSON *created = cJSON_GetObjectItemCaseSensitive(answer, "created");
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(answer, "state");
    int64_t time = 0;

    if (cJSON_IsString(created))
        (void)nx_rfc3339_read(created->valuestring, &time);
    return number_in(state, "last_seq") >= (int64_t)floor &&
           (!time || !consumer_created || time <= consumer_created);
}

static void told_of_stream(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;
    uint64_t floor;
    int64_t consumer_created;
    bool gone;

    pthread_mutex_lock(&client->lock);
    floor = subscription->floor;
    consumer_created = subscription->consumer_created;
    gone = subscription->stream_gone;
    pthread_mutex_unlock(&client->lock);
    if (code != NEXUS_OK)
        create_by_time(subscription);
    else if (nx_answer_error(answer, NULL))
        nx_watch_failed(subscription, code, answer, "$JS.API.STREAM.INFO");
    else if (gone || !floor || !same_stream(answer, floor, consumer_created))
        create_afresh(subscription);
    else
        create(subscription, NEXUS_START_SEQUENCE, (int64_t)floor + 1);
    cJSON_Delete(answer);
}

static void ask_about_stream(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nx_buf subject = NX_BUF_INIT;
    int code = NEXUS_E_MEMORY;

    nx_buf_printf(&subject, "$JS.API.STREAM.INFO.%s", subscription->stream);
    if (nx_buf_text(&subject))
        code = nx_request_start(client, subject.data, "",
                                client->wire->ops->now(client->wire) + REPAIR_TIMEOUT_NS,
                                told_of_stream, subscription, NULL);
    nx_buf_free(&subject);
    if (code != NEXUS_OK)
        nx_watch_finish(subscription, false);
}

/* An ordered one goes on behind the last event that came. */
void nx_repair_ordered(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    uint64_t last;

    pthread_mutex_lock(&client->lock);
    last = subscription->ordered.last;
    pthread_mutex_unlock(&client->lock);
    if (last)
        create(subscription, NEXUS_START_SEQUENCE, (int64_t)last + 1);
    else
        create_afresh(subscription);
}

/* Not for one that has been closed meanwhile: its owner may have deleted the consumer for good. */
void nx_repair(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nexus_error err = NEXUS_ERROR_INIT;
    bool closed;

    pthread_mutex_lock(&client->lock);
    closed = subscription->closed;
    pthread_mutex_unlock(&client->lock);
    if (closed) {
        nx_watch_finish(subscription, false);
        return;
    }
    if (subscription->options.ordered) {
        nx_repair_ordered(subscription);
        return;
    }
    nx_fail(&err, NEXUS_E_NOT_FOUND, subscription->durable,
            "consumer \"%s\" of stream \"%s\" was deleted; it is being created again",
            subscription->durable, subscription->stream);
    nx_subscription_report(subscription, &err);
    ask_about_stream(subscription);
}
