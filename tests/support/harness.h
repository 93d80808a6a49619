/* SPDX-License-Identifier: Apache-2.0 */
/* What the integration programs share: a fresh server with a provisioned stream for each test, and
 * waiting for conditions. */
#ifndef TEST_HARNESS_H
#define TEST_HARNESS_H

#include <check.h>
#include <nexus/nexus.h>
#include <poll.h>

#include "test_clock.h"
#include "test_server.h"

/* How long a condition may take before a test gives up. Generous: sanitizers and busy machines. */
#define TEST_LIMIT_MILLISECONDS 60000

/* The call succeeds, or the test says why not. */
#define OK(call)                                                                                \
    do {                                                                                        \
        struct nexus_error err_ = NEXUS_ERROR_INIT;                                             \
        struct nexus_error *err = &err_;                                                        \
        int status_ = (call);                                                                   \
        ck_assert_msg(status_ == NEXUS_OK, "%s: %s: %s: %s", #call, nexus_status_name(status_), \
                      err->where, err->message);                                                \
    } while (0)

/* The call fails with exactly this code, in its result and in the error object. */
#define FAILS(expected, call)                                \
    do {                                                     \
        struct nexus_error err_ = NEXUS_ERROR_INIT;          \
        struct nexus_error *err = &err_;                     \
        test_expect_failure((expected), (call), err, #call); \
    } while (0)

void test_expect_failure(int expected, int status, const struct nexus_error *err, const char *call);

/* Dispatches until the condition holds. */
#define DISPATCH_UNTIL(client, condition)                                            \
    do {                                                                             \
        int64_t deadline_ = test_now() + TEST_LIMIT_MILLISECONDS;                    \
        while (!(condition)) {                                                       \
            ck_assert_msg(test_now() < deadline_, "waited in vain for " #condition); \
            test_dispatch((client), 50);                                             \
        }                                                                            \
    } while (0)

/* Waits until the condition holds, without dispatching. */
#define WAIT_UNTIL(condition)                                                        \
    do {                                                                             \
        int64_t deadline_ = test_now() + TEST_LIMIT_MILLISECONDS;                    \
        while (!(condition)) {                                                       \
            ck_assert_msg(test_now() < deadline_, "waited in vain for " #condition); \
            poll(NULL, 0, 5);                                                        \
        }                                                                            \
    } while (0)

/* nexus_client_dispatch(), asserting that it does not fail. */
void test_dispatch(struct nexus_client *client, int timeout_ms);

/* The server of the running test. */
extern struct test_server test_server;

/* A case whose tests each get a server (and a provisioned stream "NEXUS"). */
TCase *test_case_with_stream(Suite *suite, const char *name);
TCase *test_case_with_server(Suite *suite, const char *name);
/* A case whose tests start what they need; test_server is stopped after each. */
TCase *test_case_bare(Suite *suite, const char *name);

/* Runs a suite and gives the exit status. */
int test_main(Suite *suite);

/* Options for the running server: its URL, the service's name, warnings to standard error. */
struct nexus_client_options *test_options(const char *service);
/* A client of these options, which it destroys; and one with the defaults. */
struct nexus_client *test_client_of(struct nexus_client_options *options);
struct nexus_client *test_client(const char *service);

/* Provisions the stream "NEXUS" at the running server. */
void test_provision(void);

/* What `Nexus-Schema` has to say on events of a channel; valid until the next call. */
const char *test_schema_header(const char *channel);

/* The client's counters. */
struct nexus_client_stats test_stats(struct nexus_client *client);

#endif
