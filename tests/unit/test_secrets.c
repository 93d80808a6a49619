/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets among a client's options: wiped before they are freed, and never in an error. */
#include "options.h"
#include "unit.h"

#define SECRET "hunter2-correct-horse"

static struct nexus_client_options *options;
static struct nexus_error err;

static void setup(void)
{
    memset(&err, 0, sizeof(err));
    options = nexus_client_options_new();
    ck_assert_ptr_nonnull(options);
}

static struct nx_options *copied(void)
{
    struct nx_options *copy = NULL;

    unit_ok(nx_options_copy(options, &copy, &err), &err);
    return copy;
}

/* What was freed last, as it was just before. */
static char freed[65536];
static size_t freed_length;
static const void *watched;

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory)
{
    if (memory && memory == watched) {
        memcpy(freed, memory, freed_length);
        watched = NULL;
    }
    __real_free(memory);
}

static void watch(const char *text)
{
    watched = text;
    freed_length = strlen(text) + 1;
    memset(freed, 'x', sizeof(freed));
}

static void expect_wiped(void)
{
    ck_assert_ptr_null(watched); /* it was freed */
    for (size_t i = 0; i < freed_length; i++)
        ck_assert_int_eq(freed[i], 0);
}

START_TEST(wipes_secrets_before_they_are_freed)
{
    struct nx_options *copy;

    setup();
    unit_ok(nexus_client_options_set_user(options, "till", SECRET, &err), &err);
    watch(options->values.password);
    unit_ok(nexus_client_options_set_user(options, "till", "other", &err), &err);
    expect_wiped();
    watch(options->values.password);
    unit_ok(nexus_client_options_set_user(options, NULL, NULL, &err), &err);
    expect_wiped();

    unit_ok(nexus_client_options_set_token(options, SECRET, &err), &err);
    watch(options->values.token);
    unit_ok(nexus_client_options_set_token(options, "other", &err), &err);
    expect_wiped();
    copy = copied();
    watch(copy->token);
    nx_options_destroy(copy);
    expect_wiped();

    unit_ok(nexus_client_options_set_url(options, "nats://u:" SECRET "@h", &err), &err);
    watch(options->values.url);
    unit_ok(nexus_client_options_set_url(options, NULL, &err), &err);
    expect_wiped();
    watch(options->values.token);
    nexus_client_options_destroy(options);
    expect_wiped();
}
END_TEST

START_TEST(errors_never_quote_secrets)
{
    static const char *const urls[] = {"http://u:" SECRET "@h", "nats://u:" SECRET "@",
                                       "nats://u:" SECRET "@h:x", "nats://h,ws://" SECRET "@h",
                                       SECRET "://h"};

    setup();
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        unit_expect(nexus_client_options_set_url(options, urls[i], &err), &err, NEXUS_E_INVALID,
                    "url", NULL);
        ck_assert_ptr_null(strstr(err.message, SECRET));
    }
    unit_expect(nexus_client_options_set_user(options, "u", SECRET "\n", &err), &err,
                NEXUS_E_INVALID, "password", NULL);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    unit_expect(nexus_client_options_set_token(options, SECRET "\n", &err), &err, NEXUS_E_INVALID,
                "token", NULL);
    ck_assert_ptr_null(strstr(err.message, SECRET));
    nexus_client_options_destroy(options);
}
END_TEST

UNIT_MAIN("secrets", wipes_secrets_before_they_are_freed, errors_never_quote_secrets)
