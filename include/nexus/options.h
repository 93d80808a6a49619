/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file options.h
 * How a client connects and how much it may use. Opaque, with setters, so that it can grow.
 *
 * The library never reads the environment; programs that want NEXUS_URL and friends read them
 * and call these setters, as `nexusctl` does.
 *
 * Threads: an options object belongs to one thread at a time. nexus_client_new() copies what it
 * needs, so the object may be changed, reused for another client or destroyed afterwards.
 *
 * Errors: every setter returns NEXUS_OK, NEXUS_E_INVALID (the value is unusable; the object is
 * unchanged) or NEXUS_E_MEMORY. Texts are copied. A NULL text resets the option to its default.
 */
#ifndef NEXUS_OPTIONS_H
#define NEXUS_OPTIONS_H

#include <nexus/error.h>

NEXUS_BEGIN_DECLS

/** Options of a client. @since 1.0 */
struct nexus_client_options;

/** A new object with every option at its default, or NULL without memory. @since 1.0 */
NEXUS_API struct nexus_client_options *nexus_client_options_new(void);

/** Frees it and wipes the secrets it held. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_client_options_destroy(struct nexus_client_options *options);

/**
 * One server or several, separated by commas: "nats://a:4222,nats://b:4222". A `tls://` scheme
 * turns TLS on. Default "nats://127.0.0.1:4222". User and password may stand in the URL, but the
 * setters below keep them out of logs. At most 32 servers.
 * "memory:NAME", or "memory:", is a bus inside the process, for tests: see <nexus/testing.h>.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_url(struct nexus_client_options *options, const char *url,
                                           struct nexus_error *err);

/**
 * The name of the service: the default prefix of its durable consumers, and the connection's name
 * at the server. A token, [A-Za-z0-9][A-Za-z0-9_-]{0,62}. Default "nexus-client". Give each
 * service its own: instances that share a name share their work.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_service(struct nexus_client_options *options,
                                               const char *service, struct nexus_error *err);

/**
 * The name under which this process counts in vector clocks; a token as above. Default: the
 * service's name. Give each running instance its own (till-2, edge-msk-01).
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_node(struct nexus_client_options *options, const char *node,
                                            struct nexus_error *err);

/** The JetStream stream that subscriptions read from. Default "NEXUS". @since 1.0 */
NEXUS_API int nexus_client_options_set_stream(struct nexus_client_options *options,
                                              const char *stream, struct nexus_error *err);

/** A NATS credentials file (JWT and NKey seed), read again at every connect. @since 1.0 */
NEXUS_API int nexus_client_options_set_credentials_file(struct nexus_client_options *options,
                                                        const char *path, struct nexus_error *err);

/** A file that holds a user's NKey seed (`SU…`), read again at every connect. @since 1.0 */
NEXUS_API int nexus_client_options_set_nkey_file(struct nexus_client_options *options,
                                                 const char *path, struct nexus_error *err);

/** User name and password. @since 1.0 */
NEXUS_API int nexus_client_options_set_user(struct nexus_client_options *options, const char *user,
                                            const char *password, struct nexus_error *err);

/** An authentication token. @since 1.0 */
NEXUS_API int nexus_client_options_set_token(struct nexus_client_options *options,
                                             const char *token, struct nexus_error *err);

/**
 * Turns TLS on for every server, checking the server's certificate against the authorities in a
 * PEM file; NULL uses the system's authorities.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_tls(struct nexus_client_options *options,
                                           const char *ca_file, struct nexus_error *err);

/** A client certificate and its private key, both PEM files. Implies TLS. @since 1.0 */
NEXUS_API int nexus_client_options_set_tls_certificate(struct nexus_client_options *options,
                                                       const char *certificate_file,
                                                       const char *key_file,
                                                       struct nexus_error *err);

/**
 * The prefix of the subjects on which this client hears answers. Default: a fresh random one
 * below "_INBOX". Servers that restrict subscriptions expect a prefix of the user's own. Dots
 * separate tokens; at most 64 bytes.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_inbox_prefix(struct nexus_client_options *options,
                                                    const char *prefix, struct nexus_error *err);

/**
 * Where JetStream answers, when it is not in this user's own account: the subject prefix under
 * which the account has imported it, instead of "$JS.API". `nexusctl permissions` makes accounts
 * that have it at "$JS.NEXUS-CORE.API". Dots separate tokens; at most 64 bytes. NULL resets.
 * Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_api_prefix(struct nexus_client_options *options,
                                                  const char *prefix, struct nexus_error *err);

/**
 * A directory for what must survive a restart: the vector clock's counter. Must exist and be
 * writable; one process per node name. Default none: counters then start from the wall clock, in
 * microseconds, so that a restarted node never reuses one while its clock does not run backwards.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_state_directory(struct nexus_client_options *options,
                                                       const char *path, struct nexus_error *err);

/**
 * How long one attempt to connect may take, in milliseconds: 100 to 60000. Default 2000. With
 * several servers each one has this long.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_connect_timeout(struct nexus_client_options *options,
                                                       int64_t milliseconds,
                                                       struct nexus_error *err);

/**
 * How long a publish may take from call to report, retries included, in milliseconds: 100 to
 * 86400000. Default 15000. Options of a single publish can override it.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_publish_deadline(struct nexus_client_options *options,
                                                        int64_t milliseconds,
                                                        struct nexus_error *err);

/**
 * How long the library waits for the ack of one attempt before it sends the event again with the
 * same message id, in milliseconds: 50 to 60000. Default 3000.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_ack_timeout(struct nexus_client_options *options,
                                                   int64_t milliseconds, struct nexus_error *err);

/**
 * How many events may wait for their ack at once (1 to 65536, default 2048), and how many bytes of
 * bodies and headers they may hold (65536 to 2^31, default 16 MiB).
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_window(struct nexus_client_options *options, uint32_t events,
                                              size_t bytes, struct nexus_error *err);

/**
 * The largest body accepted from the wire and sent to it, in bytes: 1024 to 8 MiB. Default 1 MiB,
 * which is the server's own default. The server's limit counts too.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_max_body(struct nexus_client_options *options, size_t bytes,
                                                struct nexus_error *err);

/** Hex digits of a fresh causal id: 8 to 32. Default 8. @since 1.0 */
NEXUS_API int nexus_client_options_set_causal_id_width(struct nexus_client_options *options,
                                                       unsigned digits, struct nexus_error *err);

/** Entries kept in the vector clock: 2 to 1024. Default 64. @since 1.0 */
NEXUS_API int nexus_client_options_set_clock_limit(struct nexus_client_options *options,
                                                   unsigned entries, struct nexus_error *err);

/**
 * Whether nexus_client_new() waits for the first connection (true, the default) or returns at
 * once and connects in the background, accepting events into the window meanwhile.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_wait_for_connection(struct nexus_client_options *options,
                                                           bool wait, struct nexus_error *err);

/** How much a log line matters. @since 1.0 */
enum nexus_log_level {
    NEXUS_LOG_ERROR = 1,   /**< Something was lost, refused or given up on. */
    NEXUS_LOG_WARNING = 2, /**< Something went wrong and is being dealt with. */
    NEXUS_LOG_INFO = 3,    /**< Connections and consumers come and go. */
    NEXUS_LOG_DEBUG = 4    /**< For finding out why. */
};

/**
 * Receives one log line without a newline: UTF-8, `event key=value …`, valid during the call only.
 * May be called from any thread of the library, with none of its locks held; calls do not overlap
 * for one client. May call nothing of the library.
 * @since 1.0
 */
typedef void (*nexus_log_callback)(enum nexus_log_level level, const char *line, void *data);

/** Sends log lines up to `level` to `callback`; NULL turns logging off (the default). @since 1.0 */
NEXUS_API int nexus_client_options_set_log(struct nexus_client_options *options,
                                           enum nexus_log_level level, nexus_log_callback callback,
                                           void *data, struct nexus_error *err);

/** Where a client stands with its servers. @since 1.0 */
enum nexus_client_state {
    NEXUS_STATE_CONNECTING = 1,   /**< No connection yet. */
    NEXUS_STATE_CONNECTED = 2,    /**< A server is answering. */
    NEXUS_STATE_RECONNECTING = 3, /**< The connection was lost and is being rebuilt. */
    NEXUS_STATE_CLOSED = 4        /**< nexus_client_close() or _destroy() was called. */
};

struct nexus_client;

/**
 * Tells that the state changed. Runs inside nexus_client_dispatch(), on the thread that called it;
 * the same calls are allowed as in an event handler. `reason` is NULL or a sentence, valid during
 * the call.
 * @since 1.0
 */
typedef void (*nexus_state_callback)(struct nexus_client *client, enum nexus_client_state state,
                                     const char *reason, void *data);

/** Sets the state callback. @since 1.0 */
NEXUS_API int nexus_client_options_set_state_callback(struct nexus_client_options *options,
                                                      nexus_state_callback callback, void *data,
                                                      struct nexus_error *err);

NEXUS_END_DECLS

#endif
