/* SPDX-License-Identifier: Apache-2.0 */
#include "posts.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POSTS_MAX     256
#define BYTES_MAX     ((size_t)32 << 20)
#define BACKOFF_FIRST 50u /* milliseconds */
#define BACKOFF_MOST  2000u

struct post {
    struct post *next;
    uint64_t number;
    uint64_t epoch; /* the connection that it was last sent on; 0: none */
    int64_t next_at;
    int64_t patience; /* left when `counted_at` was */
    int64_t counted_at;
    bool strict;
    unsigned attempts;
    int last_code;
    struct nx_puback last;
    struct nx_message *message;
    size_t size;
    nx_posted posted;
    void *data;
    char subject[];
};

struct nx_posts {
    struct post *first;
    uint64_t last_number;
    unsigned count;
    size_t bytes;
    bool ended;
};

int nx_posts_new(struct nexus_client *client, struct nexus_error *err)
{
    client->posts = calloc(1, sizeof(*client->posts));
    return client->posts ? NEXUS_OK : nx_no_memory(err);
}

void nx_posts_free(struct nexus_client *client)
{
    if (!client->posts)
        return;
    nx_posts_abandon(client);
    free(client->posts);
    client->posts = NULL;
}

static void post_free(struct nexus_client *client, struct post *post)
{
    if (!post)
        return;
    if (post->message)
        client->wire->ops->message_free(client->wire, post->message);
    free(post);
}

/* ---- taking one out. Only the I/O thread does, and abandon, which runs when that has ended. */

typedef bool (*post_fits)(const struct post *post, const void *what);

static struct post *take(struct nexus_client *client, post_fits fits, const void *what)
{
    struct nx_posts *posts = client->posts;
    struct post **at, *found = NULL;

    pthread_mutex_lock(&client->lock);
    for (at = &posts->first; *at; at = &(*at)->next)
        if (fits(*at, what)) {
            found = *at;
            *at = found->next;
            posts->count--;
            posts->bytes -= found->size;
            break;
        }
    pthread_mutex_unlock(&client->lock);
    return found;
}

static void finish(struct nexus_client *client, struct post *post, int code,
                   const struct nx_puback *ack)
{
    post->posted(client, code, ack ? ack : &post->last, post->data);
    post_free(client, post);
}

static bool any_post(const struct post *post, const void *what)
{
    (void)post;
    (void)what;
    return true;
}

void nx_posts_abandon(struct nexus_client *client)
{
    struct post *post;

    if (!client->posts)
        return;
    pthread_mutex_lock(&client->lock);
    client->posts->ended = true;
    pthread_mutex_unlock(&client->lock);
    while ((post = take(client, any_post, NULL)))
        finish(client, post, NEXUS_E_CLOSED, NULL);
}

/* ---- starting */

unsigned nx_posts_room(struct nexus_client *client)
{
    unsigned count;

    pthread_mutex_lock(&client->lock);
    count = client->posts->count;
    pthread_mutex_unlock(&client->lock);
    return count < POSTS_MAX ? POSTS_MAX - count : 0;
}

static size_t size_of(const struct nx_post *from)
{
    size_t size = strlen(from->subject) + from->length + 1024;

    for (size_t i = 0; i < from->header_count; i++)
        size += strlen(from->headers[i].name) + strlen(from->headers[i].value) + 4;
    return size;
}

/* With the lock: room, and a number. NEXUS_E_FULL, NEXUS_E_CLOSED. */
static int enter(struct nexus_client *client, struct post *post, struct nexus_error *err)
{
    struct nx_posts *posts = client->posts;

    if (posts->ended)
        return nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
    if (posts->count && (posts->count >= POSTS_MAX || posts->bytes + post->size > BYTES_MAX))
        return nx_fail(err, NEXUS_E_FULL, "client", "%u messages are under way", posts->count);
    post->number = ++posts->last_number;
    post->counted_at = client->wire->ops->now(client->wire);
    posts->count++;
    posts->bytes += post->size;
    return NEXUS_OK;
}

static void link_post(struct nexus_client *client, struct post *post)
{
    struct post **at = &client->posts->first;

    while (*at)
        at = &(*at)->next;
    *at = post;
}

static struct nx_message *make_message(struct nexus_client *client, const struct nx_post *from,
                                       uint64_t number)
{
    char reply[sizeof(client->inbox) + 32];

    snprintf(reply, sizeof(reply), "%s.d.%llu", client->inbox, (unsigned long long)number);
    return client->wire->ops->message_new(client->wire, from->subject, reply, from->headers,
                                          from->header_count, from->body, from->length);
}

/* The message carries the number, so room is taken before it is made. */
static int enter_and_link(struct nexus_client *client, const struct nx_post *from,
                          struct post *post, struct nexus_error *err)
{
    int code;

    pthread_mutex_lock(&client->lock);
    code = enter(client, post, err);
    pthread_mutex_unlock(&client->lock);
    if (code != NEXUS_OK)
        return code;
    post->message = make_message(client, from, post->number);
    pthread_mutex_lock(&client->lock);
    if (!post->message)
        code = nx_no_memory(err);
    else if (client->posts->ended)
        code = nx_fail(err, NEXUS_E_CLOSED, "client", "the client has been closed");
    if (code == NEXUS_OK) {
        link_post(client, post);
    } else {
        client->posts->count--;
        client->posts->bytes -= post->size;
    }
    pthread_mutex_unlock(&client->lock);
    return code;
}

int nx_post_start(struct nexus_client *client, const struct nx_post *from, nx_posted posted,
                  void *data, struct nexus_error *err)
{
    size_t length = strlen(from->subject) + 1;
    struct post *post = calloc(1, sizeof(*post) + length);
    int code;

    if (!post)
        return nx_no_memory(err);
    memcpy(post->subject, from->subject, length);
    post->size = size_of(from);
    post->patience = from->patience_ns;
    post->strict = from->strict;
    post->last_code = NEXUS_E_TIMEOUT;
    post->posted = posted;
    post->data = data;
    code = enter_and_link(client, from, post, err);
    if (code != NEXUS_OK) {
        post_free(client, post);
        return code;
    }
    client->wire->ops->wake(client->wire); /* the I/O thread sends */
    return NEXUS_OK;
}

/* ---- the I/O thread */

static int64_t backoff_ns(unsigned attempts)
{
    uint32_t ms = BACKOFF_FIRST << (attempts < 6 ? attempts : 6);

    ms = ms > BACKOFF_MOST ? BACKOFF_MOST : ms;
    return (int64_t)(ms / 2 + randombytes_uniform(ms / 2 + 1)) * 1000000;
}

/* With the lock: an attempt failed, the next one is due after a pause. */
static void retry(struct nexus_client *client, struct post *post, int code,
                  const struct nx_puback *ack)
{
    post->last_code = code;
    if (ack)
        post->last = *ack;
    post->next_at = client->wire->ops->now(client->wire) + backoff_ns(post->attempts);
}

/* With the lock: patience is used up while there is a connection. */
static bool out_of_patience(struct nexus_client *client, struct post *post, int64_t now)
{
    if (client->up || post->strict)
        post->patience -= now - post->counted_at;
    post->counted_at = now;
    return post->patience <= 0;
}

struct moment {
    struct nexus_client *client;
    int64_t now;
};

static bool expired(const struct post *post, const void *what)
{
    const struct moment *moment = what;

    /* The time that passed is written down, so the post is not constant after all. */
    return out_of_patience(moment->client, (struct post *)(uintptr_t)post, moment->now);
}

/* With the lock: one that is to be sent now. */
static struct post *sendable(struct nexus_client *client, int64_t now)
{
    struct post *post = client->up ? client->posts->first : NULL;

    while (post && post->epoch == client->epoch && post->next_at > now)
        post = post->next;
    return post;
}

static bool is_post(const struct post *post, const void *what)
{
    return post == what;
}

static void send_post(struct nexus_client *client, struct post *post)
{
    int code = client->wire->ops->send(client->wire, post->message, true);

    if (code == NEXUS_E_TOO_LARGE && take(client, is_post, post))
        finish(client, post, code, NULL);
}

static void send_all(struct nexus_client *client, int64_t now)
{
    struct post *post;

    do {
        pthread_mutex_lock(&client->lock);
        post = sendable(client, now);
        if (post) {
            post->epoch = client->epoch;
            post->next_at = now + client->options->ack_timeout_ms * 1000000;
            post->attempts++;
        }
        pthread_mutex_unlock(&client->lock);
        if (post)
            send_post(client, post);
    } while (post);
}

int64_t nx_posts_tick(struct nexus_client *client, int64_t now)
{
    struct moment moment = {client, now};
    struct post *post;
    int64_t next = INT64_MAX;

    while ((post = take(client, expired, &moment)))
        finish(client, post, post->last_code, NULL);
    send_all(client, now);
    pthread_mutex_lock(&client->lock);
    for (post = client->posts->first; post; post = post->next) {
        int64_t end = client->up || post->strict ? now + post->patience : INT64_MAX;
        int64_t at = client->up && post->next_at < end ? post->next_at : end;
        next = at < next ? at : next;
    }
    pthread_mutex_unlock(&client->lock);
    return next;
}

static bool has_number(const struct post *post, const void *what)
{
    return post->number == *(const uint64_t *)what;
}

void nx_posts_answer(struct nexus_client *client, uint64_t number, const struct nx_view *view)
{
    struct nx_puback ack;
    struct post *post;

    nx_puback_read(view, &ack);
    if (ack.kind == NX_PUBACK_RETRY) {
        pthread_mutex_lock(&client->lock);
        for (post = client->posts->first; post && post->number != number;)
            post = post->next;
        if (post)
            retry(client, post, ack.code, &ack);
        pthread_mutex_unlock(&client->lock);
        return;
    }
    post = take(client, has_number, &number);
    if (post)
        finish(client, post, ack.kind == NX_PUBACK_STORED ? NEXUS_OK : ack.code, &ack);
}

/* cnats does not tell which one nobody answered; all of them are tried again, which their message
 * ids make harmless. */
void nx_posts_unanswered(struct nexus_client *client)
{
    pthread_mutex_lock(&client->lock);
    for (struct post *at = client->posts->first; at; at = at->next)
        if (at->attempts && at->epoch == client->epoch)
            retry(client, at, NEXUS_E_NO_STREAM, NULL);
    pthread_mutex_unlock(&client->lock);
}

static bool has_subject(const struct post *post, const void *what)
{
    return strcmp(post->subject, what) == 0;
}

void nx_posts_forbidden(struct nexus_client *client, const char *subject)
{
    struct post *post;

    while ((post = take(client, has_subject, subject)))
        finish(client, post, NEXUS_E_PERMISSION, NULL);
}
