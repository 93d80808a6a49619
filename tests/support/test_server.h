/* SPDX-License-Identifier: Apache-2.0 */
/* A real nats-server for one test: on a free loopback port, with a store of its own, ended by its
 * process id. It can be killed and started again on the same port and store. */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#define TEST_PATH_SIZE 512

struct test_server {
    pid_t pid; /* 0 while it is not running */
    int port;
    char directory[TEST_PATH_SIZE]; /* config, log and store; removed at the end */
    char url[64];                   /* nats://127.0.0.1:PORT */
    char *config;                   /* the extra configuration it was started with */
};

/* Starts it, JetStream on, and returns when it answers. `config` is text in the server's own
 * language that is appended to the configuration, or NULL. On failure the reason and the server's
 * log go to standard error and false is returned. */
bool test_server_start(struct test_server *server, const char *config);

/* As if the power had gone: SIGKILL, and wait for it. The store stays. */
void test_server_kill(struct test_server *server);

/* As if it hung: connections stay, nothing is answered; and goes on. */
bool test_server_pause(struct test_server *server);
bool test_server_resume(struct test_server *server);

/* Starts it again after a kill, on the same port and store. */
bool test_server_restart(struct test_server *server);

/* The same with another configuration from now on. */
bool test_server_reconfigure(struct test_server *server, const char *config);

/* Ends it and removes its directory. A server that was never started is allowed. */
void test_server_stop(struct test_server *server);

/* Writes a file into the server's directory, and gives its path. */
bool test_server_write(struct test_server *server, const char *name, const char *text,
                       char path[TEST_PATH_SIZE]);

/* A new directory below the system's one for temporary files; and its removal. */
bool test_directory_new(char path[TEST_PATH_SIZE]);
void test_directory_remove(const char *path);

/* A loopback port on which nobody listens, and on which the kernel will not put anyone. */
int test_free_port(void);

#endif
