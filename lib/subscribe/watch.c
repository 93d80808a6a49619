/* SPDX-License-Identifier: Apache-2.0 */
/* Looks after a subscription that hears nothing. The server says nothing about a pull whose
 * consumer is gone (2.9 does not even refuse it), so silence is the only sign: heartbeats that do
 * not come. Then the consumer is looked up, and created again where somebody deleted it; where that
 * cannot be, the application is told, and it is tried again, further apart each time. */
#include "pull.h"
#include "requests.h"

#define BEAT_NS          5000000000LL
#define SILENT_BEATS_MAX 2
#define CHECK_TIMEOUT_NS 5000000000LL
#define PATIENT_ATTEMPTS 4

static struct nx_consumer_spec spec_of(const struct nexus_subscription *subscription)
{
    struct nx_consumer_spec spec = {subscription->stream, subscription->durable,
                                    subscription->filter, &subscription->options};

    return spec;
}

/* The check is over: on with pulling, or another pause. */
static void finish_check(struct nexus_subscription *subscription, bool sound)
{
    struct nexus_client *client = subscription->client;

    pthread_mutex_lock(&client->lock);
    if (sound) {
        subscription->pull.state = NX_PULL_RUNNING;
        subscription->pull.check_wanted = false;
    } else {
        nx_pull_back_off(subscription, true);
    }
    pthread_mutex_unlock(&client->lock);
    if (sound)
        nx_pull_fill(subscription);
    nx_subscription_unhold(subscription);
}

/* Asks about the consumer; the answer goes to `then`, which ends the check. */
static void ask(struct nexus_subscription *subscription,
                void (*subject_of)(const struct nx_consumer_spec *spec, struct nx_buf *out),
                void (*body_of)(const struct nx_consumer_spec *spec, struct nx_buf *out),
                nx_answer then)
{
    struct nexus_client *client = subscription->client;
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nx_buf subject = NX_BUF_INIT, body = NX_BUF_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *subject_text, *body_text;
    int code;

    subject_of(&spec, &subject);
    if (body_of)
        body_of(&spec, &body);
    subject_text = nx_buf_text(&subject);
    body_text = nx_buf_text(&body);
    code = subject_text && body_text
               ? nx_request_start(client, subject_text, body_text,
                                  client->wire->ops->now(client->wire) + CHECK_TIMEOUT_NS, then,
                                  subscription, &err)
               : nx_no_memory(&err);
    nx_buf_free(&subject);
    nx_buf_free(&body);
    if (code != NEXUS_OK)
        finish_check(subscription, false);
}

/* What the server has is what was asked for: its terms count from now on. */
static void look_at(struct nexus_subscription *subscription, const cJSON *answer)
{
    struct nexus_client *client = subscription->client;
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nx_consumer_terms terms;
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nx_consumer_check(&spec, answer, &terms, &err) != NEXUS_OK) {
        nx_subscription_report(subscription, &err);
        finish_check(subscription, false);
        return;
    }
    pthread_mutex_lock(&client->lock);
    subscription->ack_wait_ns = terms.ack_wait_ns;
    pthread_mutex_unlock(&client->lock);
    finish_check(subscription, true);
}

/* A server that starts, or a cluster that elects a leader, answers nobody for a moment. */
static bool may_pass(struct nexus_subscription *subscription, int code)
{
    struct nexus_client *client = subscription->client;
    unsigned attempts;

    pthread_mutex_lock(&client->lock);
    attempts = subscription->pull.attempts;
    pthread_mutex_unlock(&client->lock);
    return code == NEXUS_E_CLOSED || (attempts < PATIENT_ATTEMPTS &&
                                      (code == NEXUS_E_UNSUPPORTED || code == NEXUS_E_TIMEOUT));
}

/* No answer, or one that says no. Without the right to look there may still be one to pull. */
static void failed(struct nexus_subscription *subscription, int code, const cJSON *answer,
                   const char *subject)
{
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (code == NEXUS_OK)
        nx_consumer_fail(&spec, answer, &err);
    else
        nx_request_fail(code, subject, &err);
    if (!may_pass(subscription, code))
        nx_subscription_report(subscription, &err);
    finish_check(subscription, code == NEXUS_E_PERMISSION);
}

static void created(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;

    if (code != NEXUS_OK || nx_answer_error(answer, NULL)) {
        failed(subscription, code, answer, "$JS.API.CONSUMER.CREATE");
    } else {
        nx_log(client, NEXUS_LOG_WARNING, "consumer_recreated", "stream=%s durable=%s",
               subscription->stream, subscription->durable);
        look_at(subscription, answer);
    }
    cJSON_Delete(answer);
}

/* Not for one that has been closed meanwhile: its owner may have deleted the consumer for good. */
static void recreate(struct nexus_subscription *subscription)
{
    struct nexus_client *client = subscription->client;
    struct nexus_error err = NEXUS_ERROR_INIT;
    bool closed;

    pthread_mutex_lock(&client->lock);
    closed = subscription->closed;
    pthread_mutex_unlock(&client->lock);
    if (closed) {
        finish_check(subscription, false);
        return;
    }
    nx_fail(&err, NEXUS_E_NOT_FOUND, subscription->durable,
            "consumer \"%s\" of stream \"%s\" was deleted; it is being created again",
            subscription->durable, subscription->stream);
    nx_subscription_report(subscription, &err);
    ask(subscription, nx_consumer_create_subject, nx_consumer_create_body, created);
}

static void informed(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;
    int number = code == NEXUS_OK ? nx_answer_error(answer, NULL) : 0;

    (void)client;
    if (number == NX_API_CONSUMER_MISSING)
        recreate(subscription);
    else if (code != NEXUS_OK || number)
        failed(subscription, code, answer, "$JS.API.CONSUMER.INFO");
    else
        look_at(subscription, answer);
    cJSON_Delete(answer);
}

enum step { NOTHING, FILL, CHECK };

/* With the lock: the heartbeats of the pulls that are out. True when one is missing. */
static bool count_beats(struct nexus_subscription *subscription, int64_t now)
{
    struct nx_pull *pull = &subscription->pull;

    if (now < pull->beat_at)
        return false;
    pull->beat_at = now + BEAT_NS;
    if (pull->heard || !pull->outstanding || !subscription->client->up)
        pull->silent_beats = 0;
    else
        pull->silent_beats++;
    pull->heard = false;
    if (pull->silent_beats < SILENT_BEATS_MAX)
        return pull->silent_beats > 0;
    pull->silent_beats = 0;
    nx_pull_forget(subscription);
    nx_pull_back_off(subscription, true);
    return true;
}

/* With the lock: the end of a pause. */
static enum step next_step(struct nexus_subscription *subscription, int64_t now)
{
    struct nx_pull *pull = &subscription->pull;

    if (pull->state == NX_PULL_RUNNING)
        return nx_pull_due(subscription) ? FILL : NOTHING;
    if (pull->state != NX_PULL_WAITING || now < pull->retry_at)
        return NOTHING;
    if (!pull->check_wanted) {
        pull->state = NX_PULL_RUNNING;
        return FILL;
    }
    if (!subscription->client->up) {
        /* Nobody to ask; the wire's return is heard of in time, this is for the look after it. */
        nx_pull_back_off(subscription, true);
        return NOTHING;
    }
    pull->state = NX_PULL_CHECKING;
    subscription->holds++;
    return CHECK;
}

void nx_watch_tick(struct nexus_subscription *subscription, int64_t now)
{
    struct nexus_client *client = subscription->client;
    enum step step = NOTHING;
    bool silent = false;

    pthread_mutex_lock(&client->lock);
    if (!subscription->closed) {
        silent = count_beats(subscription, now);
        step = next_step(subscription, now);
    }
    pthread_mutex_unlock(&client->lock);
    if (silent)
        nx_io_doubt(client);
    if (step == FILL)
        nx_pull_fill(subscription);
    else if (step == CHECK)
        ask(subscription, nx_consumer_info_subject, NULL, informed);
}
