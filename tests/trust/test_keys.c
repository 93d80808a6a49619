/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in all their texts: the examples of the RFCs, files, and what is no key. */
#include <fcntl.h>
#include <nexus/nexus.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base64.h"
#include "checker.h"
#include "unit.h"

/* RFC 8037, appendix A. */
#define RFC_JWK                                                        \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuw" \
    "sxERJxWl7MmkZcDusAxyuf2A\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define RFC_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define RFC_PROTECTED  "eyJhbGciOiJFZERTQSJ9"
#define RFC_PAYLOAD    "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define RFC_SIGNATURE                                      \
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR" \
    "4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
#define RFC_SEED                                                                                   \
    "\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\x44\x49\xc5\x69\x7b\x32\x69" \
    "\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60"
#define NO_SIGNATURE                              \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
/* The same key as `openssl genpkey` would write it (RFC 8410, 10.3 has the form). */
#define RFC_PEM                                                          \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
    "-----END PRIVATE KEY-----\n"

static struct nexus_signer *from_text(const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;

    unit_ok(nexus_signer_from_text(text, strlen(text), NULL, &signer, &err), &err);
    return signer;
}

START_TEST(the_rfcs_examples)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    unsigned char bytes[NX_ED25519_SIGNATURE], expected[NX_ED25519_SIGNATURE + 2];
    struct nexus_signer *signers[3];
    const char *input = RFC_PROTECTED "." RFC_PAYLOAD;
    size_t size = 0;

    signers[0] = from_text(RFC_JWK);
    signers[1] = from_text(RFC_PEM);
    unit_ok(nexus_signer_from_seed(RFC_SEED, NULL, &signers[2], &err), &err);
    ck_assert(nx_base64url_read(RFC_SIGNATURE, strlen(RFC_SIGNATURE), expected, &size));
    for (int i = 0; i < 3; i++) {
        ck_assert_str_eq(nexus_signer_thumbprint(signers[i]), RFC_THUMBPRINT);
        ck_assert_str_eq(nexus_signer_key_id(signers[i]), RFC_THUMBPRINT);
        nx_signer_signature(signers[i], input, strlen(input), bytes);
        ck_assert_mem_eq(bytes, expected, sizeof(bytes));
        ck_assert(nx_ed25519_verify(bytes, input, strlen(input), signers[i]->public_key));
        nexus_signer_destroy(signers[i]);
    }
}
END_TEST

START_TEST(ids_are_the_callers_or_the_keys_or_the_thumbprint)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    const char *named = "{\"kid\":\"till-1\"," /* and the rest of the key */
                        "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7M"
                        "mkZcDusAxyuf2A\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}";

    signer = from_text(named);
    ck_assert_str_eq(nexus_signer_key_id(signer), "till-1");
    nexus_signer_destroy(signer);
    unit_ok(nexus_signer_from_text(named, strlen(named), "other", &signer, &err), &err);
    ck_assert_str_eq(nexus_signer_key_id(signer), "other");
    nexus_signer_destroy(signer);
    unit_expect(nexus_signer_generate("two words", &signer, &err), &err, NEXUS_E_INVALID, "key_id",
                NULL);
    ck_assert_ptr_null(signer);
}
END_TEST

#define X "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""
#define D "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\""
#define K "\"kty\":\"OKP\",\"crv\":\"Ed25519\","

START_TEST(what_is_no_private_key)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"", "key"},
        {"x", "key"},
        {"[]", "key"},
        {"{}", "kty"},
        {"{" K X "}", "d"},
        {"{" K D "}", "x"},
        {"{" K X "," D "," D "}", "key"},
        {"{" K X "," D "}x", "key"},
        {"{\"kty\":\"EC\",\"crv\":\"Ed25519\"," X "," D "}", "kty"},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\"," X "," D "}", "crv"},
        {"{" K X "," D ",\"alg\":\"HS256\"}", "alg"},
        {"{" K X "," D ",\"use\":\"enc\"}", "use"},
        {"{" K X "," D ",\"kid\":\"a b\"}", "kid"},
        {"{" K X ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2B\"}", "d"},
        {"{" K X ",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=\"}", "d"},
        {"{" K X ",\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", "x"},
        {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", "key"},
        {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v", "key"},
        {"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMc"
         "rn9g\n-----END PRIVATE KEY-----\n", /* X25519 */
         "key"},
        {RFC_PEM RFC_PEM, "key"},
        {"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n-----END ENCRYPTED PRIVATE KEY-----\n",
         "key"},
        {"-----BEGIN PUBLIC "
         "KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
         "-----END PUBLIC KEY-----\n",
         "key"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nexus_signer *signer = NULL;
        int code =
            nexus_signer_from_text(cases[i].text, strlen(cases[i].text), NULL, &signer, &err);
        unit_expect(code, &err, NEXUS_E_KEY, cases[i].where, NULL);
        ck_assert_ptr_null(signer);
        ck_assert_ptr_null(strstr(err.message, "nWGx"));
    }
}
END_TEST

/* Public keys that verify what nobody signed, or that have several spellings. */
START_TEST(unsound_public_keys)
{
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0200000000000000000000000000000000000000000000000000000000000000",
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
        const char *subjects[] = {"nexus.>", NULL};
        struct nexus_error err = NEXUS_ERROR_INIT;
        struct nexus_trust *trust = NULL;
        unsigned char bytes[32];
        char jwk[128] = "{" K "\"x\":\"";
        size_t length = strlen(jwk);
        ck_assert_int_eq(sodium_hex2bin(bytes, 32, keys[i], 64, NULL, NULL, NULL), 0);
        ck_assert(!nx_ed25519_key_sound(bytes));
        length += nx_base64url_write(jwk + length, bytes, 32);
        memcpy(jwk + length, "\"}", 3);
        unit_ok(nexus_trust_new(&trust, &err), &err);
        rule.subjects = subjects;
        unit_expect(nexus_trust_add(trust, jwk, &rule, &err), &err, NEXUS_E_KEY, "x", NULL);
        nexus_trust_destroy(trust);
    }
}
END_TEST

/* ---- files */

static char folder[] = "/tmp/nexus-keys-XXXXXX";
static char path[64];

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

START_TEST(files_that_others_may_read_are_refused)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0777, 0620, 0610};
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    char command[128];

    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        write_file(RFC_PEM, modes[i]);
        unit_expect(nexus_signer_from_file(path, NULL, &signer, &err), &err, NEXUS_E_KEY,
                    "key_file", NULL);
        snprintf(command, sizeof(command), "chmod 600 %s", path);
        ck_assert_ptr_nonnull(strstr(err.message, command));
    }
    write_file(RFC_PEM, 0400);
    unit_ok(nexus_signer_from_file(path, NULL, &signer, &err), &err);
    ck_assert_str_eq(nexus_signer_key_id(signer), RFC_THUMBPRINT);
    nexus_signer_destroy(signer);
    unit_expect(nexus_signer_from_file("/nonexistent/key", NULL, &signer, &err), &err,
                NEXUS_E_NOT_FOUND, "key_file", NULL);
    unit_expect(nexus_signer_from_file("/tmp", NULL, &signer, &err), &err, NEXUS_E_IO, "key_file",
                NULL);
}
END_TEST

START_TEST(what_is_written_is_read_again_and_nothing_is_overwritten)
{
    static const enum nexus_key_format formats[] = {NEXUS_KEY_JWK, NEXUS_KEY_PEM};
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL, *again = NULL;
    struct stat status;

    unit_ok(nexus_signer_generate(NULL, &signer, &err), &err);
    for (int i = 0; i < 2; i++) {
        unlink(path);
        unit_ok(nexus_signer_write(signer, formats[i], path, &err), &err);
        ck_assert_int_eq(stat(path, &status), 0);
        ck_assert_int_eq(status.st_mode & 0777, 0600);
        unit_ok(nexus_signer_from_file(path, NULL, &again, &err), &err);
        ck_assert_mem_eq(signer->secret, again->secret, NX_ED25519_SECRET);
        nexus_signer_destroy(again);
        unit_expect(nexus_signer_write(signer, formats[i], path, &err), &err, NEXUS_E_CONFLICT,
                    "path", NULL);
    }
    nexus_signer_destroy(signer);
}
END_TEST

/* ---- signatures over files: the same as libsodium's over the same bytes in memory */

START_TEST(files_are_signed_as_plain_ed25519)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 65535, 65536, 65537, 300000};
    const char *subjects[] = {"nexus._core.module.updated", NULL};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = from_text(RFC_PEM);
    struct nexus_trust *trust = NULL;
    static unsigned char content[300000];
    char *key = NULL;

    rule.subjects = subjects;
    unit_ok(nexus_trust_new(&trust, &err), &err);
    unit_ok(nexus_signer_public(signer, NEXUS_KEY_PEM, &key, &err), &err);
    unit_ok(nexus_trust_add(trust, key, &rule, &err), &err);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        unsigned char expected[64];
        char text[89], *made = NULL;
        FILE *file = fopen(path, "w");
        randombytes_buf(content, sizes[i]);
        ck_assert_uint_eq(fwrite(content, 1, sizes[i], file), sizes[i]);
        fclose(file);
        crypto_sign_detached(expected, NULL, content, sizes[i], signer->secret);
        text[nx_base64_write(text, expected, 64)] = 0;
        unit_ok(nexus_signer_sign_file(signer, path, &made, &err), &err);
        ck_assert_str_eq(made, text);
        unit_ok(nexus_trust_check_file(trust, path, made, NULL, &err), &err);
        unit_ok(nexus_trust_check_file(trust, path, made, RFC_THUMBPRINT, &err), &err);
        unit_expect(nexus_trust_check_file(trust, path, made, "other", &err), &err, NEXUS_E_KEY,
                    "other", NULL);
        made[3] = made[3] == 'A' ? 'B' : 'A';
        unit_expect(nexus_trust_check_file(trust, path, made, NULL, &err), &err, NEXUS_E_SIGNATURE,
                    "signature", NULL);
        memcpy(made, text, 89);
        file = fopen(path, "a");
        fputc('x', file);
        fclose(file);
        unit_expect(nexus_trust_check_file(trust, path, made, NULL, &err), &err, NEXUS_E_SIGNATURE,
                    "signature", NULL);
        nexus_free(made);
    }
    unit_expect(nexus_trust_check_file(trust, path, "short", NULL, &err), &err, NEXUS_E_SIGNATURE,
                "signature", NULL);
    unit_ok(nexus_trust_revoke(trust, RFC_THUMBPRINT, &err), &err);
    unit_expect(nexus_trust_check_file(trust, path, NO_SIGNATURE, NULL, &err), &err, NEXUS_E_KEY,
                "key", NULL);
    nexus_free(key);
    nexus_trust_destroy(trust);
    nexus_signer_destroy(signer);
}
END_TEST

static void make_folder(void)
{
    ck_assert_int_ge(sodium_init(), 0);
    strcpy(folder, "/tmp/nexus-keys-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    Suite *suite = suite_create("keys");
    TCase *tcase = tcase_create("keys");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_add_test(tcase, the_rfcs_examples);
    tcase_add_test(tcase, ids_are_the_callers_or_the_keys_or_the_thumbprint);
    tcase_add_test(tcase, what_is_no_private_key);
    tcase_add_test(tcase, unsound_public_keys);
    tcase_add_test(tcase, files_that_others_may_read_are_refused);
    tcase_add_test(tcase, what_is_written_is_read_again_and_nothing_is_overwritten);
    tcase_add_test(tcase, files_are_signed_as_plain_ed25519);
    tcase_set_timeout(tcase, 300);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
