/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting: options for cnats, one attempt over all servers, and the callbacks of a connection.
 */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "nkey.h"
#include "wire.h"

#define IO_BUFFER        (64 * 1024)
#define PING_INTERVAL_MS 10000
#define PINGS_OUT        2
#define LISTENER_QUEUE   262144

/* The four event-loop callbacks run under the connection's lock: they only store and wake. */
static natsStatus on_attach(void **user, void *loop, natsConnection *nc, natsSock socket)
{
    struct link *link = loop;
    (void)nc;
    *user = link;
    atomic_store(&link->fd, (int)socket);
    nx_wire_wake(link->wire);
    return NATS_OK;
}

static natsStatus on_read(void *user, bool add)
{
    struct link *link = user;
    if (!add)
        atomic_store(&link->fd, -1);
    return NATS_OK;
}

static natsStatus on_write(void *user, bool add)
{
    struct link *link = user;
    atomic_store(&link->write_wanted, add);
    if (add && !nx_wire_quiet())
        nx_wire_wake(link->wire);
    return NATS_OK;
}

static natsStatus on_detach(void *user)
{
    atomic_store(&((struct link *)user)->fd, -1);
    return NATS_OK;
}

/* Where an error of cnats belongs. */
static int status_code(natsStatus status)
{
    switch (status) {
    case NATS_OK:
        return NEXUS_OK;
    case NATS_CONNECTION_AUTH_FAILED:
        return NEXUS_E_AUTH;
    case NATS_NOT_PERMITTED:
        return NEXUS_E_PERMISSION;
    case NATS_NO_MEMORY:
        return NEXUS_E_MEMORY;
    case NATS_MAX_PAYLOAD:
        return NEXUS_E_TOO_LARGE;
    case NATS_NO_SERVER_SUPPORT:
        return NEXUS_E_UNSUPPORTED;
    case NATS_CONNECTION_CLOSED:
    case NATS_CONNECTION_DISCONNECTED:
        return NEXUS_E_CLOSED;
    default:
        return NEXUS_E_CONNECT;
    }
}

/* The last of all callbacks of a connection that was made; natsConnection_Destroy() does not wait
 * for it, so it holds a reference. */
static void on_closed(natsConnection *nc, void *closure)
{
    struct link *link = closure;
    const char *text = NULL;
    natsStatus status = natsConnection_GetLastError(nc, &text);

    pthread_mutex_lock(&link->wire->lock);
    if (link->code == NEXUS_OK) {
        link->code = status == NATS_OK ? NEXUS_E_CLOSED : status_code(status);
        snprintf(link->text, sizeof(link->text), "%s",
                 text && *text ? text : "the server closed the connection");
    }
    pthread_mutex_unlock(&link->wire->lock);
    atomic_store(&link->ended, true);
    nx_wire_wake(link->wire);
    nx_link_release(link);
}

/* `Permissions Violation for Publish to "a.b"`: keeps the subject for the I/O thread. */
static void keep_forbidden(struct wire *wire, const char *text)
{
    const char *begin = text ? strchr(text, '"') : NULL;
    const char *end = begin ? strchr(begin + 1, '"') : NULL;
    char *subject = end ? strndup(begin + 1, (size_t)(end - begin - 1)) : NULL;

    pthread_mutex_lock(&wire->lock);
    if (subject && wire->forbidden_count < NX_WIRE_FORBIDDEN_MAX) {
        wire->forbidden[wire->forbidden_count++] = subject;
        subject = NULL;
    }
    pthread_mutex_unlock(&wire->lock);
    free(subject);
}

/* All connections of the process share the thread that runs this: it never blocks. */
static void on_error(natsConnection *nc, natsSubscription *sub, natsStatus error, void *closure)
{
    struct link *link = closure;
    natsStatus status = error;
    const char *text = nats_GetLastError(&status);
    (void)nc;
    (void)sub;

    if (error == NATS_NOT_PERMITTED && status == error)
        keep_forbidden(link->wire, text);
    else if (error == NATS_SLOW_CONSUMER)
        atomic_store(&link->wire->slow, true);
    nx_wire_wake(link->wire);
}

static natsStatus set_security(natsOptions *to, const struct nx_options *from,
                               const struct nx_server *server)
{
    natsStatus s = NATS_OK;

    if (!from->tls && !server->tls)
        return NATS_OK;
    s = natsOptions_SetSecure(to, true);
    if (s == NATS_OK && from->tls_ca_file)
        s = natsOptions_LoadCATrustedCertificates(to, from->tls_ca_file);
    if (s == NATS_OK && from->tls_certificate_file)
        s = natsOptions_LoadCertificatesChain(to, from->tls_certificate_file, from->tls_key_file);
    if (s == NATS_OK)
        s = natsOptions_SetExpectedHostname(to, server->host);
    return s;
}

/* cnats 3.4.1 writes these into its JSON as they are. */
static char *escaped(const char *secret)
{
    struct nx_buf text = NX_BUF_INIT;
    char *quoted;

    nx_json_put_string(&text, secret, strlen(secret));
    quoted = nx_buf_take(&text);
    if (quoted) {
        size_t length = strlen(quoted) - 2;
        memmove(quoted, quoted + 1, length);
        memset(quoted + length, 0, 2);
    }
    return quoted;
}

static void wipe(char *secret)
{
    if (secret)
        sodium_memzero(secret, strlen(secret));
    free(secret);
}

static natsStatus set_user(natsOptions *to, const char *user, const char *password)
{
    char *name = escaped(user), *secret = escaped(password);
    natsStatus s = name && secret ? natsOptions_SetUserInfo(to, name, secret) : NATS_NO_MEMORY;

    wipe(name);
    wipe(secret);
    return s;
}

static natsStatus set_token(natsOptions *to, const char *token)
{
    char *secret = escaped(token);
    natsStatus s = secret ? natsOptions_SetToken(to, secret) : NATS_NO_MEMORY;

    wipe(secret);
    return s;
}

static natsStatus set_identity(natsOptions *to, const struct nx_options *from)
{
    char public_key[NX_NKEY_PUBLIC_SIZE];
    natsStatus s = NATS_OK;

    if (from->user)
        s = set_user(to, from->user, from->password ? from->password : "");
    if (s == NATS_OK && from->token)
        s = set_token(to, from->token);
    if (s == NATS_OK && from->credentials_file)
        s = natsOptions_SetUserCredentialsFromFiles(to, from->credentials_file, NULL);
    if (s == NATS_OK && from->nkey_file) {
        if (nx_nkey_public(from->nkey_file, public_key, NULL) != NEXUS_OK)
            return NATS_INVALID_ARG;
        s = natsOptions_SetNKeyFromSeed(to, public_key, from->nkey_file);
    }
    return s;
}

static natsStatus set_behaviour(natsOptions *to, const struct nx_options *from, struct link *link)
{
    natsStatus s = natsOptions_SetAllowReconnect(to, false);

    if (s == NATS_OK)
        s = natsOptions_SetTimeout(to, from->connect_timeout_ms);
    if (s == NATS_OK)
        s = natsOptions_SetWriteDeadline(to, from->connect_timeout_ms);
    if (s == NATS_OK)
        s = natsOptions_SetSendAsap(to, true); /* no flusher thread */
    if (s == NATS_OK)
        s = natsOptions_SetIOBufSize(to, IO_BUFFER);
    if (s == NATS_OK)
        s = natsOptions_SetMaxPendingMsgs(to, LISTENER_QUEUE);
    if (s == NATS_OK)
        s = natsOptions_SetPingInterval(to, PING_INTERVAL_MS);
    if (s == NATS_OK)
        s = natsOptions_SetMaxPingsOut(to, PINGS_OUT);
    if (s == NATS_OK)
        s = natsOptions_SetName(to, from->service);
    if (s == NATS_OK)
        s = natsOptions_SetErrorHandler(to, on_error, link);
    if (s == NATS_OK)
        s = natsOptions_SetClosedCB(to, on_closed, link);
    if (s == NATS_OK)
        s = natsOptions_SetEventLoop(to, link, on_attach, on_read, on_write, on_detach);
    return s;
}

/* One server. cnats reads credentials, keys and certificates afresh each time. */
static natsStatus connect_server(struct link *link, const struct nx_server *server)
{
    const struct nx_options *options = link->wire->options;
    natsOptions *to = NULL;
    natsStatus s = natsOptions_Create(&to);

    if (s == NATS_OK)
        s = natsOptions_SetURL(to, server->url);
    if (s == NATS_OK)
        s = set_behaviour(to, options, link);
    if (s == NATS_OK)
        s = set_identity(to, options);
    if (s == NATS_OK)
        s = set_security(to, options, server);
    if (s == NATS_OK) {
        atomic_fetch_add(&link->references, 1); /* on_closed()'s, if it comes to that */
        s = natsConnection_Connect(&link->nc, to);
        if (s != NATS_OK)
            atomic_fetch_sub(&link->references, 1);
    }
    natsOptions_Destroy(to);
    return s;
}

static void learn_servers(struct wire *wire, natsConnection *nc)
{
    char **found = NULL;
    int count = 0;

    if (natsConnection_GetDiscoveredServers(nc, &found, &count) != NATS_OK)
        return;
    pthread_mutex_lock(&wire->lock);
    for (int i = 0; i < count; i++)
        nx_servers_learn(wire->servers, found[i]);
    pthread_mutex_unlock(&wire->lock);
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(found);
}

static void keep_failure(struct link *link, const struct nx_server *server, natsStatus s)
{
    natsStatus last = NATS_OK;
    const char *text = nats_GetLastError(&last);
    bool fresh = last == s && text && *text;

    pthread_mutex_lock(&link->wire->lock);
    if (link->code != NEXUS_E_AUTH) /* the reason that helps most */
    {
        link->code = status_code(s);
        snprintf(link->text, sizeof(link->text), "%.80s:%d: %.140s", server->host, server->port,
                 fresh ? text : natsStatus_GetText(s));
    }
    pthread_mutex_unlock(&link->wire->lock);
}

/* Whether all files that connecting needs can be read; cnats names neither file nor reason. */
static bool files_are_there(struct link *link)
{
    const struct nx_options *options = link->wire->options;
    const char *const files[] = {options->credentials_file, options->nkey_file,
                                 options->tls_ca_file, options->tls_certificate_file,
                                 options->tls_key_file};
    struct nexus_error err = NEXUS_ERROR_INIT;
    char public_key[NX_NKEY_PUBLIC_SIZE];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (err.code == NEXUS_OK && files[i] && access(files[i], R_OK) != 0)
            nx_fail(&err, errno == ENOENT ? NEXUS_E_NOT_FOUND : NEXUS_E_IO, NULL, "%s: %s",
                    files[i], strerror(errno));
    if (err.code == NEXUS_OK && options->nkey_file)
        nx_nkey_public(options->nkey_file, public_key, &err);
    if (err.code == NEXUS_OK)
        return true;
    pthread_mutex_lock(&link->wire->lock);
    link->code = err.code;
    snprintf(link->text, sizeof(link->text), "%.255s", err.message);
    pthread_mutex_unlock(&link->wire->lock);
    return false;
}

/* Tries each server once, in random order. */
static natsStatus try_servers(struct link *link)
{
    struct wire *wire = link->wire;
    struct nx_server_list *list;
    natsStatus s = NATS_NO_SERVER;

    pthread_mutex_lock(&wire->lock);
    list = nx_servers_shuffled(wire->servers);
    pthread_mutex_unlock(&wire->lock);
    for (size_t i = 0; list && i < list->count && s != NATS_OK; i++) {
        s = connect_server(link, &list->servers[i]);
        if (s != NATS_OK)
            keep_failure(link, &list->servers[i], s);
    }
    nx_server_list_free(list);
    return s;
}

/* The connector's thread. */
static void *connect_any(void *argument)
{
    struct link *link = argument;
    struct wire *wire = link->wire;
    natsStatus s = files_are_there(link) ? try_servers(link) : NATS_NO_SERVER;
    bool headers = true, wanted;

    if (s == NATS_OK) {
        headers = natsConnection_HasHeaderSupport(link->nc) == NATS_OK;
        learn_servers(wire, link->nc);
        atomic_store(&wire->max_payload, natsConnection_GetMaxPayload(link->nc));
    }
    pthread_mutex_lock(&wire->lock);
    link->ready = s == NATS_OK && headers;
    wanted = link->ready && wire->link == link;
    if (s == NATS_OK)
        link->code = NEXUS_OK; /* what the servers before this one said */
    if (!headers) {
        link->code = NEXUS_E_UNSUPPORTED;
        snprintf(link->text, sizeof(link->text), "the server does not support message headers");
    }
    pthread_mutex_unlock(&wire->lock);
    if (s == NATS_OK && !wanted)
        natsConnection_Close(link->nc);
    else if (!wanted)
        atomic_store(&link->ended, true);
    nx_wire_wake(wire);
    nx_link_release(link);
    nats_ReleaseThreadMemory();
    return NULL;
}

/* Library threads take no signals: those are the application's. */
void nx_link_connect(struct link *link)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&link->connector, NULL, connect_any, link);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    link->connector_runs = !failed;
    if (!failed)
        return;
    pthread_mutex_lock(&link->wire->lock);
    link->code = NEXUS_E_MEMORY;
    snprintf(link->text, sizeof(link->text), "no thread could be started");
    pthread_mutex_unlock(&link->wire->lock);
    atomic_store(&link->ended, true);
    nx_wire_wake(link->wire);
    nx_link_release(link);
}
