/* SPDX-License-Identifier: Apache-2.0 */
/* What the emulated server looks things up by: subjects with wildcards, and message ids. */
#include <inttypes.h>
#include <stdio.h>

#include "memory.h"
#include "memory/bus_subject.h"
#include "memory/id_table.h"

START_TEST(subjects_match_by_their_tokens)
{
    ck_assert(nx_bus_matches("a.*.c", "a.b.c"));
    ck_assert(nx_bus_matches("a.>", "a.b.c"));
    ck_assert(nx_bus_matches(">", "a"));
    ck_assert(!nx_bus_matches("a.>", "a"));
    ck_assert(!nx_bus_matches("a.*", "a.b.c"));
    ck_assert(!nx_bus_matches("a.b", "a.bc"));
    ck_assert(!nx_bus_matches("a.b.c", "a.b"));
    ck_assert(nx_bus_overlaps("a.*", "*.b"));
    ck_assert(nx_bus_overlaps("a.>", "a.b.c"));
    ck_assert(!nx_bus_overlaps("a.*", "b.>"));
    ck_assert(!nx_bus_overlaps("a.b", "a.b.c"));
    ck_assert(nx_bus_filter_sound("a.*.>"));
    ck_assert(!nx_bus_filter_sound("a.>.b"));
    ck_assert(!nx_bus_filter_sound("a..b"));
    ck_assert(!nx_bus_filter_sound("a.b."));
    ck_assert(!nx_bus_filter_sound(""));
}
END_TEST

START_TEST(ids_are_found_until_they_are_removed)
{
    struct nx_id_table table = {0};
    char id[16];

    for (uint64_t i = 0; i < 3000; i++) {
        snprintf(id, sizeof(id), "%" PRIu64, i);
        ck_assert(nx_id_table_add(&table, id, i));
        if (i >= 1000) {
            snprintf(id, sizeof(id), "%" PRIu64, i - 1000);
            nx_id_table_remove(&table, id);
        }
    }
    for (uint64_t i = 0; i < 3000; i++) {
        snprintf(id, sizeof(id), "%" PRIu64, i);
        const uint64_t *value = nx_id_table_find(&table, id);
        ck_assert(i < 2000 ? value == NULL : value && *value == i);
    }
    ck_assert_uint_eq(table.used, 1000);
    nx_id_table_free(&table);
}
END_TEST

MEMORY_MAIN("tables", subjects_match_by_their_tokens, ids_are_found_until_they_are_removed)
