/* SPDX-License-Identifier: Apache-2.0 */
#include "servers.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

#define URL_MAX      512
#define DEFAULT_PORT 4222

struct nx_servers {
    struct nx_server_list list;
};

static void server_clear(struct nx_server *server)
{
    if (server->url)
        sodium_memzero(server->url, strlen(server->url)); /* may hold a password */
    free(server->url);
    free(server->host);
    memset(server, 0, sizeof(*server));
}

void nx_server_list_free(struct nx_server_list *list)
{
    if (!list)
        return;
    for (size_t i = 0; i < list->count; i++)
        server_clear(&list->servers[i]);
    free(list);
}

void nx_servers_free(struct nx_servers *servers)
{
    nx_server_list_free(servers ? &servers->list : NULL);
}

/* Cuts "host", "host:port" or "[::1]:port". False when that is not what it is. */
static bool split_authority(const char *at, size_t length, char *host, size_t size, int *port)
{
    const char *end = at + length;
    const char *colon;
    size_t host_length;
    long number = DEFAULT_PORT;

    if (length && *at == '[') {
        const char *close = memchr(at, ']', length);
        if (!close || (close + 1 != end && close[1] != ':'))
            return false;
        host_length = (size_t)(close - at - 1);
        at++;
        colon = close + 1 == end ? NULL : close + 1;
    } else {
        colon = memchr(at, ':', length);
        host_length = colon ? (size_t)(colon - at) : length;
    }
    if (colon) {
        char *rest;
        if (colon[1] < '0' || colon[1] > '9')
            return false;
        number = strtol(colon + 1, &rest, 10);
        if (rest != end || number < 1 || number > 65535)
            return false;
    }
    if (!host_length || host_length >= size || strcspn(at, " \t\r\n\"\\") < host_length)
        return false;
    memcpy(host, at, host_length);
    host[host_length] = 0;
    *port = (int)number;
    return true;
}

static bool known_scheme(const char *url, size_t length, bool *tls, size_t *skip)
{
    static const struct {
        const char *prefix;
        bool tls;
    } schemes[] = {{"nats://", false}, {"tls://", true}};

    *tls = false;
    *skip = 0;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t n = strlen(schemes[i].prefix);
        if (length > n && memcmp(url, schemes[i].prefix, n) == 0) {
            *tls = schemes[i].tls;
            *skip = n;
            return true;
        }
    }
    return !memmem(url, length, "://", 3); /* a bare "host:port" */
}

/* cnats does not understand a tls:// scheme's meaning, so the URL that it gets is always nats://.
 */
static int add_server(struct nx_server_list *list, const char *url, size_t length,
                      struct nexus_error *err)
{
    struct nx_server *server = &list->servers[list->count];
    char host[256], text[URL_MAX + 16];
    const char *authority, *at;
    size_t skip, rest;

    if (list->count == NX_SERVERS_MAX)
        return nx_fail(err, NEXUS_E_INVALID, "url", "more than %d servers", NX_SERVERS_MAX);
    if (length > URL_MAX || !known_scheme(url, length, &server->tls, &skip))
        return nx_fail(err, NEXUS_E_INVALID, "url", "server %zu is not a nats:// or tls:// address",
                       list->count + 1);
    authority = url + skip;
    rest = length - skip;
    if (rest && authority[rest - 1] == '/')
        rest--;
    at = memrchr(authority, '@', rest);
    at = at ? at + 1 : authority;
    if (!split_authority(at, (size_t)(authority + rest - at), host, sizeof(host), &server->port))
        return nx_fail(err, NEXUS_E_INVALID, "url", "server %zu has no sound host and port",
                       list->count + 1);
    snprintf(text, sizeof(text), strchr(host, ':') ? "nats://%.*s[%s]:%d" : "nats://%.*s%s:%d",
             (int)(at - authority), authority, host, server->port);
    server->url = strdup(text);
    server->host = strdup(host);
    sodium_memzero(text, sizeof(text));
    if (!server->url || !server->host) {
        server_clear(server);
        return nx_no_memory(err);
    }
    list->count++;
    return NEXUS_OK;
}

int nx_servers_parse(const char *urls, struct nx_servers **out, struct nexus_error *err)
{
    struct nx_servers *servers = calloc(1, sizeof(*servers));
    int code = NEXUS_OK;

    if (!servers)
        return nx_no_memory(err);
    for (const char *at = urls; code == NEXUS_OK; at++) {
        size_t blanks = strspn(at, " ");
        size_t length = strcspn(at + blanks, ",");
        size_t used = length;
        while (used && at[blanks + used - 1] == ' ')
            used--;
        code = add_server(&servers->list, at + blanks, used, err);
        at += blanks + length;
        if (!*at)
            break;
    }
    if (code != NEXUS_OK) {
        nx_servers_free(servers);
        return code;
    }
    *out = servers;
    return NEXUS_OK;
}

bool nx_servers_any_tls(const struct nx_servers *servers)
{
    for (size_t i = 0; i < servers->list.count; i++)
        if (servers->list.servers[i].tls)
            return true;
    return false;
}

static bool has_address(const struct nx_server_list *list, const char *host, int port)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->servers[i].port == port && strcmp(list->servers[i].host, host) == 0)
            return true;
    return false;
}

void nx_servers_learn(struct nx_servers *servers, const char *address)
{
    struct nx_server_list *list = &servers->list;
    const char *scheme = strstr(address, "://");
    const char *user, *at;
    char host[256], url[URL_MAX];
    int port;

    address = scheme ? scheme + 3 : address;
    if (list->count >= NX_SERVERS_MAX ||
        !split_authority(address, strlen(address), host, sizeof(host), &port) ||
        has_address(list, host, port))
        return;
    user = list->servers[0].url + strlen("nats://");
    at = strrchr(user, '@');
    snprintf(url, sizeof(url), "%s%.*s%s", list->servers[0].tls ? "tls://" : "nats://",
             at ? (int)(at + 1 - user) : 0, user, address);
    (void)add_server(list, url, strlen(url), NULL);
    sodium_memzero(url, sizeof(url));
}

struct nx_server_list *nx_servers_shuffled(const struct nx_servers *servers)
{
    struct nx_server_list *copy = calloc(1, sizeof(*copy));

    for (size_t i = 0; copy && i < servers->list.count; i++) {
        const struct nx_server *from = &servers->list.servers[i];
        struct nx_server to = {strdup(from->url), strdup(from->host), from->port, from->tls};
        size_t place = randombytes_uniform((uint32_t)i + 1);
        copy->servers[i] = copy->servers[place];
        copy->servers[place] = to;
        copy->count++;
        if (!to.url || !to.host) {
            nx_server_list_free(copy);
            return NULL;
        }
    }
    return copy;
}
