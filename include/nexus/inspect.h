/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file inspect.h
 * Looking at what the server has: the stream and its consumers. For operators' tools; a service
 * needs none of it.
 *
 * Threads: any, but not from a callback of the client. Every function here asks the server and
 * blocks for at most 10 s. Errors, the same for all: NEXUS_E_INVALID (an argument, `size`),
 * NEXUS_E_NOT_FOUND (no such stream or consumer), NEXUS_E_PERMISSION, NEXUS_E_TIMEOUT,
 * NEXUS_E_UNSUPPORTED (JetStream is off), NEXUS_E_STREAM, NEXUS_E_MEMORY, NEXUS_E_CLOSED,
 * NEXUS_E_FORK.
 */
#ifndef NEXUS_INSPECT_H
#define NEXUS_INSPECT_H

#include <nexus/publish.h>

NEXUS_BEGIN_DECLS

/** Bytes in a consumer's name and in a subject filter, the NUL included. @since 1.0 */
#define NEXUS_CONSUMER_NAME_SIZE   256
#define NEXUS_CONSUMER_FILTER_SIZE 256

/**
 * A stream as it is now. The caller sets `size` (NEXUS_STREAM_INFO_INIT); the struct grows only at
 * its end. Times are nanoseconds since 1970-01-01 UTC, 0 where there is none.
 * @since 1.0
 */
struct nexus_stream_info {
    size_t size;
    uint64_t events;         /**< Messages in it. */
    uint64_t bytes;          /**< Their size, headers included. */
    uint64_t first_sequence; /**< The oldest one's number. */
    uint64_t last_sequence;  /**< The newest one's number, also after it has been dropped. */
    int64_t first_time;      /**< When the oldest one was stored. */
    int64_t last_time;       /**< When the newest one was stored. */
    uint64_t subjects;       /**< How many different subjects they have. */
    uint64_t consumers;      /**< Consumers of the stream. */
    uint64_t replicas;       /**< Servers that keep a copy. */
    bool memory;             /**< Kept in memory only. */
    char name[NEXUS_STREAM_NAME_SIZE]; /**< The stream's name. */
};

/** @since 1.0 */
#define NEXUS_STREAM_INFO_INIT                                              \
    {                                                                       \
        sizeof(struct nexus_stream_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, false, \
        {                                                                   \
            0                                                               \
        }                                                                   \
    }

/** Describes a stream; NULL: the client's. @since 1.0 */
NEXUS_API int nexus_inspect_stream(struct nexus_client *client, const char *stream,
                                   struct nexus_stream_info *out, struct nexus_error *err);

/**
 * A consumer as it is now. The caller sets `size` (NEXUS_CONSUMER_INFO_INIT); the struct grows only
 * at its end. Texts that are longer than their place are cut.
 * @since 1.0
 */
struct nexus_consumer_info {
    size_t size;
    uint64_t pending;     /**< Events that it has not been given yet. */
    uint64_t unsettled;   /**< Delivered, and not acked yet. */
    uint64_t redelivered; /**< Of these, how many have been delivered more than once. */
    uint64_t deliveries;  /**< Deliveries so far, repeated ones included. */
    uint64_t delivered;   /**< The stream sequence that was delivered last. */
    uint64_t acked;       /**< Everything up to this stream sequence is settled. */
    uint64_t waiting;     /**< Pulls that wait for events: 0 when nobody reads it. */
    int64_t created;      /**< When it was made: nanoseconds since 1970-01-01 UTC. */
    bool durable;         /**< Whether it outlives those who read it. */
    char name[NEXUS_CONSUMER_NAME_SIZE];     /**< Its name. */
    char filter[NEXUS_CONSUMER_FILTER_SIZE]; /**< The subjects that it reads; "" for all. */
};

/** @since 1.0 */
#define NEXUS_CONSUMER_INFO_INIT                                                \
    {                                                                           \
        sizeof(struct nexus_consumer_info), 0, 0, 0, 0, 0, 0, 0, 0, false, {0}, \
        {                                                                       \
            0                                                                   \
        }                                                                       \
    }

/** Describes one consumer. `stream` NULL: the client's. @since 1.0 */
NEXUS_API int nexus_inspect_consumer(struct nexus_client *client, const char *stream,
                                     const char *durable, struct nexus_consumer_info *out,
                                     struct nexus_error *err);

/**
 * Receives one consumer; valid during the call. Runs on the thread that lists; may call everything
 * of the library but destroy the client.
 * @since 1.0
 */
typedef void (*nexus_consumer_callback)(const struct nexus_consumer_info *consumer, void *data);

/**
 * Describes every consumer of a stream, in the server's order. `stream` NULL: the client's. At most
 * 65536 are listed.
 * @since 1.0
 */
NEXUS_API int nexus_list_consumers(struct nexus_client *client, const char *stream,
                                   nexus_consumer_callback callback, void *data,
                                   struct nexus_error *err);

/**
 * Whether an event of a channel could be published: that these credentials may, and that a stream
 * takes its subject. Nothing is stored. `tenant` NULL: a made-up one. Blocks as a publish does.
 *
 * Errors besides those above: NEXUS_E_CHANNEL, NEXUS_E_SUBJECT, NEXUS_E_NO_STREAM, NEXUS_E_FULL.
 * @since 1.0
 */
NEXUS_API int nexus_probe(struct nexus_client *client, const char *channel, const char *tenant,
                          struct nexus_error *err);

NEXUS_END_DECLS

#endif
