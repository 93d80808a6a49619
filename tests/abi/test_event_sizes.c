/* SPDX-License-Identifier: Apache-2.0 */
/* Every event's struct as callers of another version would pass it: cut off anywhere, and longer
 * than this library's. The channels and their members are those of the contract. */
#include <check.h>
#include <nexus/testing.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"

#define MORE   48
#define TENANT "salon-001"

static struct nexus_memory *bus;
static struct nexus_client *client;
static struct nexus_error err;

static void set_up(void)
{
    struct nexus_client_options *options = nexus_client_options_new();

    ck_assert_int_eq(nexus_memory_open(NULL, &bus, &err), NEXUS_OK);
    ck_assert_int_eq(nexus_client_options_set_url(options, nexus_memory_url(bus), &err), NEXUS_OK);
    ck_assert_int_eq(nexus_client_new(options, &client, &err), NEXUS_OK);
    ck_assert_int_eq(nexus_provision(client, NULL, NULL, &err), NEXUS_OK);
    nexus_client_options_destroy(options);
}

static void tear_down(void)
{
    nexus_client_destroy(client);
    nexus_memory_close(bus);
}

/* The first `size` bytes of a struct, saying so themselves, in memory of no more than that: then a
 * sanitizer sees a byte too many. */
static void *cut(const void *event, size_t have, size_t size)
{
    char *copy = calloc(1, size < sizeof(size) ? sizeof(size) : size);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, event, have < size ? have : size);
    memcpy(copy, &size, sizeof(size));
    return copy;
}

static int publish(const struct test_channel *channel, const void *event)
{
    nexus_memory_forget_published(bus);
    memset(&err, 0, sizeof(err));
    return channel->publish(client, channel->has_tenant ? TENANT : NULL, event, NULL, NULL, &err);
}

/* What stands in the body from the payload on; free() it. */
static char *published(void)
{
    struct nexus_published seen = NEXUS_PUBLISHED_INIT;

    ck_assert_int_eq(nexus_memory_published(bus, NULL, 0, &seen, &err), NEXUS_OK);
    ck_assert_ptr_nonnull(strstr(seen.body, ",\"payload\":{"));
    return strdup(strstr(seen.body, ",\"payload\":{"));
}

static size_t bytes_of(enum nexus_kind kind)
{
    return kind == NEXUS_KIND_INTEGER || kind == NEXUS_KIND_NUMBER ? 8
           : kind == NEXUS_KIND_ENUM                               ? sizeof(int)
                                                                   : sizeof(void *);
}

static size_t bytes_beside(enum nexus_kind kind)
{
    return kind == NEXUS_KIND_INTEGER || kind == NEXUS_KIND_NUMBER ? sizeof(bool) : sizeof(void *);
}

/* Whether a struct of `size` bytes has all of the member. */
static bool within(const struct test_member *member, size_t size)
{
    return member->offset + bytes_of(member->kind) <= size &&
           (member->beside == TEST_NO_OFFSET ||
            member->beside + bytes_beside(member->kind) <= size);
}

/* Takes a member out of a struct of full size, as if it had never been set. */
static void clear(const struct test_member *member, char *event)
{
    memset(event + member->offset, 0, bytes_of(member->kind));
    if (member->beside != TEST_NO_OFFSET)
        memset(event + member->beside, 0, bytes_beside(member->kind));
}

/* The required member that a struct of `size` bytes lacks, or NULL. */
static const struct test_member *missing(const struct test_channel *channel, size_t size)
{
    for (size_t i = 0; i < channel->member_count; i++)
        if (channel->members[i].required && !within(&channel->members[i], size))
            return &channel->members[i];
    return NULL;
}

static bool in_address(const struct test_channel *channel, const struct test_member *member)
{
    char name[80];

    snprintf(name, sizeof(name), "{%s}", member->name);
    return strstr(channel->address, name) != NULL;
}

/* A struct that is cut off must read as one in which the rest was never set. */
static void check_cut(const struct test_channel *channel, const void *event, size_t size)
{
    char *older = cut(event, channel->size, size), *full = cut(event, channel->size, channel->size);
    char *got, *expected;

    for (size_t i = 0; i < channel->member_count; i++)
        if (!within(&channel->members[i], size))
            clear(&channel->members[i], full);
    ck_assert_msg(publish(channel, older) == NEXUS_OK, "%s of %zu bytes: %s: %s", channel->name,
                  size, err.where, err.message);
    got = published();
    ck_assert_int_eq(publish(channel, full), NEXUS_OK);
    expected = published();
    ck_assert_msg(strcmp(got, expected) == 0, "%s of %zu bytes: %s is not %s", channel->name, size,
                  got, expected);
    free(older), free(full), free(got), free(expected);
}

static void refuse(const struct test_channel *channel, const void *event, size_t size, int code,
                   const char *where)
{
    void *bad = cut(event, channel->size, size);
    int status = publish(channel, bad);

    ck_assert_msg(status == code && strcmp(err.where, where) == 0 &&
                      nexus_memory_published_count(bus, NULL) == 0,
                  "%s of %zu bytes: %s at \"%s\", not %s at \"%s\"", channel->name, size,
                  nexus_status_name(status), err.where, nexus_status_name(code), where);
    free(bad);
}

START_TEST(structs_of_the_past)
{
    const struct test_channel *channel = &test_channels[_i];
    void *event = test_sample_new(channel, TEST_FULL, 1);
    size_t least = channel->json_offset + sizeof(char *);

    for (size_t size = 0; size < least; size++)
        refuse(channel, event, size, NEXUS_E_INVALID, "size");
    for (size_t size = least; size <= channel->size; size++) {
        const struct test_member *lacks = missing(channel, size);
        char where[80];
        bool in_subject = lacks && in_address(channel, lacks);
        if (lacks)
            snprintf(where, sizeof(where), "%s%s", in_subject ? "" : "payload.", lacks->name);
        if (lacks)
            refuse(channel, event, size, in_subject ? NEXUS_E_SUBJECT : NEXUS_E_VALIDATION, where);
        else
            check_cut(channel, event, size);
    }
    test_sample_destroy(channel, event);
}
END_TEST

START_TEST(structs_of_the_future)
{
    const struct test_channel *channel = &test_channels[_i];
    void *event = test_sample_new(channel, TEST_FULL, 2);

    for (size_t more = 0; more <= MORE; more++)
        check_cut(channel, event, channel->size + more);
    refuse(channel, event, 65537, NEXUS_E_INVALID, "size");
    test_sample_destroy(channel, event);
}
END_TEST

START_TEST(structs_of_the_future_that_say_more)
{
    const struct test_channel *channel = &test_channels[_i];
    void *event = test_sample_new(channel, TEST_FULL, 3);

    for (size_t more = 0; more < MORE; more++) {
        char *newer = cut(event, channel->size, channel->size + MORE);
        newer[channel->size + more] = 1;
        ck_assert_int_eq(publish(channel, newer), NEXUS_E_INVALID);
        ck_assert_str_eq(err.where, "size");
        ck_assert_uint_eq(nexus_memory_published_count(bus, NULL), 0);
        free(newer);
    }
    test_sample_destroy(channel, event);
}
END_TEST

static enum nexus_verdict on_event(const struct test_channel *channel, const void *event,
                                   struct nexus_delivery *delivery, void *data)
{
    size_t size;

    (void)delivery;
    memcpy(&size, event, sizeof(size));
    ck_assert_uint_eq(size, channel->size);
    *(const void **)data = test_sample_difference(channel, event, *(void **)data);
    return NEXUS_ACK;
}

/* What a handler gets has this library's size: an older program reads the front of it. */
START_TEST(structs_that_are_received)
{
    const struct test_channel *channel = &test_channels[_i];
    void *event = test_sample_new(channel, TEST_FULL, 4), *seen = event;
    struct test_sink sink = {on_event, &seen};
    struct nexus_subscription *subscription = NULL;

    ck_assert_int_eq(channel->subscribe(client, NULL, &sink, NULL, &subscription, &err), NEXUS_OK);
    ck_assert_int_eq(publish(channel, event), NEXUS_OK);
    while (seen == event)
        ck_assert_int_gt(nexus_client_dispatch(client, 10000, &err), 0);
    ck_assert_msg(!seen, "%s: %s differs", channel->name, (const char *)seen);
    test_sample_destroy(channel, event);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event sizes");
    TCase *tests = tcase_create("every channel");
    SRunner *runner = srunner_create(suite);
    int failed, channels = (int)test_channel_count;

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, structs_of_the_past, 0, channels);
    tcase_add_loop_test(tests, structs_of_the_future, 0, channels);
    tcase_add_loop_test(tests, structs_of_the_future_that_say_more, 0, channels);
    tcase_add_loop_test(tests, structs_that_are_received, 0, channels);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
