/* SPDX-License-Identifier: Apache-2.0 */
#include "test_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_clock.h"
#include "test_server.h"

/* Below the kernel's ephemeral ports: a client that keeps dialling a dead server's port there can
 * be given that very port as its own, and then talks to itself. */
#define FIRST_PORT 12000
#define PORT_COUNT 18000

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int listen_on(int port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 8) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int candidate(void)
{
    static uint32_t state;
    if (state == 0) {
        state = (uint32_t)getpid() * 2654435761u ^ (uint32_t)test_now();
    }
    state = state * 1664525u + 1013904223u;
    return FIRST_PORT + (int)((state >> 8) % PORT_COUNT);
}

int test_socket_mute(int *port)
{
    for (;;) {
        *port = candidate();
        int fd = listen_on(*port);
        if (fd >= 0) {
            return fd;
        }
    }
}

int test_free_port(void)
{
    int port;
    close(test_socket_mute(&port));
    return port;
}

bool test_socket_greets(int port, const char *greeting)
{
    struct sockaddr_in address = loopback(port);
    char answer[64];
    size_t wanted = strlen(greeting);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return false;
    }
    bool greets = false;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        struct pollfd readable = {fd, POLLIN, 0};
        if (poll(&readable, 1, 2000) == 1) {
            ssize_t got = recv(fd, answer, sizeof answer, MSG_PEEK);
            greets = got >= (ssize_t)wanted && memcmp(answer, greeting, wanted) == 0;
        }
    }
    close(fd);
    return greets;
}
