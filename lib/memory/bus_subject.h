/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects with wildcards: "*" is one token, ">" at the end is one or more. */
#ifndef NX_BUS_SUBJECT_H
#define NX_BUS_SUBJECT_H

#include <stdbool.h>

bool nx_bus_matches(const char *filter, const char *subject);
/* Whether any subject matches both. */
bool nx_bus_overlaps(const char *a, const char *b);
/* Whether it is a filter: no empty token, ">" only at the end. */
bool nx_bus_filter_sound(const char *filter);

#endif
