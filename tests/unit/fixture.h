/* SPDX-License-Identifier: Apache-2.0 */
/* Channels made up for the codec's tests, written by hand as the generator would write them. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "schema.h"

enum fixture_color {
    FIXTURE_COLOR_UNSET = 0,
    FIXTURE_COLOR_RED = 1,
    FIXTURE_COLOR_GREEN = 2,
    FIXTURE_COLOR_UNRECOGNIZED = NX_ENUM_UNRECOGNIZED
};

/* Each kind once required and once optional; and two members that joined later. */
struct fixture {
    size_t size;
    const char *json;
    const char *name; /* at most 8 characters */
    int64_t count;
    double ratio;
    enum fixture_color color;
    const char *color_text;
    const char *const *tags;
    size_t tags_count;
    const int64_t *numbers;
    size_t numbers_count;
    const char *note; /* at most 5 characters */
    const char *link; /* a URI */
    bool has_weight;
    int64_t weight;
    bool has_score;
    double score;
    enum fixture_color mood;
    const char *mood_text;
    const char *const *labels; /* at most 3 characters each */
    size_t labels_count;
    const int64_t *ids;
    size_t ids_count;
    /* later */
    const char *nick;
    bool has_level;
    int64_t level;
};

/* The required members set, and nothing else. */
struct fixture fixture_minimal(void);
/* Everything set, nothing in `json`. */
struct fixture fixture_full(void);

extern const char fixture_minimal_json[];
extern const char fixture_full_json[];

/* A channel whose payload is open. */
struct fixture_open {
    size_t size;
    const char *json;
};

/* The same channel after the contract gave it a schema: all members came later. */
struct fixture_grown {
    size_t size;
    const char *json;
    const char *id; /* required */
    bool has_amount;
    int64_t amount;
    const char *const *lines; /* required */
    size_t lines_count;
};

extern const struct nexus_channel fixture_channel;
extern const struct nexus_channel fixture_open_channel;
extern const struct nexus_channel fixture_grown_channel;

#endif
