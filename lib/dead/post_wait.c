/* SPDX-License-Identifier: Apache-2.0 */
/* A post whose sender waits for its end, and what that end is called. */
#include "posts.h"
#include "wait.h"

/* On the sender's stack: it does not return before `posted` was called. */
struct sender {
    pthread_cond_t changed;
    bool done;
    int code;
    struct nx_puback ack;
};

static void posted(struct nexus_client *client, int code, const struct nx_puback *ack, void *data)
{
    struct sender *sender = data;

    pthread_mutex_lock(&client->lock);
    sender->done = true;
    sender->code = code;
    sender->ack = *ack;
    nx_waits_woken(client, &sender->changed);
    pthread_cond_signal(&sender->changed);
    pthread_mutex_unlock(&client->lock);
}

int nx_post_wait(struct nexus_client *client, const struct nx_post *post, struct nx_puback *ack,
                 struct nexus_error *err)
{
    struct sender sender = {.changed = PTHREAD_COND_INITIALIZER};
    int code;

    if (nx_on_io_thread(client))
        return nx_fail(err, NEXUS_E_STATE, "client", "cannot be waited for from here");
    code = nx_post_start(client, post, posted, &sender, err);
    if (code != NEXUS_OK)
        return code;
    pthread_mutex_lock(&client->lock);
    while (!sender.done)
        nx_wait_for(client, &sender.changed);
    pthread_mutex_unlock(&client->lock);
    pthread_cond_destroy(&sender.changed);
    *ack = sender.ack;
    return sender.code == NEXUS_OK ? NEXUS_OK
                                   : nx_post_fail(sender.code, post->subject, &sender.ack, err);
}

int nx_post_fail(int code, const char *subject, const struct nx_puback *ack,
                 struct nexus_error *err)
{
    switch (code) {
    case NEXUS_E_NO_STREAM:
        return nx_fail(err, code, subject,
                       "no stream covers this subject: run `nexusctl provision` or call "
                       "nexus_provision()");
    case NEXUS_E_PERMISSION:
        return nx_fail(err, code, subject, "the server forbids publishing to this subject");
    case NEXUS_E_TOO_LARGE:
        return nx_fail(err, code, subject, "the server does not take messages this large");
    case NEXUS_E_CLOSED:
        return nx_fail(err, code, "client", "the client has been closed");
    case NEXUS_E_TIMEOUT:
        return nx_fail(err, code, subject, "no stream acknowledged it in time");
    default:
        return nx_fail(err, code, subject, "%s",
                       ack && *ack->text ? ack->text : nexus_status_text(code));
    }
}
