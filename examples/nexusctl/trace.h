/* SPDX-License-Identifier: Apache-2.0 */
/* The events of a causal chain, and how they follow from each other. */
#ifndef TRACE_H
#define TRACE_H

#include <nexus/nexus.h>

/* A chain is a handful of events; one that has more is shown to here. */
#define TRACE_MAX 1000

#define NO_PARENT SIZE_MAX

struct trace_event {
    char *subject;
    char *clock;
    char *payload;
    char *key_id; /* or NULL */
    char *line;   /* as `sub --json` prints it, without the brace and newline at its end */
    enum nexus_trust_verdict verdict;
    bool is_signed;
    uint64_t sequence;
    int64_t time;
    size_t parent; /* the latest of those right before it; NO_PARENT: none is */
    size_t depth;
};

struct trace {
    struct trace_event events[TRACE_MAX];
    size_t count;
    size_t beyond;         /* how many more there are */
    unsigned char *before; /* count × count: whether row happened before column, directly */
};

/* Adds a copy of a delivery. False without memory. */
bool trace_add(struct trace *trace, const struct nexus_delivery *delivery);

/* Finds out what happened before what, by the vector clocks. */
int trace_link(struct trace *trace, struct nexus_error *err);

/* Whether the first is one of the events right before the second: before it, with none between. */
bool trace_is_parent(const struct trace *trace, size_t first, size_t second);

void trace_free(struct trace *trace);

/* Draws the tree; or prints the events as JSON, one per line, with their parents. */
void trace_draw(const struct trace *trace);
void trace_put_json(const struct trace *trace);

#endif
