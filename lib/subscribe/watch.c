/* SPDX-License-Identifier: Apache-2.0 */
/* Looks after a subscription that hears nothing. The server says nothing about a pull whose
 * consumer is gone (2.9 does not even refuse it), so silence is the first sign: heartbeats that do
 * not come. Then the consumer is looked up, and created again where somebody deleted it; where that
 * cannot be, the application is told, and it is tried again, further apart each time.
 *
 * A consumer that somebody changed beats as ever, and delivers something else. So it is looked at
 * now and then even while all seems well. */
#include <sodium.h>

#include "ordered.h"
#include "pull.h"
#include "requests.h"

#define BEAT_NS          5000000000LL
#define SILENT_BEATS_MAX 2
#define CHECK_TIMEOUT_NS 5000000000LL
#define PATIENT_ATTEMPTS 4
#define LOOK_NS          30000000000LL
#define LOOK_SPREAD_MS   3000u

static struct nx_consumer_spec spec_of(const struct nexus_subscription *subscription)
{
    struct nx_consumer_spec spec = {subscription->stream, subscription->durable,
                                    subscription->filter, &subscription->options};

    return spec;
}

void nx_watch_finish(struct nexus_subscription *subscription, bool sound)
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

/* Asks about the consumer; the answer goes to `then`. */
static int ask(struct nexus_subscription *subscription, nx_answer then)
{
    struct nexus_client *client = subscription->client;
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nx_buf subject = NX_BUF_INIT;
    int code = NEXUS_E_MEMORY;

    nx_consumer_info_subject(&spec, &subject);
    if (nx_buf_text(&subject))
        code = nx_request_start(client, subject.data, "",
                                client->wire->ops->now(client->wire) + CHECK_TIMEOUT_NS, then,
                                subscription, NULL);
    nx_buf_free(&subject);
    return code;
}

/* ---- what the server says of it */

/* Not the consumer that was there before: its place may be another. */
static bool is_another(const struct nexus_subscription *subscription,
                       const struct nx_consumer_terms *terms)
{
    return subscription->consumer_created && terms->created &&
           terms->created != subscription->consumer_created;
}

void nx_watch_note(struct nexus_subscription *subscription, const struct nx_consumer_terms *terms)
{
    struct nexus_client *client = subscription->client;
    bool another;

    pthread_mutex_lock(&client->lock);
    another = is_another(subscription, terms);
    subscription->ack_wait_ns = terms->ack_wait_ns;
    subscription->server_limit = terms->max_deliver > 0 ? terms->max_deliver : 0;
    subscription->floor = terms->floor;
    subscription->consumer_created = terms->created;
    subscription->stream_gone = false;
    subscription->look_at = client->wire->ops->now(client->wire) + LOOK_NS +
                            (int64_t)randombytes_uniform(LOOK_SPREAD_MS) * 1000000;
    if (another)
        nx_pull_forget(subscription);
    pthread_mutex_unlock(&client->lock);
    if (another)
        nx_log(client, NEXUS_LOG_WARNING, "consumer_replaced", "stream=%s durable=%s floor=%llu",
               subscription->stream, subscription->durable, (unsigned long long)terms->floor);
}

/* What the server has is what was asked for: its terms count from now on. */
void nx_watch_look_at(struct nexus_subscription *subscription, const cJSON *answer)
{
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nx_consumer_terms terms;
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nx_consumer_check(&spec, answer, &terms, &err) != NEXUS_OK) {
        nx_subscription_report(subscription, &err);
        nx_watch_finish(subscription, false);
        return;
    }
    nx_watch_note(subscription, &terms);
    nx_watch_finish(subscription, true);
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

/* Sequences of it mean nothing in a stream that gets its name. */
static void stream_is_gone(struct nexus_subscription *subscription)
{
    pthread_mutex_lock(&subscription->client->lock);
    subscription->stream_gone = true;
    pthread_mutex_unlock(&subscription->client->lock);
}

/* No answer, or one that says no. Without the right to look there may still be one to pull. */
void nx_watch_failed(struct nexus_subscription *subscription, int code, const cJSON *answer,
                     const char *subject)
{
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (code == NEXUS_OK && nx_answer_error(answer, NULL) == NX_API_STREAM_MISSING)
        stream_is_gone(subscription);
    if (code == NEXUS_OK)
        nx_consumer_fail(&spec, answer, &err);
    else
        nx_request_fail(code, subject, &err);
    if (!may_pass(subscription, code))
        nx_subscription_report(subscription, &err);
    nx_watch_finish(subscription, code == NEXUS_E_PERMISSION);
}

static void informed(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;
    int number = code == NEXUS_OK ? nx_answer_error(answer, NULL) : 0;

    (void)client;
    if (number == NX_API_CONSUMER_MISSING)
        nx_repair(subscription);
    else if (code != NEXUS_OK || number)
        nx_watch_failed(subscription, code, answer, "$JS.API.CONSUMER.INFO");
    else
        nx_watch_look_at(subscription, answer);
    cJSON_Delete(answer);
}

/* ---- now and then, while all seems well */

static void end_look(struct nexus_subscription *subscription)
{
    pthread_mutex_lock(&subscription->client->lock);
    subscription->looking = false;
    pthread_mutex_unlock(&subscription->client->lock);
    nx_subscription_unhold(subscription);
}

/* The consumer's limit of unsettled deliveries is used up, and not by this process: others hold
 * them, or died with them, and until they are settled or their ack wait is over nothing comes. */
static void report_blocked(struct nexus_subscription *subscription,
                           const struct nx_consumer_terms *terms)
{
    struct nexus_client *client = subscription->client;
    struct nexus_error err = NEXUS_ERROR_INIT;
    bool blocked, fresh;

    pthread_mutex_lock(&client->lock);
    blocked = terms->max_ack_pending > 0 && terms->unsettled >= (uint64_t)terms->max_ack_pending &&
              !subscription->queue.count && !subscription->in_hand.count;
    fresh = blocked && !subscription->blocked;
    subscription->blocked = blocked;
    pthread_mutex_unlock(&client->lock);
    if (!fresh)
        return;
    nx_fail(&err, NEXUS_E_FULL, "max_ack_pending",
            "consumer \"%s\" has %llu unsettled deliveries, as many as it may: other instances "
            "hold them, and nothing comes until they settle",
            subscription->durable, (unsigned long long)terms->unsettled);
    nx_subscription_report(subscription, &err);
}

/* Something is wrong: pulling stops, and the check that follows says what. */
static void stop_for_check(struct nexus_subscription *subscription)
{
    pthread_mutex_lock(&subscription->client->lock);
    if (subscription->pull.state != NX_PULL_CHECKING) {
        nx_pull_forget(subscription);
        nx_pull_back_off(subscription, true);
    }
    pthread_mutex_unlock(&subscription->client->lock);
}

/* Without the right to look there is nothing to see. */
static void look_no_more(struct nexus_subscription *subscription)
{
    pthread_mutex_lock(&subscription->client->lock);
    subscription->look_at = INT64_MAX;
    pthread_mutex_unlock(&subscription->client->lock);
}

static void looked(struct nexus_client *client, int code, cJSON *answer, void *data)
{
    struct nexus_subscription *subscription = data;
    struct nx_consumer_spec spec = spec_of(subscription);
    struct nx_consumer_terms terms;

    (void)client;
    if (code == NEXUS_E_PERMISSION) {
        look_no_more(subscription);
    } else if (code == NEXUS_OK && !nx_answer_error(answer, NULL) &&
               nx_consumer_check(&spec, answer, &terms, NULL) == NEXUS_OK) {
        nx_watch_note(subscription, &terms);
        report_blocked(subscription, &terms);
        nx_pull_fill(subscription);
    } else if (code == NEXUS_OK) {
        stop_for_check(subscription);
    }
    cJSON_Delete(answer);
    end_look(subscription);
}

/* With the lock. */
static bool look_is_due(struct nexus_subscription *subscription, int64_t now)
{
    if (now < subscription->look_at)
        return false;
    subscription->look_at = now + LOOK_NS;
    if (!subscription->client->up || subscription->looking ||
        subscription->pull.state != NX_PULL_RUNNING)
        return false;
    subscription->looking = true;
    subscription->holds++;
    return true;
}

/* ---- time */

enum step { NOTHING, FILL, CHECK, REBUILD };

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
    return subscription->ordered.rebuild ? REBUILD : CHECK;
}

void nx_watch_tick(struct nexus_subscription *subscription, int64_t now)
{
    struct nexus_client *client = subscription->client;
    enum step step = NOTHING;
    bool silent = false, look = false;

    pthread_mutex_lock(&client->lock);
    if (!subscription->closed) {
        silent = count_beats(subscription, now);
        step = next_step(subscription, now);
        look = look_is_due(subscription, now);
    }
    pthread_mutex_unlock(&client->lock);
    if (silent)
        nx_io_doubt(client);
    if (step == FILL)
        nx_pull_fill(subscription);
    else if (step == REBUILD)
        nx_ordered_rebuild(subscription);
    else if (step == CHECK && ask(subscription, informed) != NEXUS_OK)
        nx_watch_finish(subscription, false);
    if (look && ask(subscription, looked) != NEXUS_OK)
        end_look(subscription);
}
