/* SPDX-License-Identifier: Apache-2.0 */
/* A tiny service: whoever writes "/start" to the bot is greeted. test_greeter.c tests it. */
#ifndef GREETER_H
#define GREETER_H

#include <nexus/nexus.h>

/* Subscribes to what the bot receives. Answers are published by the handler, which runs in
 * nexus_client_dispatch() or _run(). The client must outlive the subscription. */
int greeter_start(struct nexus_client *client, struct nexus_subscription **out,
                  struct nexus_error *err);

#endif
