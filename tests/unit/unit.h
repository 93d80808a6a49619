/* SPDX-License-Identifier: Apache-2.0 */
/* What the unit programs share. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <nexus/error.h>
#include <stdlib.h>
#include <string.h>

/* That a call failed as it should, down to the words. `where` and `message` NULL: not looked at. */
static inline void unit_expect(int code, const struct nexus_error *err, int wanted,
                               const char *where, const char *message)
{
    ck_assert_msg(code == wanted, "%s instead of %s: %s: %s", nexus_status_name(code),
                  nexus_status_name(wanted), err->where, err->message);
    ck_assert_int_eq(err->code, wanted);
    if (where)
        ck_assert_str_eq(err->where, where);
    if (message)
        ck_assert_str_eq(err->message, message);
}

/* That a call succeeded; says why not. */
static inline void unit_ok(int code, const struct nexus_error *err)
{
    ck_assert_msg(code == NEXUS_OK, "%s: %s: %s", nexus_status_name(code), err->where,
                  err->message);
}

static inline int unit_run(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    SRunner *runner;
    int failed;

    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The program's main(): UNIT_MAIN("token", first_test, second_test) */
#define UNIT_MAIN(name, ...)                                            \
    int main(void)                                                      \
    {                                                                   \
        const TTest *const tests[] = {__VA_ARGS__};                     \
        return unit_run(name, tests, sizeof(tests) / sizeof(tests[0])); \
    }

#endif
