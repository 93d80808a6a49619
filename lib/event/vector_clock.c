/* SPDX-License-Identifier: Apache-2.0 */
/* Vector clocks as text: comparing, merging, looking into them. */
#include <nexus/vector_clock.h>
#include <stdlib.h>
#include <string.h>

#include "clock_check.h"
#include "status.h"

/* A clock with its entries in the order of their names' bytes. */
struct clock_text {
    struct nx_json json;
    struct nx_arena names; /* those that had escapes */
    struct nx_clock_member *entries;
    size_t count;
};

static int by_name(const void *left, const void *right)
{
    const struct nx_clock_member *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->name, b->name, shorter);

    if (order != 0)
        return order;
    return (a->length > b->length) - (a->length < b->length);
}

static void clock_free(struct clock_text *clock)
{
    nx_json_free(&clock->json);
    nx_arena_free(&clock->names);
    free(clock->entries);
}

static int read_entries(struct clock_text *clock, struct nexus_error *err)
{
    clock->entries = calloc(clock->json.nodes[0].count + 1, sizeof(*clock->entries));
    if (!clock->entries)
        return nx_no_memory(err);
    for (uint32_t key = 1; key < clock->json.count; key = clock->json.nodes[key + 1].next)
        if (!nx_clock_member(&clock->json, key, &clock->names, &clock->entries[clock->count++]))
            return nx_no_memory(err);
    qsort(clock->entries, clock->count, sizeof(*clock->entries), by_name);
    return NEXUS_OK;
}

/* `name` is the argument's. The clock is to be freed, whatever this returns. */
static int clock_read(struct clock_text *clock, const char *name, const char *text,
                      struct nexus_error *err)
{
    int code;

    memset(clock, 0, sizeof(*clock));
    if (!text)
        return nx_fail(err, NEXUS_E_INVALID, name, "is NULL");
    code = nx_json_read(&clock->json, text, strlen(text), err);
    if (code == NEXUS_OK)
        code = nx_clock_check_as(&clock->json, 0, name, NEXUS_E_JSON, NEXUS_E_TOO_LARGE, err);
    return code == NEXUS_OK ? read_entries(clock, err) : code;
}

/* Two clocks side by side: each step is one name, with the counter 0 where a clock lacks it. */
struct walk {
    const struct clock_text *left, *right;
    size_t left_at, right_at;
    struct nx_clock_member entry; /* of either; its value is the greater */
    int order;                    /* how left's counter stands to right's */
};

static bool walk_next(struct walk *walk)
{
    bool has_left = walk->left_at < walk->left->count;
    bool has_right = walk->right_at < walk->right->count;
    const struct nx_clock_member *left = &walk->left->entries[walk->left_at];
    const struct nx_clock_member *right = &walk->right->entries[walk->right_at];
    int64_t a = 0, b = 0;
    int order;

    if (!has_left && !has_right)
        return false;
    order = !has_right ? -1 : !has_left ? 1 : by_name(left, right);
    if (order <= 0) {
        walk->entry = *left;
        a = left->value;
        walk->left_at++;
    }
    if (order >= 0) {
        walk->entry = *right;
        b = right->value;
        walk->right_at++;
    }
    walk->entry.value = a > b ? a : b;
    walk->order = (a > b) - (a < b);
    return true;
}

static int read_both(struct clock_text clocks[2], struct walk *walk, const char *left,
                     const char *right, struct nexus_error *err)
{
    int code = clock_read(&clocks[0], "left", left, err);
    int other;

    memset(walk, 0, sizeof(*walk));
    walk->left = &clocks[0];
    walk->right = &clocks[1];
    other = clock_read(&clocks[1], "right", right, code == NEXUS_OK ? err : NULL);
    return code == NEXUS_OK ? other : code;
}

int nexus_vector_clock_compare(const char *left, const char *right, enum nexus_clock_order *out,
                               struct nexus_error *err)
{
    struct clock_text clocks[2];
    struct walk walk;
    bool less = false, greater = false;
    int code;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    code = read_both(clocks, &walk, left, right, err);
    while (code == NEXUS_OK && walk_next(&walk)) {
        less |= walk.order < 0;
        greater |= walk.order > 0;
    }
    if (code == NEXUS_OK)
        *out = less && greater ? NEXUS_CLOCK_CONCURRENT
               : less          ? NEXUS_CLOCK_BEFORE
               : greater       ? NEXUS_CLOCK_AFTER
                               : NEXUS_CLOCK_EQUAL;
    clock_free(&clocks[0]);
    clock_free(&clocks[1]);
    return code;
}

/* Entries sorted by name, so that merging either way round gives the same text. */
static int write_merged(struct walk *walk, char **out, struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;
    size_t count = 0;
    char *taken;

    nx_buf_putc(&text, '{');
    for (; walk_next(walk); count++) {
        if (count > 0)
            nx_buf_putc(&text, ',');
        nx_json_put_string(&text, walk->entry.name, walk->entry.length);
        nx_buf_putc(&text, ':');
        nx_buf_int64(&text, walk->entry.value);
    }
    nx_buf_putc(&text, '}');
    taken = count <= NX_CLOCK_ENTRIES_MAX ? nx_buf_take(&text) : NULL;
    nx_buf_free(&text);
    if (count > NX_CLOCK_ENTRIES_MAX)
        return nx_fail(err, NEXUS_E_TOO_LARGE, NULL, "%zu entries exceed the limit of %d", count,
                       NX_CLOCK_ENTRIES_MAX);
    if (!taken)
        return nx_no_memory(err);
    *out = taken;
    return NEXUS_OK;
}

int nexus_vector_clock_merge(const char *left, const char *right, char **out,
                             struct nexus_error *err)
{
    struct clock_text clocks[2];
    struct walk walk;
    int code;

    if (!out)
        return nx_fail(err, NEXUS_E_INVALID, "out", "is NULL");
    *out = NULL;
    code = read_both(clocks, &walk, left, right, err);
    if (code == NEXUS_OK)
        code = write_merged(&walk, out, err);
    clock_free(&clocks[0]);
    clock_free(&clocks[1]);
    return code;
}

int nexus_vector_clock_get(const char *clock, const char *node, int64_t *out,
                           struct nexus_error *err)
{
    struct clock_text read;
    struct nx_clock_member wanted, *found = NULL;
    int code;

    if (!node || !out)
        return nx_fail(err, NEXUS_E_INVALID, node ? "out" : "node", "is NULL");
    code = clock_read(&read, "clock", clock, err);
    wanted.name = node;
    wanted.length = strlen(node);
    if (code == NEXUS_OK)
        found = bsearch(&wanted, read.entries, read.count, sizeof(wanted), by_name);
    if (code == NEXUS_OK)
        *out = found ? found->value : 0;
    clock_free(&read);
    return code;
}

const char *nexus_clock_order_name(enum nexus_clock_order order)
{
    static const char *const names[] = {"unknown", "equal", "before", "after", "concurrent"};
    size_t index = (size_t)order;

    return index < sizeof(names) / sizeof(names[0]) ? names[index] : names[0];
}
