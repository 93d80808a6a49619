/* SPDX-License-Identifier: Apache-2.0 */
/* What the server says about a pull. Servers differ in their words and say new ones in new
 * versions; whatever is not known here ends the pull and is tried again after a pause. */
#include <stdlib.h>
#include <string.h>

#include "pull.h"

#define HEADER_MOST 16384 /* larger ones only make pulls end early */

enum meaning {
    ALIVE,         /* a heartbeat */
    ENDED,         /* the pull has run its course */
    TOO_LARGE,     /* … because the next message is larger than its rest */
    BUSY,          /* … before it began: too many are waiting */
    MOVED,         /* all pulls of the consumer have ended; it is somewhere else now */
    GONE,          /* … and the consumer may not exist any more */
    FEWER,         /* ask for fewer messages */
    SOONER,        /* ask for a shorter time */
    LESS,          /* ask for fewer bytes */
    NOT_A_PULL,    /* the consumer is of another sort */
    NOT_UNDERSTOOD /* anything else */
};

static const struct {
    int status;
    const char *words; /* how the description begins */
    enum meaning meaning;
} meanings[] = {
    {100, "", ALIVE},
    {404, "", ENDED},
    {408, "", ENDED},
    {409, "Batch Completed", ENDED},
    {409, "Message Size Exceeds MaxBytes", TOO_LARGE},
    {409, "Exceeded MaxWaiting", BUSY},
    {409, "Exceeded MaxAckPending", BUSY},
    {409, "Exceeded MaxRequestBatch", FEWER},
    {409, "Exceeded MaxRequestExpires", SOONER},
    {409, "Exceeded MaxRequestMaxBytes", LESS},
    {409, "Leadership Change", MOVED},
    {409, "Server Shutdown", MOVED},
    {409, "Consumer Deleted", GONE},
    {409, "Consumer is push based", NOT_A_PULL},
    {503, "", GONE},
};

static enum meaning meaning_of(int status, const char *words)
{
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].status == status &&
            strncmp(words, meanings[i].words, strlen(meanings[i].words)) == 0)
            return meanings[i].meaning;
    return NOT_UNDERSTOOD;
}

struct status {
    enum meaning meaning;
    int number; /* 409 */
    const char *words;
    uint64_t pull;
    bool counted; /* the server says what is left of the pull */
    uint64_t messages_left;
    uint64_t bytes_left;
};

static uint64_t header_number(struct nexus_client *client, struct nx_incoming *incoming,
                              const char *name, bool *found)
{
    const char *text = client->wire->ops->header(incoming, name, NULL);

    *found = text && *text >= '0' && *text <= '9';
    return *found ? strtoull(text, NULL, 10) : 0;
}

static void read_status(struct nexus_client *client, struct nx_incoming *incoming,
                        const struct nx_view *view, struct status *status)
{
    const char *dot = strrchr(view->subject, '.');
    bool bytes_counted;

    status->words = client->wire->ops->header(incoming, "Description", NULL);
    if (!status->words)
        status->words = "";
    status->number = view->status;
    status->meaning = meaning_of(view->status, status->words);
    status->pull = dot ? strtoull(dot + 1, NULL, 10) : 0;
    status->messages_left =
        header_number(client, incoming, "Nats-Pending-Messages", &status->counted);
    status->bytes_left = header_number(client, incoming, "Nats-Pending-Bytes", &bytes_counted);
}

/* Takes off the order what the ended pull will not deliver any more; returns whether it delivered
 * nothing at all. A pull that was refused says no numbers: it is all left. */
static bool end_pull(struct nx_pull *pull, const struct status *status)
{
    size_t slot = status->pull % NX_PULL_RECORDS;
    bool known = pull->records[slot].number == status->pull;
    uint64_t messages = status->messages_left;
    uint64_t bytes = status->bytes_left;

    if (!status->counted && known) {
        messages = pull->records[slot].batch;
        bytes = pull->records[slot].bytes;
    }
    pull->outstanding -= messages < pull->outstanding ? (uint32_t)messages : pull->outstanding;
    pull->reserved -= bytes < pull->reserved ? (size_t)bytes : pull->reserved;
    return known && messages >= pull->records[slot].batch;
}

/* The number at the end of "Exceeded MaxRequestBatch of 10". */
static uint32_t limit_in(const char *words, uint32_t asked)
{
    const char *of = strstr(words, " of ");
    unsigned long long limit = of ? strtoull(of + 4, NULL, 10) : 0;

    if (!limit || limit >= asked)
        limit = asked / 2; /* it refused this much, whatever it says */
    return limit ? (uint32_t)limit : 1;
}

static int take_lower_limit(struct nx_pull *pull, const struct status *status,
                            struct nexus_error *err)
{
    size_t slot = status->pull % NX_PULL_RECORDS;
    uint32_t batch = pull->records[slot].batch;
    size_t bytes = pull->records[slot].bytes;

    if (pull->records[slot].number != status->pull)
        return NEXUS_OK; /* an old one: the limit has been taken since */
    if (status->meaning == FEWER && batch > 1)
        pull->batch_limit = limit_in(status->words, batch);
    else if (status->meaning == SOONER && pull->expires_ns > 1000000)
        pull->expires_ns /= 2;
    else if (status->meaning == LESS && bytes > 1)
        pull->bytes_limit =
            limit_in(status->words, bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes);
    else
        return nx_fail(err, NEXUS_E_STREAM, "pull", "the server says: %d %s", status->number,
                       status->words);
    return NEXUS_OK;
}

/* What follows from the end of one pull, with the lock. Fills `err` with what the application must
 * know. */
static void apply_end(struct nexus_subscription *subscription, const struct status *status,
                      struct nexus_error *err)
{
    struct nx_pull *pull = &subscription->pull;
    bool served_nothing = end_pull(pull, status);

    switch (status->meaning) {
    case ENDED:
        pull->attempts = 0;
        return;
    case TOO_LARGE:
        pull->alone = served_nothing;
        return;
    case BUSY:
        nx_pull_back_off(subscription, false);
        return;
    case FEWER:
    case SOONER:
    case LESS:
        take_lower_limit(pull, status, err);
        nx_pull_back_off(subscription, false);
        return;
    case NOT_A_PULL:
        nx_fail(err, NEXUS_E_CONFLICT, "deliver_subject",
                "consumer \"%s\" is a push consumer; this library pulls", subscription->durable);
        break;
    default:
        nx_fail(err, NEXUS_E_STREAM, "pull", "the server says: %d %s", status->number,
                status->words);
    }
    nx_pull_back_off(subscription, true);
}

/* What follows from a status, with the lock. */
static void apply(struct nexus_subscription *subscription, const struct status *status,
                  struct nexus_error *err)
{
    struct nx_pull *pull = &subscription->pull;

    if (status->meaning == ALIVE) {
        pull->heard = true;
        pull->attempts = 0;
        pull->reported = NEXUS_OK;
    } else if (status->meaning == GONE || status->meaning == MOVED) {
        nx_pull_forget(subscription);
        nx_pull_back_off(subscription, status->meaning == GONE);
    } else {
        apply_end(subscription, status, err);
    }
}

void nx_pull_status(struct nexus_subscription *subscription, struct nx_incoming *incoming,
                    const struct nx_view *view)
{
    struct nexus_client *client = subscription->client;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct status status;

    read_status(client, incoming, view, &status);
    pthread_mutex_lock(&client->lock);
    if (status.pull >= subscription->pull.first_valid &&
        status.pull <= subscription->pull.last_number)
        apply(subscription, &status, &err);
    pthread_mutex_unlock(&client->lock);
    if (status.meaning != ALIVE && status.meaning != ENDED)
        nx_log(client, NEXUS_LOG_DEBUG, "pull_ended", "durable=%s status=%d reason=\"%s\"",
               subscription->durable, status.number, status.words);
    if (err.code)
        nx_subscription_report(subscription, &err);
    nx_pull_fill(subscription);
}
