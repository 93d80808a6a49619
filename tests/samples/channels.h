/* SPDX-License-Identifier: Apache-2.0 */
/* All channels as a table, so that one test covers each: made from the contract at build time, and
 * calling the typed functions through their true types. */
#ifndef TEST_CHANNELS_H
#define TEST_CHANNELS_H

#include <nexus/nexus.h>

#define TEST_NO_OFFSET  SIZE_MAX
#define TEST_ENUM_LIMIT 8

/* One typed member and where the public header says it lives. */
struct test_member {
    const char *name;
    enum nexus_kind kind;
    bool required;
    const char *format;
    uint32_t max_length;
    size_t offset;
    size_t beside; /* has_…, …_text or …_count */
    const char *values[TEST_ENUM_LIMIT];
};

struct test_channel;

/* Where a typed handler hands its event to. */
struct test_sink {
    enum nexus_verdict (*handle)(const struct test_channel *channel, const void *event,
                                 struct nexus_delivery *delivery, void *data);
    void *data;
};

struct test_channel {
    const char *name;
    const char *c_name;
    const char *address;
    bool has_tenant;
    size_t parameters;
    size_t size;
    size_t json_offset;
    const struct test_member *members;
    size_t member_count;
    void (*init)(void *event);
    int (*publish)(struct nexus_client *client, const char *tenant, const void *event,
                   const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                   struct nexus_error *err);
    /* `parameter`: the tenant or the node, NULL for all. */
    int (*subscribe)(struct nexus_client *client, const char *parameter, struct test_sink *sink,
                     const struct nexus_subscribe_options *options, struct nexus_subscription **out,
                     struct nexus_error *err);
};

extern const struct test_channel test_channels[];
extern const size_t test_channel_count;

/* By its contract name; NULL for none. */
const struct test_channel *test_channel_named(const char *name);

#endif
