/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file client.h
 * The client: one connection to the bus, and the place where callbacks run.
 */
#ifndef NEXUS_CLIENT_H
#define NEXUS_CLIENT_H

#include <nexus/options.h>

NEXUS_BEGIN_DECLS

/** A connection to the bus. @since 1.0 */
struct nexus_client;

/**
 * Makes a client and connects it. On success `*out` owns it and must be given to
 * nexus_client_destroy(); on failure `*out` is NULL.
 *
 * Threads: any. Blocks for at most the connect timeout per server, unless
 * nexus_client_options_set_wait_for_connection() said not to wait.
 *
 * Errors: NEXUS_E_INVALID (options), NEXUS_E_MEMORY, NEXUS_E_CONNECT (no server answered),
 * NEXUS_E_AUTH, NEXUS_E_NOT_FOUND or NEXUS_E_IO (a credentials, key or certificate file, the state
 * directory), NEXUS_E_CONFLICT (another process uses the state directory under this node name),
 * NEXUS_E_UNSUPPORTED (the server knows no message headers), NEXUS_E_FORK (a parent process
 * has used the NATS client library before fork()).
 *
 * Whether JetStream is there shows with the first use: a publish, a subscription or
 * nexus_provision() then fails with NEXUS_E_UNSUPPORTED.
 *
 * The first client of a process starts the threads of the NATS client library, which take no
 * signals, and sets SIGPIPE to ignored, as that library does for its sockets.
 *
 * @param options NULL for the defaults.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_client_new(const struct nexus_client_options *options,
                                                struct nexus_client **out, struct nexus_error *err);

/**
 * Ends a client gracefully: takes no more events, waits until every accepted event has been
 * acked or has failed, settles the deliveries in hand, gives queued ones back to the server at
 * once, and disconnects. Completions and states that are due are run before it returns.
 * Subscriptions end with it; their durable consumers stay at the server.
 *
 * Threads: any, but not from a callback (NEXUS_E_STATE). Blocks for at most `timeout_ms`
 * milliseconds (negative: 0).
 *
 * Errors: NEXUS_E_TIMEOUT when events were still unacked at the deadline: each one's completion
 * was called with NEXUS_E_CLOSED. NEXUS_E_STATE, NEXUS_E_FORK. Whatever it returns, the client is
 * closed and must still be destroyed.
 * @since 1.0
 */
NEXUS_API int nexus_client_close(struct nexus_client *client, int timeout_ms,
                                 struct nexus_error *err);

/**
 * Frees the client, closing it without waiting if that was not done: every event still in flight
 * has its completion called, on this thread, with NEXUS_E_CLOSED. NULL is allowed.
 *
 * Threads: any; no other thread may be inside a call on this client. From inside one of the
 * client's callbacks it takes effect when the enclosing nexus_client_dispatch(), _run(), _flush()
 * or _close() returns, which then returns NEXUS_E_CLOSED; the pointer must not be used after that.
 * @since 1.0
 */
NEXUS_API void nexus_client_destroy(struct nexus_client *client);

/**
 * Runs the callbacks that are due: event handlers, completions, state changes. Waits up to
 * `timeout_ms` milliseconds for the first one (0: not at all; negative: until there is one or
 * nexus_client_stop() is called), then runs what is there, at most 1024 callbacks, and returns.
 *
 * Threads: one at a time per client; a second one at the same time, or a call from inside a
 * callback, gets NEXUS_E_STATE.
 *
 * @return the number of callbacks run (0 after the timeout), or a negative status:
 * NEXUS_E_CLOSED, NEXUS_E_STATE, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_client_dispatch(struct nexus_client *client, int timeout_ms,
                                    struct nexus_error *err);

/**
 * Dispatches until nexus_client_stop() is called. Threads and errors as nexus_client_dispatch();
 * NEXUS_OK after a stop.
 * @since 1.0
 */
NEXUS_API int nexus_client_run(struct nexus_client *client, struct nexus_error *err);

/**
 * Makes a running nexus_client_run() or a waiting nexus_client_dispatch() return, or the next one
 * when none is active. Any thread, any callback, and signal handlers. NULL is allowed.
 * @since 1.0
 */
NEXUS_API void nexus_client_stop(struct nexus_client *client);

/**
 * A file descriptor that is readable while callbacks are due: put it into poll(), epoll or an
 * event loop (level-triggered) and call nexus_client_dispatch(client, 0, …) when it is readable.
 * It belongs to the client; never read, write or close it. Any thread.
 * @return the descriptor, or NEXUS_E_CLOSED.
 * @since 1.0
 */
NEXUS_API int nexus_client_fd(const struct nexus_client *client);

/** Where the client stands with its servers. Any thread. @since 1.0 */
NEXUS_API enum nexus_client_state nexus_client_state(const struct nexus_client *client);

/** The text of a state ("connected"). Static storage; any thread. @since 1.0 */
NEXUS_API const char *nexus_client_state_name(enum nexus_client_state state);

/**
 * This client's vector clock as JSON text, {"till-2":41}. `*out` is the caller's; nexus_free().
 * Any thread. Errors: NEXUS_E_MEMORY, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_client_vector_clock(struct nexus_client *client, char **out,
                                        struct nexus_error *err);

/**
 * Counters of a client since it was made. `size` is set by the caller (NEXUS_CLIENT_STATS_INIT);
 * the struct grows only at its end. `in_flight`, `queued` and `in_hand` are levels; all others
 * only rise.
 * @since 1.0
 */
struct nexus_client_stats {
    size_t size;
    uint64_t published;         /**< Events accepted by a publish call. */
    uint64_t acked;             /**< Events that JetStream has stored. */
    uint64_t duplicates;        /**< Of these, how many it had stored before. */
    uint64_t resent;            /**< Attempts beyond the first. */
    uint64_t failed;            /**< Accepted events that were given up on. */
    uint64_t in_flight;         /**< Events waiting for their ack now. */
    uint64_t received;          /**< Messages taken from the server. */
    uint64_t handled;           /**< Deliveries whose verdict was ACK. */
    uint64_t retried;           /**< Deliveries whose verdict was RETRY. */
    uint64_t rejected;          /**< Deliveries whose verdict was REJECT. */
    uint64_t deferred;          /**< Deliveries whose handler said DEFER. */
    uint64_t queued;            /**< Messages waiting for a handler now. */
    uint64_t in_hand;           /**< Deliveries handed out and not settled yet. */
    uint64_t poison;            /**< Messages that reached no handler; the sum of all poison_…. */
    uint64_t poison_size;       /**< … larger than the limit. */
    uint64_t poison_json;       /**< … not strict JSON. */
    uint64_t poison_envelope;   /**< … without a sound envelope. */
    uint64_t poison_tenant;     /**< … whose tenant or address is not its subject's. */
    uint64_t poison_payload;    /**< … whose payload breaks the contract. */
    uint64_t poison_channel;    /**< … on a subject that no channel has. */
    uint64_t redelivered;       /**< Messages that the server delivered more than once. */
    uint64_t schema_drift;      /**< Messages of another schema version or fingerprint. */
    uint64_t clock_dropped;     /**< Vector clock entries dropped at the limit. */
    uint64_t connects;          /**< Connections made, the first included. */
    uint64_t disconnects;       /**< Connections lost. */
    uint64_t poison_unsigned;   /**< … that were not signed. */
    uint64_t poison_malformed;  /**< … whose signature could not be read. */
    uint64_t poison_algorithm;  /**< … signed with another algorithm. */
    uint64_t poison_subject;    /**< … signed for another subject. */
    uint64_t poison_message_id; /**< … signed for another message id. */
    uint64_t poison_unknown_key; /**< … signed by an unknown key. */
    uint64_t poison_revoked;     /**< … signed by a revoked key, or for a revoked token. */
    uint64_t poison_time;        /**< … outside the time of their key or token. */
    uint64_t poison_not_allowed; /**< … whose key may not publish their subject. */
    uint64_t poison_capability;  /**< … with a bad capability. */
    uint64_t poison_signature;   /**< … whose signature does not fit them. */
    uint64_t poison_replay;      /**< … that were handled before. */
    uint64_t signed_events;      /**< Events published with a signature. */
    uint64_t signatures;         /**< Signatures made for them; one may serve many. */
    uint64_t verified;           /**< Messages whose signature was found good. */
    uint64_t verifications;      /**< Signatures verified for them; one may serve many. */
    uint64_t inbox_duplicates;   /**< Deliveries acked, or found, as handled before; see inbox.h. */
    uint64_t inbox_busy;         /**< Deliveries put off because the same event was in hand. */
    uint64_t inbox_uncertain;    /**< Deliveries that may have been handled before. */
    uint64_t inbox_errors;       /**< Times that an inbox could not be read or written. */
    uint64_t exhausted;          /**< Events retried as often as their subscription allows. */
    uint64_t dead_lettered;      /**< Events given up on, whose dead letter is stored. */
    uint64_t dead_letters_failed; /**< Dead letters that could not be stored; the event stayed. */
    uint64_t workers;             /**< Threads that run handlers now; see workers.h. */
    uint64_t workers_busy;        /**< … that are inside one now. */
    uint64_t causal_gaps;         /**< Events that build on what was not seen; see causality.h. */
    uint64_t causal_inversions;   /**< Events older than what was seen. */
    uint64_t causal_held;         /**< Events held back for that now. */
    uint64_t causal_overdue;      /**< Events that were held back in vain. */
    uint64_t ordered_gaps;        /**< Times that an ordered subscription read anew. */
};

/** @since 1.0 */
#define NEXUS_CLIENT_STATS_INIT                                                                    \
    {                                                                                              \
        sizeof(struct nexus_client_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
            0, 0, 0, 0, 0, 0, 0, 0                                                                 \
    }

/* g++ -Wshadow says that the function hides the struct's constructor, as stat() does of struct
 * stat. */
#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif

/**
 * Reads the counters into `out`, as many as its `size` has room for. Any thread, at any time. In
 * C++ the struct shares its name with this function: write `struct nexus_client_stats`.
 * Errors: NEXUS_E_INVALID (`size`).
 * @since 1.0
 */
NEXUS_API int nexus_client_stats(struct nexus_client *client, struct nexus_client_stats *out,
                                 struct nexus_error *err);

#if defined(__cplusplus) && defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/**
 * The statistics as one JSON object: `service`, `node`, `state`, the counters by their names here,
 * and `channels`, which has for each channel that has had events its own counts and two spans of
 * time, `publish` (acceptance to ack) and `handle` (arrival to verdict), each with `count`,
 * `mean_us` and the upper bounds `p50_us`, `p90_us`, `p99_us` (null: more than a minute). `*out` is
 * the caller's; nexus_free(). Any thread. Errors: NEXUS_E_INVALID (NULL), NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_client_stats_json(struct nexus_client *client, char **out,
                                      struct nexus_error *err);

NEXUS_END_DECLS

#endif
