/* SPDX-License-Identifier: Apache-2.0 */
/* The servers that a client may connect to: those it was given, and those that servers told it. */
#ifndef NX_SERVERS_H
#define NX_SERVERS_H

#include <nexus/error.h>

#define NX_SERVERS_MAX 64

struct nx_server {
    char *url;
    char *host; /* without brackets, for certificates */
    int port;
    bool tls;
};

struct nx_server_list {
    size_t count;
    struct nx_server servers[NX_SERVERS_MAX];
};

struct nx_servers;

/* From a list separated by commas. NEXUS_E_INVALID with `where` "url", NEXUS_E_MEMORY. Passwords
 * in it never appear in errors. */
int nx_servers_parse(const char *urls, struct nx_servers **out, struct nexus_error *err);
void nx_servers_free(struct nx_servers *servers);

bool nx_servers_any_tls(const struct nx_servers *servers);

/* Adds a server that a server named ("10.0.0.2:4222"), with the user info of the first one given.
 * Known ones and those above the limit are ignored. */
void nx_servers_learn(struct nx_servers *servers, const char *address);

/* A copy in random order, so that clients spread over a cluster. NULL without memory. */
struct nx_server_list *nx_servers_shuffled(const struct nx_servers *servers);
void nx_server_list_free(struct nx_server_list *list);

#endif
