/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file provision.h
 * Making sure that the stream is there. Never done behind the caller's back.
 */
#ifndef NEXUS_PROVISION_H
#define NEXUS_PROVISION_H

#include <nexus/client.h>

NEXUS_BEGIN_DECLS

/** What the stream should be. NULL in its place means the defaults. @since 1.0 */
struct nexus_provision_options;

/** A new object with the defaults, or NULL without memory. One thread at a time. @since 1.0 */
NEXUS_API struct nexus_provision_options *nexus_provision_options_new(void);

/** Frees it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_provision_options_destroy(struct nexus_provision_options *options);

/**
 * The stream's name. Default: the client's stream, with "-" and the tenant or domain behind it
 * where one is set; "NEXUS_DLQ" for dead letters. Errors: NEXUS_E_INVALID. @since 1.0
 */
NEXUS_API int nexus_provision_options_set_stream(struct nexus_provision_options *options,
                                                 const char *stream, struct nexus_error *err);

/**
 * Holds the events of one tenant, "nexus.{tenant}.>", instead of all; "_core" are the platform's
 * own. NULL resets. Errors: NEXUS_E_SUBJECT.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_tenant(struct nexus_provision_options *options,
                                                 const char *tenant, struct nexus_error *err);

/**
 * Holds the events of one domain of all tenants and the platform, "nexus.*.{domain}.>": one of the
 * words that follow the tenant in the contract's addresses, "booking". NULL resets.
 * Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_domain(struct nexus_provision_options *options,
                                                 const char *domain, struct nexus_error *err);

/**
 * Is about the stream of dead letters, "nexus-dlq.>", instead. Of the other options its name,
 * storage and replicas count; its limits and its duplicate window are what the library needs.
 * Default false.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_dead_letters(struct nexus_provision_options *options,
                                                       bool dead_letters, struct nexus_error *err);

/**
 * Leaves the stream of dead letters alone, which is made beside every other stream where there is
 * none yet. Default false.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_alone(struct nexus_provision_options *options, bool alone,
                                                struct nexus_error *err);

/** Keep events in memory only. Default false: on disk. @since 1.0 */
NEXUS_API int nexus_provision_options_set_memory(struct nexus_provision_options *options,
                                                 bool memory, struct nexus_error *err);

/** Servers that keep a copy: 1 to 5, default 1. Errors: NEXUS_E_INVALID. @since 1.0 */
NEXUS_API int nexus_provision_options_set_replicas(struct nexus_provision_options *options,
                                                   unsigned replicas, struct nexus_error *err);

/**
 * Limits of the stream: bytes, events and age in milliseconds, -1 for none (all the default).
 * The oldest events are dropped at a limit. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_limits(struct nexus_provision_options *options,
                                                 int64_t bytes, int64_t events,
                                                 int64_t age_milliseconds, struct nexus_error *err);

/**
 * How long the stream recognizes a message id it has stored, in milliseconds: 1000 to 604800000.
 * Default: 120000, or the horizon where that is longer. nexus_provision() refuses one that is
 * shorter than the horizon. Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_duplicate_window(struct nexus_provision_options *options,
                                                           int64_t milliseconds,
                                                           struct nexus_error *err);

/**
 * How long after its first attempt an event may be sent again, by a spool or an outbox, in
 * milliseconds: 0 to 604800000. Counts from the client's publish deadline upwards (the default).
 * Errors: NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_horizon(struct nexus_provision_options *options,
                                                  int64_t milliseconds, struct nexus_error *err);

/**
 * Changes a stream that differs, instead of refusing. What the options do not name stays as it is.
 * Lower limits drop events at once; storage and some other members cannot be changed, which the
 * server then says. Show the differences of a dry run first. Default false.
 * @since 1.0
 */
NEXUS_API int nexus_provision_options_set_change(struct nexus_provision_options *options,
                                                 bool change, struct nexus_error *err);

/** Only compare; create and change nothing. Default false. @since 1.0 */
NEXUS_API int nexus_provision_options_set_dry_run(struct nexus_provision_options *options,
                                                  bool dry_run, struct nexus_error *err);

/**
 * Receives one difference between the stream that exists and what is asked: the member's name in
 * JetStream's configuration ("num_replicas"), and both values as JSON text. Valid during the call.
 * Runs inside nexus_provision(), on its thread; may call nothing of the client.
 * @since 1.0
 */
typedef void (*nexus_difference_callback)(const char *member, const char *actual,
                                          const char *wanted, void *data);

/** Sets the difference callback. @since 1.0 */
NEXUS_API int nexus_provision_options_set_difference_callback(
    struct nexus_provision_options *options, nexus_difference_callback callback, void *data,
    struct nexus_error *err);

/** What nexus_provision() found or did. @since 1.0 */
enum nexus_provision_result {
    NEXUS_PROVISION_CREATED = 1,   /**< The stream was not there and has been created. */
    NEXUS_PROVISION_UNCHANGED = 2, /**< It is there, and is what was asked for. */
    NEXUS_PROVISION_MISSING = 3,   /**< Dry run: it is not there, and could be created. */
    NEXUS_PROVISION_CHANGED = 4,   /**< It was something else and has been changed. */
    NEXUS_PROVISION_DIFFERENT = 5  /**< Dry run with changes allowed: it is something else. */
};

/**
 * Makes sure that a stream, by default for the subjects "nexus.>", exists and is what the options
 * say. Creates it when it is missing. Does not change one that exists, unless the options allow it:
 * each difference is reported to the callback, the first one also in `err`, and NEXUS_E_CONFLICT is
 * returned. Safe to call at every start, from any number of processes.
 *
 * Where it is one for events, and nothing takes dead letters yet (<nexus/dead_letter.h>), the
 * stream for those is made, too, with the same storage and replicas; one that is there is left
 * alone.
 *
 * Threads: any. Blocks for at most 10 s. `result` may be NULL.
 * Errors: NEXUS_E_INVALID, NEXUS_E_MEMORY, NEXUS_E_CONFLICT (also: another stream has the
 * subjects), NEXUS_E_PERMISSION, NEXUS_E_TIMEOUT, NEXUS_E_STREAM, NEXUS_E_UNSUPPORTED (JetStream is
 * off), NEXUS_E_CLOSED, NEXUS_E_FORK.
 * @since 1.0
 */
NEXUS_API int nexus_provision(struct nexus_client *client,
                              const struct nexus_provision_options *options,
                              enum nexus_provision_result *result, struct nexus_error *err);

NEXUS_END_DECLS

#endif
