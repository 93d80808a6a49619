/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and consumers on the bus. Everything with the bus's lock. */
#ifndef NX_BUS_STREAM_H
#define NX_BUS_STREAM_H

#include <cjson/cJSON.h>

#include "buf.h"
#include "bus.h"

struct nx_bus_entry {
    struct nx_bus_message *message; /* NULL: deleted */
    int64_t time;                   /* nanoseconds since 1970 */
    uint64_t delivered;             /* as if it had been delivered so often before */
};

/* A message id that was stored, for the duplicate window. */
struct nx_bus_id {
    struct nx_bus_id *next;
    int64_t until;
    char id[];
};

struct nx_bus_stream {
    struct nx_bus_stream *next;
    char *name;
    char **subjects;
    size_t subject_count;
    cJSON *config; /* complete, as answers show it */
    int64_t created;
    int64_t max_msgs, max_bytes, max_age, max_per_subject, max_size, window;
    bool discard_new, no_ack;

    struct nx_bus_entry *entries; /* entries[i] has the sequence first + i */
    size_t count, capacity;
    uint64_t first, last;
    uint64_t messages, bytes;
    struct nx_id_table ids;
    struct nx_bus_id *id_first, **id_last;
    struct nx_bus_consumer *consumers;
};

/* A delivery that waits for its verdict. */
struct nx_bus_pending {
    uint64_t sequence;
    uint64_t count;
    int64_t deadline;
    bool due; /* to be delivered again */
};

/* A pull that waits. */
struct nx_bus_pull {
    struct nx_bus_pull *next;
    uint64_t batch, bytes; /* left; bytes 0 and no `limited`: any */
    bool limited, no_wait, served;
    int64_t expires; /* INT64_MAX: never */
    int64_t beat, next_beat;
    char reply[];
};

struct nx_bus_consumer {
    bool no_acks; /* what is delivered is done with */
    struct nx_bus_consumer *next;
    struct nx_bus_stream *stream;
    char *name;
    char *filter; /* "": all */
    cJSON *config;
    int64_t created;
    int64_t ack_wait, max_deliver, max_ack_pending, max_waiting;

    uint64_t cursor;  /* the next sequence to look at */
    uint64_t *chosen; /* last per subject: only these … */
    size_t chosen_count, chosen_at;
    uint64_t chosen_until;  /* … up to this sequence */
    uint64_t waiting;       /* matching messages not delivered yet */
    uint64_t delivered;     /* its own sequence, of the last delivery */
    uint64_t last_sequence; /* of the stream, delivered last */

    struct nx_bus_pending *pending; /* by sequence, from `begin` on */
    size_t begin, end, capacity;
    size_t due;
    struct nx_bus_pull *pulls, **pulls_last;
    size_t pull_count;
    int64_t next_at; /* nothing of it is due earlier */
};

/* stream.c */
struct nx_bus_stream *nx_stream_find(struct nexus_memory *bus, const char *name, size_t length);
struct nx_bus_stream *nx_stream_covering(struct nexus_memory *bus, const char *subject);
void nx_stream_free(struct nexus_memory *bus, struct nx_bus_stream *stream);
void nx_streams_free(struct nexus_memory *bus);
struct nx_bus_entry *nx_stream_at(struct nx_bus_stream *stream, uint64_t sequence);
bool nx_stream_append(struct nexus_memory *bus, struct nx_bus_stream *stream,
                      struct nx_bus_message *message, int64_t time, uint64_t delivered);
void nx_stream_remove(struct nx_bus_stream *stream, uint64_t sequence);
void nx_stream_limit(struct nexus_memory *bus, struct nx_bus_stream *stream);

/* stream_store.c: a publish; answers it. `full`: as if there were no room. */
void nx_stream_store(struct nexus_memory *bus, struct nx_bus_stream *stream,
                     struct nx_bus_message *message, bool full);
void nx_stream_forget_ids(struct nx_bus_stream *stream);

/* stream_config.c: a complete configuration from what was asked, or NULL and why not. */
cJSON *nx_stream_config(const cJSON *asked, const char **why);
/* Takes the values out of a complete configuration. False without memory. */
bool nx_stream_configure(struct nx_bus_stream *stream, cJSON *config);
/* Another configuration for one that has one; false without memory: it keeps the old one. */
bool nx_stream_reconfigure(struct nx_bus_stream *stream, cJSON *config);
/* Frees what nx_stream_configure() made. */
void nx_stream_unconfigure(struct nx_bus_stream *stream);
int64_t nx_config_number(const cJSON *config, const char *member);
const char *nx_config_text(const cJSON *config, const char *member);

/* consumer.c */
struct nx_bus_consumer *nx_durable_find(struct nx_bus_stream *stream, const char *name,
                                        size_t length);
void nx_durable_free(struct nexus_memory *bus, struct nx_bus_consumer *consumer);
/* Places it in the stream by its policy. False without memory. */
bool nx_durable_start(struct nexus_memory *bus, struct nx_bus_consumer *consumer);
bool nx_durable_wants(const struct nx_bus_consumer *consumer, const char *subject);
/* A message joined the stream or leaves it. */
void nx_durable_added(struct nx_bus_consumer *consumer, const struct nx_bus_message *message);
void nx_durable_removed(struct nx_bus_consumer *consumer, uint64_t sequence,
                        const struct nx_bus_message *message);
struct nx_bus_pending *nx_durable_pending(struct nx_bus_consumer *consumer, uint64_t sequence);
void nx_durable_settle(struct nx_bus_consumer *consumer, struct nx_bus_pending *pending);
/* The next message to deliver; false when there is none now. `*again`: it is in `pending`. */
bool nx_durable_next(struct nexus_memory *bus, struct nx_bus_consumer *consumer,
                     uint64_t *sequence);
/* Notes a delivery; its record, or NULL without memory. */
struct nx_bus_pending *nx_durable_deliver(struct nexus_memory *bus,
                                          struct nx_bus_consumer *consumer, uint64_t sequence);
/* Deliveries whose ack wait has passed become due; the next time. */
int64_t nx_durable_tick(struct nx_bus_consumer *consumer, int64_t now);

/* consumer_config.c */
/* The name of a consumer, durable or not. */
const char *nx_consumer_name(const cJSON *config);
cJSON *nx_durable_config(const cJSON *asked, const char **why);
bool nx_durable_configure(struct nx_bus_consumer *consumer, cJSON *config);

/* pulls.c */
void nx_pulls_ask(struct nexus_memory *bus, struct nx_bus_consumer *consumer,
                  const struct nx_bus_message *message);
/* Delivers what there is to those who wait. */
void nx_pulls_serve(struct nexus_memory *bus, struct nx_bus_consumer *consumer);
/* Expired pulls and heartbeats; the next time. */
int64_t nx_pulls_tick(struct nexus_memory *bus, struct nx_bus_consumer *consumer, int64_t now);
/* All end with a status (NULL: without a word). */
void nx_pulls_end(struct nexus_memory *bus, struct nx_bus_consumer *consumer, const char *words);

/* api.c: parts of answers. */
void nx_api_error(struct nx_buf *out, const char *type, int code, int number, const char *text);
void nx_api_time(struct nx_buf *out, int64_t nanoseconds);
/* stream_api.c and consumer_api.c: what stands behind "$JS.API.STREAM." and "…CONSUMER.". False:
 * there is no such call. An empty `out` afterwards: no answer. */
bool nx_stream_api(struct nexus_memory *bus, const char *verb, const struct nx_bus_message *message,
                   struct nx_buf *out);
bool nx_durable_api(struct nexus_memory *bus, const char *verb,
                    const struct nx_bus_message *message, struct nx_buf *out);

#endif
