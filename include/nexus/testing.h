/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file testing.h
 * For tests: a bus in memory whose time and faults the test decides.
 *
 * A client whose URL is "memory:NAME" talks to a bus inside the process instead of to servers;
 * clients of one name share it, and "memory:" gives a client one of its own. It is a server as the
 * library knows it, JetStream included: streams are provisioned, publishes acked and deduplicated,
 * consumers durable, what is not settled comes again. docs/memory-bus.md lists the differences.
 *
 *     nexus_memory_open("orders", &bus, &err);
 *     nexus_client_options_set_url(options, "memory:orders", &err);
 *     ... provision, subscribe, publish, nexus_client_dispatch(client, 1000, &err) ...
 *     nexus_memory_advance(bus, 60000, &err);     // a retry in a minute is due now
 *     nexus_memory_close(bus);
 *
 * TIME. The bus has a clock of its own, by which all deadlines, delays and timeouts of its clients
 * run. By default it stands still, but for two things: nexus_memory_advance() moves it, and a call
 * that waits (a publish without an ack, a dispatch or flush with a timeout) moves it to the next
 * moment at which something is due, as soon as nothing else is going on. So no test ever waits in
 * real time, and none hangs. What happens does not depend on how fast the machine is, as long as
 * one thread of the test drives the clients; enum nexus_memory_clock has what to use otherwise.
 *
 * Threads: any, unless stated. Callbacks of this header run inside the library with the bus locked:
 * they may call nothing but what they are given.
 *
 * This header is not part of nexus.h. It belongs into tests, though nothing prevents a program from
 * running on a bus in memory.
 */
#ifndef NEXUS_TESTING_H
#define NEXUS_TESTING_H

#include <nexus/client.h>
#include <nexus/keys.h>

NEXUS_BEGIN_DECLS

/** A bus in memory. @since 1.0 */
struct nexus_memory;

/**
 * The bus of a name, made when it is not there; NULL: a new private one, which clients reach only
 * by nexus_memory_url(). It lives until the last client and the last handle are gone, and with it
 * its streams. Errors: NEXUS_E_SUBJECT (the name: [A-Za-z0-9][A-Za-z0-9_-]{0,62}), NEXUS_E_MEMORY,
 * NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_memory_open(const char *name, struct nexus_memory **out,
                                                 struct nexus_error *err);

/**
 * The bus that a client is on. A handle of its own, to be closed. Errors: NEXUS_E_UNSUPPORTED (the
 * client is on a server), NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_memory_of(struct nexus_client *client,
                                               struct nexus_memory **out, struct nexus_error *err);

/** Gives a handle back. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_memory_close(struct nexus_memory *bus);

/** What clients of this bus take as their URL. Valid as long as the handle. @since 1.0 */
NEXUS_API const char *nexus_memory_url(const struct nexus_memory *bus);

/** How the time of a bus passes. @since 1.0 */
enum nexus_memory_clock {
    /** It stands still until somebody waits for it; see above. The default. */
    NEXUS_CLOCK_STEPPED = 1,
    /** Only nexus_memory_advance() moves it: who waits, waits for another thread to do so. */
    NEXUS_CLOCK_HELD = 2,
    /** It runs with real time, ahead of it by what was advanced. For programs whose threads work
     * while others wait. */
    NEXUS_CLOCK_REAL = 3
};

/** Chooses how time passes from now on. It never goes back. Errors: NEXUS_E_INVALID. @since 1.0 */
NEXUS_API int nexus_memory_set_clock(struct nexus_memory *bus, enum nexus_memory_clock clock,
                                     struct nexus_error *err);

/**
 * Moves the bus's time by `milliseconds` (0 or more), stopping wherever something is due on the
 * way: retries are sent, ack waits end, delayed deliveries come. Returns when everything that
 * follows from it has arrived at the clients; handlers and completions still wait for
 * nexus_client_dispatch(). With 0 it only waits for what is under way.
 *
 * May be called from handlers and completions; not from a log callback. Errors: NEXUS_E_INVALID;
 * NEXUS_E_TIMEOUT when a client's thread was busy for 30 s of real time.
 * @since 1.0
 */
NEXUS_API int nexus_memory_advance(struct nexus_memory *bus, int64_t milliseconds,
                                   struct nexus_error *err);

/** The bus's time, as it stamps events: nanoseconds since 1970-01-01 UTC. @since 1.0 */
NEXUS_API int64_t nexus_memory_time(struct nexus_memory *bus);

/** What becomes of the connections to a bus. @since 1.0 */
enum nexus_memory_state {
    NEXUS_MEMORY_UP = 1,     /**< It answers. The state at first. */
    NEXUS_MEMORY_DOWN = 2,   /**< Connections are cut and new ones refused; streams stay. */
    NEXUS_MEMORY_STALLED = 3 /**< Connections stand, but nothing is answered until it is up. */
};

/** Takes the bus down, or up again. Errors: NEXUS_E_INVALID. @since 1.0 */
NEXUS_API int nexus_memory_set_state(struct nexus_memory *bus, enum nexus_memory_state state,
                                     struct nexus_error *err);

/* -------- faults -------- */

/** What goes wrong. @since 1.0 */
enum nexus_fault_kind {
    NEXUS_FAULT_DROP = 1,          /**< It is lost. */
    NEXUS_FAULT_DELAY = 2,         /**< It comes `delay_ms` later. */
    NEXUS_FAULT_DUPLICATE = 3,     /**< It comes twice. */
    NEXUS_FAULT_REORDER = 4,       /**< The next one overtakes it; alone it waits for `delay_ms`. */
    NEXUS_FAULT_CORRUPT = 5,       /**< One bit of the body's byte number `byte` changes. */
    NEXUS_FAULT_DISCONNECT = 6,    /**< It is lost, and the client's connection with it. */
    NEXUS_FAULT_NO_RESPONDERS = 7, /**< NEXUS_FAULT_ON_PUBLISH: nobody answers. */
    NEXUS_FAULT_FULL_STREAM = 8    /**< NEXUS_FAULT_ON_PUBLISH: the stream has no room for it. */
};

/** Where on its way it goes wrong. @since 1.0 */
enum nexus_fault_point {
    NEXUS_FAULT_ON_PUBLISH = 1,  /**< An event, from its publisher to the stream. */
    NEXUS_FAULT_ON_ACK = 2,      /**< The stream's answer to it. */
    NEXUS_FAULT_ON_DELIVERY = 3, /**< An event, from the stream to a subscription. */
    NEXUS_FAULT_ON_VERDICT = 4   /**< A subscription's verdict on one (`+ACK`, …). */
};

/** A message as it passes a point, for predicates. Valid during the call. @since 1.0 */
struct nexus_test_message {
    size_t size;
    const char *subject; /**< Of the event; of an ack or a verdict, its own. */
    const char *body;    /**< NUL-terminated behind `length` bytes. */
    size_t length;
    const void *inside; /**< For nexus_test_header(). */
};

/** A header's value by exact name, or NULL. Inside a predicate only. @since 1.0 */
NEXUS_API const char *nexus_test_header(const struct nexus_test_message *message, const char *name);

/** Whether a fault is meant for a message. May call nexus_test_header() only. @since 1.0 */
typedef bool (*nexus_fault_predicate)(const struct nexus_test_message *message, void *data);

/**
 * One fault: what, where, and to which messages it happens. All conditions must hold. `size` is
 * the caller's (NEXUS_FAULT_INIT); the struct grows only at its end.
 * @since 1.0
 */
struct nexus_fault {
    size_t size;
    int32_t kind;                    /**< enum nexus_fault_kind. */
    int32_t point;                   /**< enum nexus_fault_point; 0: NEXUS_FAULT_ON_PUBLISH. */
    const char *subject;             /**< Events of this subject (wildcards allowed); NULL: all. */
    nexus_fault_predicate predicate; /**< Messages of which this is true; NULL: all. */
    void *data;                      /**< For the predicate. */
    uint64_t skip;                   /**< So many that it is meant for pass unharmed first. */
    uint64_t count;                  /**< How often it strikes; 0: without end. */
    double probability;              /**< Above 0 to 1: of striking, by `seed`; 0: always. */
    uint64_t seed;                   /**< The same seed gives the same choice. */
    int64_t delay_ms;                /**< DELAY, REORDER; 0: 1000. */
    uint64_t byte;                   /**< CORRUPT: which one, modulo the body's length. */
};

/** @since 1.0 */
#define NEXUS_FAULT_INIT                                                       \
    {                                                                          \
        sizeof(struct nexus_fault), 0, 0, NULL, NULL, NULL, 0, 0, 0.0, 0, 0, 0 \
    }

/**
 * Adds a fault; `*id` (`id` may be NULL) names it. When several are meant for one message, the one
 * that was added first strikes. What is copied: all but what `data` points to. Errors:
 * NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_memory_fault(struct nexus_memory *bus, const struct nexus_fault *fault,
                                 uint64_t *id, struct nexus_error *err);

/** How often a fault has struck; 0 for one that is not there. @since 1.0 */
NEXUS_API uint64_t nexus_memory_struck(struct nexus_memory *bus, uint64_t id);

/** Takes a fault away; 0: all of them. Messages that it holds back still come. @since 1.0 */
NEXUS_API void nexus_memory_heal(struct nexus_memory *bus, uint64_t id);

/* -------- what was published -------- */

/**
 * One event that clients published, however often they tried. Texts are valid until
 * nexus_memory_forget_published() or until the last handle is closed. `size` is the caller's.
 * @since 1.0
 */
struct nexus_published {
    size_t size;
    const char *subject;    /**< Where it went. */
    const char *channel;    /**< The contract's name, or NULL when the subject is of none. */
    const char *message_id; /**< `Nats-Msg-Id`, or NULL. */
    const char *body;       /**< As sent; NUL-terminated. */
    size_t body_length;     /**< Its length in bytes. */
    uint64_t sequence;      /**< Its number in the stream; 0: it was not stored. */
    uint64_t attempts;      /**< How often it was sent. */
    const void *inside;     /**< For nexus_published_header(). */
};

/** @since 1.0 */
#define NEXUS_PUBLISHED_INIT                                                  \
    {                                                                         \
        sizeof(struct nexus_published), NULL, NULL, NULL, NULL, 0, 0, 0, NULL \
    }

/**
 * How many events clients have published to the subjects that `filter` matches (NULL: all), in
 * order of their first attempt. The bus remembers the first 100000.
 * @since 1.0
 */
NEXUS_API size_t nexus_memory_published_count(struct nexus_memory *bus, const char *filter);

/** One of them, from 0. Errors: NEXUS_E_NOT_FOUND, NEXUS_E_INVALID (`size`). @since 1.0 */
NEXUS_API int nexus_memory_published(struct nexus_memory *bus, const char *filter, size_t index,
                                     struct nexus_published *out, struct nexus_error *err);

/** A header of a published event by exact name, or NULL. @since 1.0 */
NEXUS_API const char *nexus_published_header(const struct nexus_published *published,
                                             const char *name);

/** Forgets what was published, for the next part of a test. Streams keep it. @since 1.0 */
NEXUS_API void nexus_memory_forget_published(struct nexus_memory *bus);

/** How often, where a call asks for a number. @since 1.0 */
#define NEXUS_TEST_AT_LEAST_ONCE (-1)

/**
 * Whether an event was published `times` times (NEXUS_TEST_AT_LEAST_ONCE, or 0 or more: exactly):
 * one of this channel, of this tenant (NULL: any or none), whose payload has the members of
 * `payload` (an object as JSON text; NULL: any). Members of `payload` that are objects may name a
 * part of theirs, too; arrays and all else must be equal.
 *
 * When that is not so it returns NEXUS_E_NOT_FOUND, and `*why` (`why` may be NULL) explains it in
 * several lines: what was expected, what was published instead, and which members differ. `*why` is
 * the caller's, for nexus_free(); NULL on success. `err` has the first line.
 *
 * Other errors: NEXUS_E_CHANNEL, NEXUS_E_JSON (`payload`), NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_test_expect_published(struct nexus_memory *bus,
                                                           const char *channel, const char *tenant,
                                                           const char *payload, int64_t times,
                                                           char **why, struct nexus_error *err);

/* -------- making events -------- */

/** An event in any state, also in one that no publish call lets pass. @since 1.0 */
struct nexus_test_event;

/**
 * A sound event of a channel, as a foreign publisher would send it: unsigned, without the library's
 * headers. `tenant` as for nexus_publish_json(); `payload` is not checked. The setters below make
 * it something else. One thread at a time. Errors: NEXUS_E_CHANNEL, NEXUS_E_SUBJECT,
 * NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API NEXUS_MUST_CHECK int nexus_test_event_new(const char *channel, const char *tenant,
                                                    const char *payload,
                                                    struct nexus_test_event **out,
                                                    struct nexus_error *err);

/** Frees it. NULL is allowed. @since 1.0 */
NEXUS_API void nexus_test_event_destroy(struct nexus_test_event *event);

/** Sends it to another subject than its channel's. Errors: NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0 */
NEXUS_API int nexus_test_event_set_subject(struct nexus_test_event *event, const char *subject,
                                           struct nexus_error *err);

/** The tenant that the envelope claims, whatever the subject says; NULL: none. @since 1.0 */
NEXUS_API int nexus_test_event_set_tenant(struct nexus_test_event *event, const char *tenant,
                                          struct nexus_error *err);

/** The envelope's causal id; NULL: the member is missing. Default "evt-00000001". @since 1.0 */
NEXUS_API int nexus_test_event_set_causal_id(struct nexus_test_event *event, const char *causal_id,
                                             struct nexus_error *err);

/** The envelope's vector clock as JSON text, unchecked; NULL: missing. Default {"test":1}.
 * @since 1.0 */
NEXUS_API int nexus_test_event_set_vector_clock(struct nexus_test_event *event, const char *json,
                                                struct nexus_error *err);

/** Sets a header, a second one of the name too; NULL takes all of the name away. `Nexus-Schema`
 * makes an event of another contract, `Nats-Msg-Id` one that can be recognized. @since 1.0 */
NEXUS_API int nexus_test_event_set_header(struct nexus_test_event *event, const char *name,
                                          const char *value, struct nexus_error *err);

/** Any bytes in place of the envelope; NULL: the envelope again. @since 1.0 */
NEXUS_API int nexus_test_event_set_body(struct nexus_test_event *event, const void *body,
                                        size_t length, struct nexus_error *err);

/**
 * Signs the event as it is now, as a client with this signer would: what the setters change
 * afterwards makes it a forgery. An event without `Nats-Msg-Id` gets one first. Put it once a
 * message id: a second copy is a replay. Errors: NEXUS_E_INVALID, NEXUS_E_MEMORY.
 * @since 1.0
 */
NEXUS_API int nexus_test_event_sign(struct nexus_test_event *event,
                                    const struct nexus_signer *signer, struct nexus_error *err);

/** As if it had been delivered so often before. @since 1.0 */
NEXUS_API int nexus_test_event_set_delivered(struct nexus_test_event *event, uint64_t deliveries,
                                             struct nexus_error *err);

/** When it was stored, in nanoseconds since 1970; 0: when it is put. @since 1.0 */
NEXUS_API int nexus_test_event_set_time(struct nexus_test_event *event, int64_t nanoseconds,
                                        struct nexus_error *err);

/**
 * Puts the event into the stream that covers its subject, past faults, message ids and what was
 * published; any number of times. `sequence` may be NULL. Errors: NEXUS_E_NO_STREAM,
 * NEXUS_E_MEMORY, NEXUS_E_INVALID.
 * @since 1.0
 */
NEXUS_API int nexus_test_event_put(struct nexus_memory *bus, const struct nexus_test_event *event,
                                   uint64_t *sequence, struct nexus_error *err);

NEXUS_END_DECLS

#endif
