/* SPDX-License-Identifier: Apache-2.0 */
#include "http_post.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_SECONDS 5

static bool fail(char problem[128], const char *what)
{
    snprintf(problem, 128, "%.60s: %.60s", what, errno ? strerror(errno) : "unusable");
    return false;
}

/* "http://host:port", with or without a slash behind. */
static bool split(const char *endpoint, char host[64], char port[8])
{
    char slash[2] = "";
    int end = 0;

    if (sscanf(endpoint, "http://%63[^:/]:%7[0-9]%1[/]%n", host, port, slash, &end) == 3)
        return endpoint[end] == 0;
    return sscanf(endpoint, "http://%63[^:/]:%7[0-9]%n", host, port, &end) == 2 &&
           endpoint[end] == 0;
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    struct timeval wait = {WAIT_SECONDS, 0};
    int fd = -1;

    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static bool send_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* The beginning of the answer, which ends when the server closes. */
static bool receive_all(int fd, char *out, size_t room)
{
    size_t kept = 0;
    char rest[256];

    for (;;) {
        bool full = kept + 1 == room;
        ssize_t got = recv(fd, full ? rest : out + kept, full ? sizeof(rest) : room - 1 - kept, 0);
        if (got <= 0)
            return got == 0 && kept > 0;
        if (!full)
            kept += (size_t)got;
    }
}

bool http_post(const char *endpoint, const char *path, const char *body, size_t length,
               char problem[128])
{
    char host[64], port[8], head[512], answer[64] = "";
    int fd, status = 0;
    bool sent;

    errno = 0;
    if (!split(endpoint, host, port))
        return fail(problem, endpoint);
    fd = connect_to(host, port);
    if (fd < 0)
        return fail(problem, "connect");
    snprintf(head, sizeof(head),
             "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n",
             path, host, port, length);
    sent = send_all(fd, head, strlen(head)) && send_all(fd, body, length) &&
           receive_all(fd, answer, sizeof(answer));
    if (!sent)
        fail(problem, "no answer");
    close(fd);
    if (sent && (sscanf(answer, "HTTP/1.%*d %d", &status) != 1 || status != 200)) {
        snprintf(problem, 128, "the collector said: %.40s", answer);
        sent = false;
    }
    return sent;
}
