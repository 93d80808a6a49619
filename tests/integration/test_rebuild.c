/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that end for good, and all that goes on with the next one: subscriptions, deliveries
 * in hand, events in flight. */
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "credentials.h"
#include "harness.h"
#include "simple.h"
#include "test_socket.h"

/* ---- what has to carry over */

struct work {
    struct nexus_client *client;
    struct nexus_delivery *held; /* the first event */
    int calls;
    struct test_report reports[8];
    int reported;
    int states[64]; /* as the state callback tells them */
    int state_count;
    atomic_int refusals; /* log lines */
};

static enum nexus_verdict hold_the_first(const struct nexus_kb_ingested *event,
                                         struct nexus_delivery *delivery, void *data)
{
    struct work *work = data;
    work->calls++;
    if (event->facts_extracted != 0) {
        return NEXUS_ACK;
    }
    ck_assert_ptr_null(work->held);
    work->held = delivery;
    return NEXUS_DEFER;
}

static void on_state(struct nexus_client *client, enum nexus_client_state state, const char *reason,
                     void *data)
{
    struct work *work = data;
    (void)client;
    (void)reason;
    ck_assert_int_lt(work->state_count, 64);
    work->states[work->state_count++] = (int)state;
}

static void count_refusals(enum nexus_log_level level, const char *line, void *data)
{
    struct work *work = data;
    (void)level;
    if (strncmp(line, "connect_failed code=NEXUS_E_AUTH", 32) == 0) {
        atomic_fetch_add(&work->refusals, 1);
    }
}

/* Connects, with one event in hand. */
static void begin(struct work *work, struct nexus_client_options *options)
{
    struct nexus_subscription *subscription = NULL;
    struct nexus_subscribe_options *brief = nexus_subscribe_options_new();
    OK(nexus_client_options_set_state_callback(options, on_state, work, err));
    OK(nexus_client_options_set_log(options, NEXUS_LOG_WARNING, count_refusals, work, err));
    OK(nexus_client_options_set_publish_deadline(options, TEST_LIMIT_MILLISECONDS, err));
    work->client = test_client_of(options);
    OK(nexus_provision(work->client, NULL, NULL, err));
    /* What the server said to a connection that had gone comes again only when this is over. */
    OK(nexus_subscribe_options_set_ack_wait(brief, 2000, err));
    OK(nexus_subscribe_kb_ingested(work->client, NULL, hold_the_first, work, brief, &subscription,
                                   err));
    nexus_subscribe_options_destroy(brief);
    OK(test_publish(work->client, 0, NULL, NULL, err));
    DISPATCH_UNTIL(work->client, work->held != NULL);
}

static void publish_one_more(struct work *work)
{
    int number = work->reported++;
    test_publish_async(work->client, number + 1, &work->reports[number]);
}

/* Everything that was begun on an earlier connection ends well on this one. */
static void expect_all(struct work *work)
{
    DISPATCH_UNTIL(work->client,
                   test_reported(work->reports, work->reported, NEXUS_OK) == work->reported);
    DISPATCH_UNTIL(work->client, work->calls == work->reported + 1);
    OK(nexus_delivery_settle(work->held, NEXUS_ACK, err));
    OK(nexus_client_close(work->client, TEST_LIMIT_MILLISECONDS, err));
    ck_assert_uint_eq(test_stats(work->client).handled, (uint64_t)work->reported + 1);
    ck_assert_int_eq(work->states[work->state_count - 1], NEXUS_STATE_CLOSED);
    nexus_client_destroy(work->client);
}

/* ---- credentials */

START_TEST(a_key_that_is_replaced_is_read_again)
{
    struct work work = {0};
    struct test_nkey before;
    struct test_nkey after;
    char config[256];
    char path[TEST_PATH_SIZE];
    test_nkey_new(&before, 'U');
    test_nkey_new(&after, 'U');
    snprintf(config, sizeof config, "authorization { users: [ { nkey: %s } ] }", before.public_key);
    ck_assert(test_server_start(&test_server, config));
    ck_assert(test_server_write(&test_server, "user.nk", before.seed, path));
    struct nexus_client_options *options = test_options("rebuild");
    OK(nexus_client_options_set_nkey_file(options, path, err));
    begin(&work, options);
    snprintf(config, sizeof config, "authorization { users: [ { nkey: %s } ] }", after.public_key);
    ck_assert(test_server_reconfigure(&test_server, config));
    publish_one_more(&work);
    /* The same refusal again and again does not make it give up. */
    DISPATCH_UNTIL(work.client, atomic_load(&work.refusals) >= 3);
    ck_assert_int_eq(nexus_client_state(work.client), NEXUS_STATE_RECONNECTING);
    publish_one_more(&work);
    ck_assert(test_server_write(&test_server, "user.nk", after.seed, path));
    DISPATCH_UNTIL(work.client, nexus_client_state(work.client) == NEXUS_STATE_CONNECTED);
    publish_one_more(&work);
    expect_all(&work);
    test_server_stop(&test_server);
}
END_TEST

/* ---- protocol errors: between client and server, somebody who says them */

struct proxy {
    int listener;
    int port;
    int upstream;
    int client; /* -1: none */
    int server;
    atomic_bool stop;
    atomic_bool inject;
    atomic_int connections;
    pthread_t thread;
};

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void hang_up(struct proxy *proxy)
{
    close(proxy->client);
    close(proxy->server);
    proxy->client = proxy->server = -1;
}

static bool pass(int from, int to)
{
    char buffer[65536];
    ssize_t got = recv(from, buffer, sizeof buffer, 0);
    for (ssize_t sent = 0; sent < got;) {
        ssize_t more = send(to, buffer + sent, (size_t)(got - sent), MSG_NOSIGNAL);
        if (more <= 0) {
            return false;
        }
        sent += more;
    }
    return got > 0;
}

static void take_client(struct proxy *proxy)
{
    proxy->client = accept(proxy->listener, NULL, NULL);
    proxy->server = connect_to(proxy->upstream);
    atomic_fetch_add(&proxy->connections, 1);
}

static void serve_pair(struct proxy *proxy, const struct pollfd *fds)
{
    static const char error[] = "-ERR 'Unknown Protocol Operation'\r\n";
    bool open = true;
    if (fds[1].revents != 0) {
        open = pass(proxy->client, proxy->server);
    }
    if (open && fds[2].revents != 0) {
        open = pass(proxy->server, proxy->client);
    } else if (open && atomic_load(&proxy->inject)) {
        /* Nothing is under way, so it does not stand inside a message. */
        atomic_store(&proxy->inject, false);
        open = send(proxy->client, error, sizeof error - 1, MSG_NOSIGNAL) > 0;
    }
    if (!open) {
        hang_up(proxy);
    }
}

static void *run_proxy(void *data)
{
    struct proxy *proxy = data;
    while (!atomic_load(&proxy->stop)) {
        struct pollfd fds[3] = {{proxy->client < 0 ? proxy->listener : -1, POLLIN, 0},
                                {proxy->client, POLLIN, 0},
                                {proxy->server, POLLIN, 0}};
        poll(fds, 3, 20);
        if (fds[0].revents != 0) {
            take_client(proxy);
        } else if (proxy->client >= 0) {
            serve_pair(proxy, fds);
        }
    }
    hang_up(proxy);
    return NULL;
}

START_TEST(a_protocol_error_is_not_the_end)
{
    enum { ERRORS = 4 };
    struct work work = {0};
    struct proxy proxy = {.client = -1, .server = -1};
    char url[64];
    ck_assert(test_server_start(&test_server, NULL));
    proxy.listener = test_socket_mute(&proxy.port);
    proxy.upstream = test_server.port;
    ck_assert_int_eq(pthread_create(&proxy.thread, NULL, run_proxy, &proxy), 0);
    struct nexus_client_options *options = test_options("rebuild");
    snprintf(url, sizeof url, "nats://127.0.0.1:%d", proxy.port);
    OK(nexus_client_options_set_url(options, url, err));
    begin(&work, options);
    for (int i = 0; i < ERRORS; i++) {
        uint64_t connects = test_stats(work.client).connects;
        atomic_store(&proxy.inject, true);
        DISPATCH_UNTIL(work.client, test_stats(work.client).connects > connects);
        publish_one_more(&work);
    }
    ck_assert_int_ge(atomic_load(&proxy.connections), ERRORS + 1);
    ck_assert_uint_ge(test_stats(work.client).disconnects, ERRORS);
    expect_all(&work);
    for (int i = 0; i + 1 < work.state_count - 1; i += 2) {
        ck_assert_int_eq(work.states[i], NEXUS_STATE_CONNECTED);
        ck_assert_int_eq(work.states[i + 1], NEXUS_STATE_RECONNECTING);
    }
    atomic_store(&proxy.stop, true);
    ck_assert_int_eq(pthread_join(proxy.thread, NULL), 0);
    close(proxy.listener);
    test_server_stop(&test_server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rebuild");
    TCase *bare = test_case_bare(suite, "rebuild");
    tcase_add_test(bare, a_key_that_is_replaced_is_read_again);
    tcase_add_test(bare, a_protocol_error_is_not_the_end);
    return test_main(suite);
}
