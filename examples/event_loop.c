/* SPDX-License-Identifier: Apache-2.0 */
/* The library inside an event loop that belongs to the program: epoll watches the client's
 * descriptor, a timer and the signals, on one thread and without waiting in the library.
 *
 *     event_loop edge-msk-01
 *
 * An edge node that publishes its health every two seconds and hears everyone's. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "environment.h"

#define PERIOD_SECONDS 2

struct node {
    const char *name;
    struct nexus_client *client;
    struct nexus_publish_options *async;
    struct nexus_subscription *subscription;
    int epoll;
    int timer;
    int signals;
};

static bool failed(const struct nexus_error *err)
{
    fprintf(stderr, "event_loop: %s%s%s (%s)\n", err->where, *err->where ? ": " : "", err->message,
            nexus_status_name(err->code));
    return false;
}

static enum nexus_verdict on_health(const struct nexus_edge_health *event,
                                    struct nexus_delivery *delivery, void *data)
{
    (void)data;
    printf("%s is %s (%s)\n", event->node_id, event->status_text,
           nexus_delivery_causal_id(delivery));
    return NEXUS_ACK;
}

static void on_published(struct nexus_client *client, const struct nexus_receipt *receipt,
                         const struct nexus_error *err, void *data)
{
    (void)client;
    (void)data;
    if (err)
        failed(err);
    else
        printf("health stored as number %" PRIu64 "\n", receipt->sequence);
}

/* Returns as soon as the event is accepted; on_published() tells how it ended. */
static void publish_health(struct node *node)
{
    struct nexus_edge_health event = NEXUS_EDGE_HEALTH_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct timespec up;

    clock_gettime(CLOCK_BOOTTIME, &up);
    event.node_id = node->name;
    event.status = NEXUS_EDGE_HEALTH_STATUS_HEALTHY;
    event.has_uptime_secs = true;
    event.uptime_secs = up.tv_sec;
    if (nexus_publish_edge_health(node->client, &event, node->async, NULL, &err))
        failed(&err);
}

/* Publishes report to on_published(), and an event loop does not wait for room in the window
 * either. */
static bool make_async(struct node *node, struct nexus_error *err)
{
    node->async = nexus_publish_options_new();
    if (!node->async) {
        *err = (struct nexus_error){NEXUS_E_MEMORY, 0, "", "out of memory"};
        return false;
    }
    return !nexus_publish_options_set_callback(node->async, on_published, NULL, err) &&
           !nexus_publish_options_set_wait_when_full(node->async, false, err);
}

static bool connect_node(struct node *node, struct nexus_error *err)
{
    node->client = environment_client(node->name, err);
    return node->client && make_async(node, err) &&
           !nexus_subscribe_edge_health(node->client, NULL, on_health, NULL, NULL,
                                        &node->subscription, err);
}

static bool watch(struct node *node, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return fd >= 0 && epoll_ctl(node->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_loop(struct node *node, const sigset_t *signals)
{
    struct itimerspec period = {{PERIOD_SECONDS, 0}, {0, 1}};

    node->epoll = epoll_create1(EPOLL_CLOEXEC);
    node->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    node->signals = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (node->epoll >= 0 && timerfd_settime(node->timer, 0, &period, NULL) == 0 &&
        watch(node, node->timer) && watch(node, node->signals) &&
        watch(node, nexus_client_fd(node->client)))
        return true;
    perror("event_loop");
    return false;
}

/* Serves one ready descriptor; false ends the loop. */
static bool serve(struct node *node, int fd, struct nexus_error *err)
{
    uint64_t ticks;

    if (fd == node->signals)
        return false;
    if (fd != node->timer)
        return nexus_client_dispatch(node->client, 0, err) >= 0 || failed(err);
    if (read(node->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
        publish_health(node);
    return true;
}

static void run_loop(struct node *node, struct nexus_error *err)
{
    struct epoll_event ready[4];
    bool going = true;

    while (going) {
        int count = epoll_wait(node->epoll, ready, 4, -1);
        if (count < 0 && errno != EINTR) {
            perror("event_loop: epoll_wait");
            return;
        }
        for (int i = 0; i < count && going; i++)
            going = serve(node, ready[i].data.fd, err);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct node node = {.name = argc > 1 ? argv[1] : "edge-msk-01"};
    struct nexus_error err = NEXUS_ERROR_INIT;
    sigset_t signals;

    /* Before the client starts its threads, so that they leave the signals to signalfd as well. */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);

    if (!connect_node(&node, &err))
        failed(&err);
    else if (open_loop(&node, &signals))
        run_loop(&node, &err);
    if (node.client && nexus_client_close(node.client, 5000, &err))
        failed(&err);
    nexus_client_destroy(node.client);
    nexus_publish_options_destroy(node.async);
    return err.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
