/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pretty.h"
#include "row.h"
#include "trace.h"

/* Deeper ones are drawn at this depth: a line has an end. */
#define DEPTH_MAX       40
#define SUBJECT_COLUMNS 40

/* The lines of the tree to the left of an event: for each level, whether more will come below. */
struct tree {
    const struct trace *trace;
    bool more[DEPTH_MAX + 1];
};

static void put_branch(struct row *row, const struct tree *tree, size_t depth)
{
    for (size_t level = 1; level <= depth; level++)
        if (level < depth)
            row_put(row, STYLE_DIM, tree->more[level] ? "│  " : "   ", 0);
        else
            row_put(row, STYLE_DIM, tree->more[level] ? "├─ " : "└─ ", 0);
}

/* "+0.123 s" after the first event of the chain; its clock time at the first. */
static void put_when(struct row *row, const struct trace *trace, const struct trace_event *event)
{
    if (event == &trace->events[0])
        row_put_time(row, event->time);
    else
        row_printf(row, STYLE_DIM, 21, "%+18.3f s",
                   (double)(event->time - trace->events[0].time) / 1e9);
}

/* "also after #7 #9": the other events right before this one. */
static void put_joins(struct row *row, const struct trace *trace, size_t event)
{
    const char *before = "also after";

    for (size_t i = 0; i < trace->count; i++)
        if (i != trace->events[event].parent && trace_is_parent(trace, i, event)) {
            row_printf(row, STYLE_WARNING, 0, "%s #%" PRIu64, before, trace->events[i].sequence);
            before = "";
        }
    if (!*before)
        row_put(row, STYLE_NONE, "  ", 0);
}

static void put_event(const struct tree *tree, size_t index, size_t depth)
{
    const struct trace_event *event = &tree->trace->events[index];
    size_t indent = 3 * depth, wide = strlen(event->subject) + indent;
    struct row row = row_begin();

    put_when(&row, tree->trace, event);
    put_branch(&row, tree, depth);
    row_put(&row, STYLE_BOLD, event->subject,
            wide < SUBJECT_COLUMNS ? SUBJECT_COLUMNS - indent : 0);
    row_printf(&row, STYLE_DIM, 0, "  #%-6" PRIu64 " ", event->sequence);
    pretty_put_key(&row, event->verdict, event->key_id, event->is_signed);
    put_joins(&row, tree->trace, index);
    row_put(&row, STYLE_NONE, event->payload, 0);
    row_end(&row);
}

static size_t next_child(const struct trace *trace, size_t parent, size_t from)
{
    for (size_t i = from; i < trace->count; i++)
        if (trace->events[i].parent == parent)
            return i;
    return trace->count;
}

/* Recursion ends: an event happened before each of its children. */
static void put_subtree(struct tree *tree, size_t parent, size_t depth)
{
    const struct trace *trace = tree->trace;
    size_t drawn = depth < DEPTH_MAX ? depth : DEPTH_MAX;

    for (size_t child = next_child(trace, parent, 0); child < trace->count;) {
        size_t next = next_child(trace, parent, child + 1);
        tree->more[drawn] = next < trace->count;
        put_event(tree, child, drawn);
        put_subtree(tree, child, depth + 1);
        child = next;
    }
}

void trace_draw(const struct trace *trace)
{
    struct tree tree = {.trace = trace};

    put_subtree(&tree, NO_PARENT, 0);
}

void trace_put_json(const struct trace *trace)
{
    for (size_t i = 0; i < trace->count; i++) {
        const char *before = "";
        printf("%s,\"depth\":%zu,\"parents\":[", trace->events[i].line, trace->events[i].depth);
        for (size_t j = 0; j < trace->count; j++)
            if (trace_is_parent(trace, j, i)) {
                printf("%s%" PRIu64, before, trace->events[j].sequence);
                before = ",";
            }
        puts("]}");
    }
}
