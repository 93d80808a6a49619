/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file spool.h
 * The spool: a file that keeps events which have been accepted and not yet acked, so that they
 * survive outages, kill -9 and power cuts. docs/spool.md is the guide.
 *
 * An event in the spool is sent with the message id, causal id, headers and signature that it was
 * accepted with, as often as it takes, in the order of acceptance for each subject, also by a later
 * process that opens the same file. It leaves the spool when JetStream has stored it, and in no
 * other way without a report.
 *
 * Threads, errors and lifetimes of the setters are those of options.h. In a build without SQLite
 * (Meson option `spool`) every mode but NEXUS_SPOOL_OFF is NEXUS_E_UNSUPPORTED.
 */
#ifndef NEXUS_SPOOL_H
#define NEXUS_SPOOL_H

#include <nexus/client.h>

NEXUS_BEGIN_DECLS

/** When events go through the spool. @since 1.0 */
enum nexus_spool_mode {
    NEXUS_SPOOL_OFF = 0,       /**< Never: what is not acked by its deadline fails. The default. */
    NEXUS_SPOOL_ON_OUTAGE = 1, /**< When the server is away, or does not ack in time. */
    NEXUS_SPOOL_ALWAYS = 2     /**< Always, before they are sent (write-ahead). */
};

/** What happens to a new event when the spool is at a limit. @since 1.0 */
enum nexus_spool_policy {
    NEXUS_SPOOL_REFUSE = 1,     /**< Its publish fails with NEXUS_E_FULL. The default. */
    NEXUS_SPOOL_DROP_OLDEST = 2 /**< The oldest ones make room, each with a report. */
};

/**
 * Turns the spool on. ALWAYS: a blocking publish returns, and an asynchronous one is completed,
 * once the event is durable on disk (SQLite in WAL mode with synchronous=FULL; concurrent publishes
 * share a commit). ON_OUTAGE: as without a spool while the server acks; an event that is not
 * acked within the ack timeout, or whose connection is lost, is written to disk and then counts as
 * published; while the spool holds anything, new events go there too, so that none overtakes. The
 * receipt's `spooled_at` tells which way an event took.
 *
 * @param path the file; made when absent, never larger than the limits ask for but never shrunk
 * below what it once needed either. Beside it stand "-wal" and ".lock" files. A local file system
 * with working fsync() and locks; one client at a time. NULL: "<node>.spool" in the state directory
 * (nexus_client_options_set_state_directory()).
 *
 * nexus_client_new() opens it. Its errors for the spool: NEXUS_E_CONFLICT (another client, in this
 * process or another, has it open), NEXUS_E_IO (the directory is missing or read-only, the disk
 * full), NEXUS_E_INVALID (no path and no state directory; the file is something else),
 * NEXUS_E_UNSUPPORTED (written by a newer version of the library).
 *
 * A damaged file is no error: it is set aside under another name, what can be read of it goes into
 * a new one, and the loss is reported to the callback and in the statistics. Errors:
 * NEXUS_E_INVALID, NEXUS_E_UNSUPPORTED, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_spool(struct nexus_client_options *options,
                                             enum nexus_spool_mode mode, const char *path,
                                             struct nexus_error *err);

/**
 * How much the spool may hold: events (1 to 2^40, default 10,000,000), bytes of these events (65536
 * to 2^50, default 4 GiB; the file is a little larger), and how old an event may become before it
 * is dropped with a report, in milliseconds by the wall clock (1000 to 10 years, default 7 days).
 * 0 leaves a limit as it is. `policy` is what to do at the limit of events or bytes.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_spool_limits(struct nexus_client_options *options,
                                                    uint64_t events, uint64_t bytes,
                                                    int64_t age_milliseconds,
                                                    enum nexus_spool_policy policy,
                                                    struct nexus_error *err);

/**
 * How fast a backlog is sent after a connection has been made, in events per second; 0: as fast as
 * the server acks. Default 10000. Events accepted after that connection was made do not count, but
 * wait for the backlog before them.
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_spool_rate(struct nexus_client_options *options,
                                                  uint32_t events_per_second,
                                                  struct nexus_error *err);

/**
 * The stream's duplicate window, in milliseconds (100 to 10 years); default 120000, which is the
 * server's. An event that may have been stored by an attempt longer ago than that could be stored
 * again: it is sent with the header `Nexus-Resent`, see nexus_delivery_resent().
 * @since 1.0
 */
NEXUS_API int nexus_client_options_set_spool_duplicate_window(struct nexus_client_options *options,
                                                              int64_t milliseconds,
                                                              struct nexus_error *err);

/** Why a report is made. @since 1.0 */
enum nexus_spool_reason {
    NEXUS_SPOOL_DROPPED_FULL = 1, /**< Dropped to make room (NEXUS_SPOOL_DROP_OLDEST). */
    NEXUS_SPOOL_DROPPED_AGE = 2,  /**< Dropped: older than the limit. */
    NEXUS_SPOOL_GIVEN_UP = 3,     /**< Dropped: the server refused it for good; `code` says why. */
    NEXUS_SPOOL_LOST = 4,         /**< Damaged on disk, or gone from it. */
    NEXUS_SPOOL_WAITING = 5       /**< Kept: the server does not take its subject now; `code`. */
};

/**
 * What became of an event, or of `count` events that cannot be told one by one. `size` is set by
 * the library; the struct grows only at its end. Texts may be NULL.
 * @since 1.0
 */
struct nexus_spool_report {
    size_t size;
    enum nexus_spool_reason reason;
    int code;               /**< enum nexus_status: the error that it would have been. */
    uint64_t count;         /**< Events that this is about; 0: an unknown number. */
    const char *subject;    /**< The event's subject. */
    const char *message_id; /**< The event's message id, as its receipt gave it. */
    const char *causal_id;  /**< Its causal chain. */
    const char *message;    /**< One sentence for a person. */
    int64_t accepted_at;    /**< When it was accepted: milliseconds since 1970; 0: unknown. */
};

/**
 * Hears of every event that the spool drops, loses, or cannot send. Runs inside
 * nexus_client_dispatch() and its like, on the calling thread; the same calls are allowed as in an
 * event handler. `report` is valid during the call. At most 4096 reports wait; what comes on top is
 * summed up in one report for each reason. Everything is logged, too.
 * @since 1.0
 */
typedef void (*nexus_spool_callback)(struct nexus_client *client,
                                     const struct nexus_spool_report *report, void *data);

/** Sets the callback; NULL: none. @since 1.0 */
NEXUS_API int nexus_client_options_set_spool_callback(struct nexus_client_options *options,
                                                      nexus_spool_callback callback, void *data,
                                                      struct nexus_error *err);

/**
 * The spool's counters. `size` is set by the caller (NEXUS_SPOOL_STATS_INIT); the struct grows only
 * at its end. `events`, `bytes`, `oldest_at` and `waiting_subjects` are levels; the others count
 * since the client was made.
 * @since 1.0
 */
struct nexus_spool_stats {
    size_t size;
    uint64_t events;           /**< Events in the spool now. */
    uint64_t bytes;            /**< Their bytes. */
    uint64_t appended;         /**< Events made durable. */
    uint64_t commits;          /**< Transactions that it took. */
    uint64_t drained;          /**< Events that JetStream has stored. */
    uint64_t dropped_full;     /**< Events dropped to make room. */
    uint64_t dropped_age;      /**< Events dropped for their age. */
    uint64_t given_up;         /**< Events that the server refused for good. */
    uint64_t lost;             /**< Events that were damaged or gone. */
    uint64_t recovered;        /**< Events read from a damaged file. */
    uint64_t marked;           /**< Events sent with `Nexus-Resent`. */
    uint64_t refused;          /**< Publishes refused at a limit. */
    uint64_t write_errors;     /**< Transactions that failed. */
    uint64_t waiting_subjects; /**< Subjects that the server does not take now. */
    int64_t oldest_at; /**< When the oldest was accepted, ms since 1970; 0: none is there. */
};

/** @since 1.0 */
#define NEXUS_SPOOL_STATS_INIT                                                        \
    {                                                                                 \
        sizeof(struct nexus_spool_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/**
 * Reads the counters; all are 0 without a spool. Any thread.
 * Errors: NEXUS_E_INVALID (`size`).
 * @since 1.0
 */
NEXUS_API int nexus_client_spool_stats(struct nexus_client *client, struct nexus_spool_stats *out,
                                       struct nexus_error *err);

/**
 * Waits until the spool is empty: everything accepted has been acked, dropped or given up on. Runs
 * the callbacks that are due meanwhile, as nexus_client_flush(), which does not wait for events
 * that are safe on disk. NEXUS_OK at once without a spool. `timeout_ms` negative: no limit.
 * Threads: as nexus_client_dispatch(), and like it not from a callback.
 * Errors: NEXUS_E_TIMEOUT, NEXUS_E_CLOSED, NEXUS_E_STATE, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_client_spool_drain(struct nexus_client *client, int timeout_ms,
                                       struct nexus_error *err);

NEXUS_END_DECLS

#endif
