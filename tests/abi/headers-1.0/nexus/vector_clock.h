/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vector_clock.h
 * Vector clocks as the envelope carries them: JSON objects from node name to counter. Clocks are
 * passed as text, so that they can be stored and compared anywhere. Any thread; no client needed.
 *
 * Errors of all functions here: NEXUS_E_INVALID (a NULL argument), NEXUS_E_JSON (a text is not a
 * vector clock; `where` names the entry), NEXUS_E_TOO_LARGE (more than 1024 entries),
 * NEXUS_E_MEMORY.
 */
#ifndef NEXUS_VECTOR_CLOCK_H
#define NEXUS_VECTOR_CLOCK_H

#include <nexus/error.h>

NEXUS_BEGIN_DECLS

/** How two clocks stand to each other. @since 1.0 */
enum nexus_clock_order {
    NEXUS_CLOCK_EQUAL = 1,     /**< The same knowledge. */
    NEXUS_CLOCK_BEFORE = 2,    /**< Left happened before right. */
    NEXUS_CLOCK_AFTER = 3,     /**< Left happened after right. */
    NEXUS_CLOCK_CONCURRENT = 4 /**< Neither knew of the other. */
};

/** Compares two clocks. An absent entry counts as 0. @since 1.0 */
NEXUS_API int nexus_vector_clock_compare(const char *left, const char *right,
                                         enum nexus_clock_order *out, struct nexus_error *err);

/** The element-wise maximum, as text that is the caller's; nexus_free(). @since 1.0 */
NEXUS_API int nexus_vector_clock_merge(const char *left, const char *right, char **out,
                                       struct nexus_error *err);

/** One node's counter; 0 when the clock has none for it. @since 1.0 */
NEXUS_API int nexus_vector_clock_get(const char *clock, const char *node, int64_t *out,
                                     struct nexus_error *err);

/** "before", "after", "concurrent" or "equal". Static storage. @since 1.0 */
NEXUS_API const char *nexus_clock_order_name(enum nexus_clock_order order);

NEXUS_END_DECLS

#endif
