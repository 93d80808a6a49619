/* SPDX-License-Identifier: Apache-2.0 */
/* A nats-server with JetStream of our own, on the loopback address. It ends with this process,
 * however that ends. */
#ifndef LOCAL_SERVER_H
#define LOCAL_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct local_server {
    pid_t pid; /* 0: none */
    char url[64];
};

/* Starts it with its files in an existing directory. `port` 0: any that is free; `program` NULL:
 * nats-server, where packages put it. Returns the exit status, CTL_OK or after a report. */
int local_server_start(struct local_server *server, const char *directory, int port,
                       const char *program);

/* Whether it has ended by itself. */
bool local_server_has_ended(struct local_server *server);

/* Ends it, giving it time to write its files. */
void local_server_stop(struct local_server *server);

/* From now on the environment says this server, and nobody's credentials. */
void local_server_environment(const struct local_server *server);

#endif
