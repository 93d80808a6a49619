/* SPDX-License-Identifier: Apache-2.0 */
/* The structs beside the events that say their size: what an older program passes is shorter, what
 * a newer one passes is longer, and neither is written or read beyond its end. */
#include <check.h>
#include <nexus/nexus.h>
#include <nexus/testing.h>
#include <stdlib.h>
#include <string.h>

#define MORE   40
#define TENANT "salon-001"
#define LEAST  (2 * sizeof(size_t))

static struct nexus_memory *bus;
static struct nexus_client *client;
static struct nexus_signer *signer;
static struct nexus_trust *trust;
static struct nexus_error err;

/* One struct: a value of it, and a call that reads it or fills it. */
struct subject {
    const char *name;
    const void *initial;
    size_t bytes;
    bool filled; /* by the call; else read by it */
    int (*call)(void *object);
};

static void set_up(void)
{
    struct nexus_client_options *options = nexus_client_options_new();

    ck_assert_int_eq(nexus_memory_open(NULL, &bus, &err), NEXUS_OK);
    ck_assert_int_eq(nexus_client_options_set_url(options, nexus_memory_url(bus), &err), NEXUS_OK);
    ck_assert_int_eq(nexus_client_new(options, &client, &err), NEXUS_OK);
    ck_assert_int_eq(nexus_provision(client, NULL, NULL, &err), NEXUS_OK);
    ck_assert_int_eq(nexus_signer_generate("key-1", &signer, &err), NEXUS_OK);
    ck_assert_int_eq(nexus_trust_new(&trust, &err), NEXUS_OK);
    nexus_client_options_destroy(options);
}

static void tear_down(void)
{
    nexus_client_destroy(client);
    nexus_signer_destroy(signer);
    nexus_trust_destroy(trust);
    nexus_memory_close(bus);
}

static int fill_stats(void *object)
{
    return nexus_client_stats(client, object, &err);
}

static int fill_member(void *object)
{
    return nexus_channel_member(nexus_channel_by_name("agentHandoff"), 3, object, &err);
}

static int fill_published(void *object)
{
    if (!nexus_memory_published_count(bus, NULL))
        ck_assert_int_eq(
            nexus_publish_json(client, "bookingCreated", TENANT, "{}", NULL, NULL, &err), NEXUS_OK);
    return nexus_memory_published(bus, NULL, 0, object, &err);
}

static int fill_check_result(void *object)
{
    struct nexus_signed_message message = NEXUS_SIGNED_MESSAGE_INIT;
    int code;

    message.subject = "nexus.salon-001.booking.created";
    code = nexus_trust_check(trust, &message, object, &err);
    return code == NEXUS_E_SIGNATURE ? NEXUS_OK : code; /* it has none, and that was found */
}

static int take_fault(void *object)
{
    return nexus_memory_fault(bus, object, NULL, &err);
}

static int take_grant(void *object)
{
    char *token = NULL;
    int code = nexus_capability_issue(signer, object, &token, &err);

    nexus_free(token);
    return code;
}

static int take_rule(void *object)
{
    char *key = NULL;
    int code;

    ck_assert_int_eq(nexus_signer_public(signer, NEXUS_KEY_PEM, &key, &err), NEXUS_OK);
    (void)nexus_trust_remove(trust, nexus_signer_key_id(signer), NULL);
    (void)nexus_trust_remove(trust, nexus_signer_thumbprint(signer), NULL);
    code = nexus_trust_add(trust, key, object, &err);
    nexus_free(key);
    return code;
}

static int take_message(void *object)
{
    int code = nexus_trust_check(trust, object, NULL, &err);

    return code == NEXUS_E_SIGNATURE ? NEXUS_OK : code;
}

static const char *const subjects[] = {"nexus.salon-001.>", NULL};
static char public_key[256];
static const struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;
static const struct nexus_member member = NEXUS_MEMBER_INIT;
static const struct nexus_published published = NEXUS_PUBLISHED_INIT;
static const struct nexus_check_result check_result = NEXUS_CHECK_RESULT_INIT;
static struct nexus_fault fault = NEXUS_FAULT_INIT;
static struct nexus_capability_grant grant = NEXUS_CAPABILITY_GRANT_INIT;
static struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
static struct nexus_signed_message message = NEXUS_SIGNED_MESSAGE_INIT;

static const struct subject all[] = {
    {"client_stats", &stats, sizeof(stats), true, fill_stats},
    {"member", &member, sizeof(member), true, fill_member},
    {"published", &published, sizeof(published), true, fill_published},
    {"check_result", &check_result, sizeof(check_result), true, fill_check_result},
    {"fault", &fault, sizeof(fault), false, take_fault},
    {"capability_grant", &grant, sizeof(grant), false, take_grant},
    {"trust_rule", &rule, sizeof(rule), false, take_rule},
    {"signed_message", &message, sizeof(message), false, take_message},
};
#define COUNT (sizeof(all) / sizeof(all[0]))

static void give_values(void)
{
    char *key = NULL;

    ck_assert_int_eq(nexus_signer_public(signer, NEXUS_KEY_PEM, &key, &err), NEXUS_OK);
    strcpy(public_key, key);
    nexus_free(key);
    fault.kind = NEXUS_FAULT_DROP;
    grant.issuer = "core", grant.subject = "till-1", grant.public_key = public_key;
    grant.subjects = subjects, grant.not_after = 4102444800;
    rule.subjects = subjects;
    message.subject = "nexus.salon-001.booking.created";
}

/* A copy in memory of no more than `size` bytes. */
static char *resized(const struct subject *subject, size_t size)
{
    char *copy = calloc(1, size < sizeof(size) ? sizeof(size) : size);

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, subject->initial, size < subject->bytes ? size : subject->bytes);
    memcpy(copy, &size, sizeof(size));
    return copy;
}

static int call(const struct subject *subject, char *object)
{
    give_values();
    return subject->call(object);
}

START_TEST(sizes_that_cannot_be)
{
    static const size_t sizes[] = {0, 1, LEAST - 1, 65537};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        char *object = resized(&all[_i], sizes[i]);
        ck_assert_msg(call(&all[_i], object) == NEXUS_E_INVALID, "%s of %zu bytes", all[_i].name,
                      sizes[i]);
        free(object);
    }
}
END_TEST

START_TEST(of_the_past)
{
    const struct subject *subject = &all[_i];
    char *full;

    give_values();
    full = resized(subject, subject->bytes);
    ck_assert_msg(call(subject, full) == NEXUS_OK, "%s: %s: %s", subject->name, err.where,
                  err.message);
    /* No program has half of a pointer, and reading one would be its own mistake. */
    for (size_t size = LEAST; size < subject->bytes; size += subject->filled ? 1 : sizeof(size)) {
        char *object = resized(subject, size);
        int code = call(subject, object);
        /* What is read may lack something that is needed; it is enough that no byte beyond it is.
         */
        if (subject->filled)
            ck_assert_msg(code == NEXUS_OK && memcmp(object + sizeof(size), full + sizeof(size),
                                                     size - sizeof(size)) == 0,
                          "%s of %zu bytes", subject->name, size);
        free(object);
    }
    free(full);
}
END_TEST

START_TEST(of_the_future)
{
    const struct subject *subject = &all[_i];

    give_values();
    for (size_t more = 0; more < MORE; more++) {
        char *object = resized(subject, subject->bytes + MORE);
        if (subject->filled)
            object[subject->bytes + more] = 0x5a;
        ck_assert_msg(call(subject, object) == NEXUS_OK, "%s: %s: %s", subject->name, err.where,
                      err.message);
        for (size_t i = 0; i < MORE; i++)
            ck_assert_int_eq(object[subject->bytes + i], 0);
        free(object);
    }
}
END_TEST

START_TEST(of_the_future_that_say_more)
{
    const struct subject *subject = &all[_i];

    give_values();
    for (size_t more = 0; more < MORE && !subject->filled; more++) {
        char *object = resized(subject, subject->bytes + MORE);
        object[subject->bytes + more] = 1;
        ck_assert_msg(call(subject, object) == NEXUS_E_INVALID, "%s: byte %zu", subject->name,
                      more);
        free(object);
    }
}
END_TEST

/* The receipt is filled by a publish, which succeeds all the same. */
START_TEST(receipts)
{
    static const char body[] = "{}";

    for (size_t size = LEAST; size < sizeof(struct nexus_receipt) + MORE; size += sizeof(size)) {
        char *receipt = calloc(1, size);
        uint64_t sequence = 0;
        memcpy(receipt, &size, sizeof(size));
        ck_assert_int_eq(nexus_publish_json(client, "bookingCreated", TENANT, body, NULL,
                                            (struct nexus_receipt *)(void *)receipt, &err),
                         NEXUS_OK);
        memcpy(&sequence, receipt + offsetof(struct nexus_receipt, sequence), sizeof(sequence));
        ck_assert_uint_gt(sequence, 0);
        free(receipt);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("struct sizes");
    TCase *tests = tcase_create("every struct");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, sizes_that_cannot_be, 0, COUNT);
    tcase_add_loop_test(tests, of_the_past, 0, COUNT);
    tcase_add_loop_test(tests, of_the_future, 0, COUNT);
    tcase_add_loop_test(tests, of_the_future_that_say_more, 0, COUNT);
    tcase_add_test(tests, receipts);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
