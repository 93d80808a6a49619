/* SPDX-License-Identifier: Apache-2.0 */
/* In place of server.c: a bus in memory with the manners of a server, so that the suites about
 * delivery run on it unchanged. Its time is real, since their threads work while others wait. */
#include <nexus/testing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory/bus.h"
#include "test_server.h"

#define BUSES_MAX 64

/* By test_server.port, which counts them. */
static struct nexus_memory *buses[BUSES_MAX];

static struct nexus_memory *bus_of(const struct test_server *server)
{
    return server->port > 0 && server->port < BUSES_MAX ? buses[server->port] : NULL;
}

static bool set_state(struct test_server *server, enum nexus_memory_state state)
{
    return nexus_memory_set_state(bus_of(server), state, NULL) == NEXUS_OK;
}

bool test_server_write(struct test_server *server, const char *name, const char *text,
                       char path[TEST_PATH_SIZE])
{
    snprintf(path, TEST_PATH_SIZE, "%.*s/%s", TEST_PATH_SIZE - 64, server->directory, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

bool test_server_start(struct test_server *server, const char *config)
{
    static int count;
    memset(server, 0, sizeof *server);
    bool generous = config != NULL && strcmp(config, "max_payload: 8MB\n") == 0;
    if ((config != NULL && !generous) || count + 1 == BUSES_MAX ||
        !test_directory_new(server->directory)) {
        fprintf(stderr, "a bus in memory knows no such configuration\n");
        return false;
    }
    server->port = ++count;
    if (nexus_memory_open(NULL, &buses[server->port], NULL) != NEXUS_OK) {
        return false;
    }
    if (generous) {
        atomic_store(&bus_of(server)->max_payload, 8 << 20);
    }
    snprintf(server->url, sizeof server->url, "%s", nexus_memory_url(bus_of(server)));
    return nexus_memory_set_clock(bus_of(server), NEXUS_CLOCK_REAL, NULL) == NEXUS_OK;
}

void test_server_kill(struct test_server *server)
{
    set_state(server, NEXUS_MEMORY_DOWN);
}

bool test_server_restart(struct test_server *server)
{
    test_server_kill(server);
    return set_state(server, NEXUS_MEMORY_UP);
}

bool test_server_pause(struct test_server *server)
{
    return set_state(server, NEXUS_MEMORY_STALLED);
}

bool test_server_resume(struct test_server *server)
{
    return set_state(server, NEXUS_MEMORY_UP);
}

bool test_server_reconfigure(struct test_server *server, const char *config)
{
    return config == NULL && test_server_restart(server);
}

void test_server_stop(struct test_server *server)
{
    nexus_memory_close(bus_of(server));
    if (server->port > 0 && server->port < BUSES_MAX) {
        buses[server->port] = NULL;
    }
    server->port = 0;
    if (server->directory[0] != '\0') {
        test_directory_remove(server->directory);
        server->directory[0] = '\0';
    }
}
