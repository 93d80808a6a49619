/* SPDX-License-Identifier: Apache-2.0 */
/* What a server says of itself: in its greeting, and on its monitoring port. */
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../environment.h"
#include "../json_text.h"
#include "doctor.h"

#define ANSWER_MAX   (1024 * 1024)
#define WAIT_SECONDS 5
#define SKEW_SECONDS 5

/* ---- versions */

static const struct {
    unsigned from[3], before[3]; /* the versions that have it */
    enum finding_level level;
    const char *text;
    const char *mend;
} defects[] = {
    {{0, 0, 0},
     {2, 10, 27},
     FINDING_WARNING,
     "any account may purge another one's streams (CVE-2025-30215)",
     "update to 2.10.27 or later; until then give no user rights on $JS.API.>"},
    {{2, 11, 0},
     {2, 11, 1},
     FINDING_WARNING,
     "any account may purge another one's streams (CVE-2025-30215)",
     "update to 2.11.1 or later"},
    {{0, 0, 0},
     {2, 9, 0},
     FINDING_ERROR,
     "it is older than what this SDK works with",
     "update to 2.10.27 or later"},
    {{2, 9, 0},
     {2, 10, 0},
     FINDING_NOTE,
     "it has no sync_interval: an acknowledged event may be up to two minutes from the disk",
     "update, and set sync_interval; or three replicas on machines that do not fail together"},
};

static int compare(const unsigned left[3], const unsigned right[3])
{
    for (int i = 0; i < 3; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

bool doctor_version(struct doctor *doctor, const char *version)
{
    unsigned own[3] = {0};

    if (sscanf(version, "%u.%u.%u", &own[0], &own[1], &own[2]) != 3)
        return false;
    for (size_t i = 0; i < sizeof(defects) / sizeof(defects[0]); i++)
        if (compare(own, defects[i].from) >= 0 && compare(own, defects[i].before) < 0)
            doctor_find(doctor, defects[i].level, "version", defects[i].mend,
                        "nats-server %u.%u.%u: %s", own[0], own[1], own[2], defects[i].text);
    return true;
}

/* ---- asking */

/* "host:port" of the first server of a URL list. */
static bool split(const char *url, char *host, size_t size, char port[8])
{
    const char *at = strstr(url, "://");
    const char *end, *user, *colon;
    size_t length;

    at = at ? at + 3 : url;
    end = at + strcspn(at, ",/");
    user = memchr(at, '@', (size_t)(end - at));
    at = user ? user + 1 : at;
    colon = memchr(at, ':', (size_t)(end - at));
    length = (size_t)((colon ? colon : end) - at);
    snprintf(port, 8, "%.*s", colon ? (int)(end - colon - 1) : 4, colon ? colon + 1 : "4222");
    snprintf(host, size, "%.*s", (int)length, at);
    return length > 0 && length < size;
}

static int reach(const char *host, const char *port)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    int fd = -1;

    if (getaddrinfo(host, port, &wanted, &found) != 0)
        return -1;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
        if (connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

/* Sends `request` (or nothing) and reads until the end, or a line's. The caller frees it. */
static char *ask(const char *url, const char *request, bool line)
{
    char host[256], port[8], *text = calloc(1, ANSWER_MAX + 1);
    time_t until = time(NULL) + 2 * WAIT_SECONDS;
    size_t length = 0;
    ssize_t got = 1;
    int fd = text && split(url, host, sizeof(host), port) ? reach(host, port) : -1;

    if (fd < 0 || (*request && send(fd, request, strlen(request), MSG_NOSIGNAL) < 0))
        got = 0;
    while (got > 0 && length < ANSWER_MAX && time(NULL) < until) {
        got = recv(fd, text + length, ANSWER_MAX - length, 0);
        length += got > 0 ? (size_t)got : 0;
        if (line && memchr(text, '\n', length))
            break;
    }
    if (fd >= 0)
        close(fd);
    if (!length) {
        free(text);
        return NULL;
    }
    return text;
}

/* The member of an object, as a piece; `text` NULL when there is none. */
static struct json_piece member(struct json_piece object, const char *name)
{
    struct json_piece key, value;

    while (object.text && json_next_member(&object, &key, &value))
        if (key.length == strlen(name) + 2 && strncmp(key.text + 1, name, key.length - 2) == 0)
            return value;
    return (struct json_piece){0};
}

static struct json_piece object_in(const char *text)
{
    struct json_piece value = {0};
    const char *begin = text ? strchr(text, '{') : NULL;
    const char *end = begin ? strrchr(begin, '}') : NULL;

    if (!end || !json_value(begin, (size_t)(end + 1 - begin), &value))
        value.text = NULL;
    return value;
}

static bool take_version(struct doctor *doctor, struct json_piece object)
{
    struct json_piece value = member(object, "version");
    char *version = value.text ? json_string(value) : NULL;
    bool told = version && doctor_version(doctor, version);

    free(version);
    return told;
}

/* A server greets before anybody has logged in. */
void doctor_server(struct doctor *doctor)
{
    const char *url = environment_value("NEXUS_URL");
    char *greeting = ask(url ? url : "127.0.0.1:4222", "", true);
    struct json_piece info = object_in(greeting);

    doctor->clustered = member(info, "cluster").text != NULL;
    if (!take_version(doctor, info))
        doctor_find(doctor, FINDING_NOTE, "version", "look at `nats-server --version`",
                    "the server did not tell its version");
    free(greeting);
}

/* ---- the monitoring port */

static void check_sync(struct doctor *doctor, struct json_piece config)
{
    struct json_piece interval = member(config, "sync_interval");
    struct json_piece always = member(config, "sync_always");
    int64_t seconds = interval.text ? strtoll(interval.text, NULL, 10) / 1000000000 : -1;

    if (always.text && strncmp(always.text, "true", 4) == 0)
        return;
    if (seconds > 10)
        doctor_find(doctor, FINDING_WARNING, "fsync",
                    "sync_interval: 10s (or less, or always) in the server's jetstream block",
                    "the server writes to the disk every %" PRId64
                    " s: when its machine loses power, so much of what it acknowledged is lost",
                    seconds);
}

/* "2026-11-23T22:53:30.428Z" */
static void check_clock(struct doctor *doctor, struct json_piece now)
{
    char *text = now.text ? json_string(now) : NULL;
    struct tm parts = {0};
    int64_t skew;

    if (text && strptime(text, "%Y-%m-%dT%H:%M:%S", &parts)) {
        skew = (int64_t)time(NULL) - (int64_t)timegm(&parts);
        if (skew > SKEW_SECONDS || skew < -SKEW_SECONDS)
            doctor_find(doctor, skew > 300 || skew < -300 ? FINDING_ERROR : FINDING_WARNING,
                        "clock", "have both machines follow NTP",
                        "this machine's clock is %" PRId64 " s %s the server's; signatures are "
                        "refused beyond 300 s",
                        skew < 0 ? -skew : skew, skew < 0 ? "behind" : "ahead of");
    }
    free(text);
}

void doctor_monitor(struct doctor *doctor)
{
    static const char request[] = "GET /varz HTTP/1.0\r\nHost: nexusctl\r\n\r\n";
    char *answer;
    struct json_piece varz;

    if (!doctor->monitor) {
        doctor_find(doctor, FINDING_NOTE, "monitor", "nats-server -m 8222, and --monitor",
                    "without --monitor, fsync and the clock are not looked at");
        return;
    }
    answer = ask(doctor->monitor, request, false);
    varz = object_in(answer);
    if (!answer || strncmp(answer, "HTTP/", 5) != 0 || !member(varz, "version").text)
        doctor_find(doctor, FINDING_WARNING, "monitor", "give http://HOST:PORT of nats-server -m",
                    "%s does not answer as a server's monitoring port", doctor->monitor);
    check_sync(doctor, member(member(varz, "jetstream"), "config"));
    check_clock(doctor, member(varz, "now"));
    free(answer);
}
