/* SPDX-License-Identifier: Apache-2.0 */
/* Known seeds and their public keys, made with another implementation of NKeys. */
#include "nkey.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define SEED   "SUAD4RKMKNNGC2DPOZ6YJC4STGQKPLVVXTB4VUOY37TO35H3AIERAF4UDM"
#define PUBLIC "UBQEJAULHT5YVPRTY4EYNKKR765U5LX5Q5SPZQCT7FX5LUV64RXITAGF"

static char path[64];

static void write_seed(const char *text, size_t length)
{
    int fd;

    strcpy(path, "/tmp/nexus-nkey-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    close(fd);
}

static int derive(const char *text, char out[NX_NKEY_PUBLIC_SIZE], struct nexus_error *err)
{
    int code;

    write_seed(text, strlen(text));
    code = nx_nkey_public(path, out, err);
    unlink(path);
    return code;
}

START_TEST(derives_the_known_public_keys)
{
    static const struct {
        const char *seed, *public_key;
    } cases[] = {
        {"SUAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEQ",
         "UA5WUJ54Z23KILLCUOUNAKTPBVZWKMQVO4O6EQ5GHLAERIMLLHNCTYM5"},
        {"SUAP777777777777777777777777777777777777777777777777775UUA",
         "UB3KCWJAISTOJ5IREZN4U45GATMQWBJJ2HPWAK7DBIM2SJLWMDI7LRYD"},
        {SEED, PUBLIC},
        {"SUAF2ZDLOJ4YBB4OSWOKHKVRXC74NTOU3PROT4HX7YCQYEY2EEUC6NVGG4",
         "UCFXGGTD3WPEA5MAUVFY5FALN5UNA4UE2NMUDIWQHSBMY3PQU3AYJLVU"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char key[NX_NKEY_PUBLIC_SIZE];
        unit_ok(derive(cases[i].seed, key, &err), &err);
        ck_assert_str_eq(key, cases[i].public_key);
    }
}
END_TEST

START_TEST(finds_the_seed_among_other_lines)
{
    static const char *const texts[] = {
        SEED "\n",
        SEED "\r\n",
        "  " SEED "  \n\n",
        "-----BEGIN USER NKEY SEED-----\n" SEED "\n------END USER NKEY SEED------\n",
        "# till-2\n\n" SEED "\n# end",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char key[NX_NKEY_PUBLIC_SIZE];
        unit_ok(derive(texts[i], key, &err), &err);
        ck_assert_str_eq(key, PUBLIC);
    }
}
END_TEST

START_TEST(refuses_what_is_no_user_seed)
{
    static const char *const texts[] = {
        "",
        "\n\n",
        /* an account's seed */
        "SAAPEMK7C577VZ6PLXS35WEH4OU5GJO6AZCRSYWIIVFVRLWIKWWRPOFKIU",
        PUBLIC,
        SEED "A",
        "SUAD4RKMKNNGC2DPOZ6YJC4STGQKPLVVXTB4VUOY37TO35H3AIERAF4UD",
        "suad4rkmknngc2dpoz6yjc4stgqkplvvxtb4vuoy37to35h3aieraf4udm",
        /* one digit changed: the checksum */
        "SUAD4RKMKNNGC2DPOZ6YJC4STGQKPLVVXTB4VUOY37TO35H3AIERAF4UDN",
        "SUAD4RKMKNNGC2DPOZ6YJC4STGQKPLVVXTB4VUOY37TO35H3AIEQAF4UDM",
        /* digits that base32 does not have */
        "SUAD4RKMKNNGC2DPOZ6YJC4STGQKPLVVXTB4VUOY37TO35H3AIER0F4UDM",
        "SUAD4RKMKNNGC2DPOZ6YJC4STGQKPLVVXTB4VUOY37TO35H3AIER=F4UDM",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct nexus_error err = NEXUS_ERROR_INIT;
        char key[NX_NKEY_PUBLIC_SIZE] = "untouched", message[128];
        int code = derive(texts[i], key, &err);
        snprintf(message, sizeof(message), "%s does not hold a user's NKey seed", path);
        unit_expect(code, &err, NEXUS_E_IO, "nkey_file", message);
        ck_assert_str_eq(key, "untouched");
        ck_assert_int_eq(derive(texts[i], key, NULL), NEXUS_E_IO);
    }
}
END_TEST

START_TEST(reads_a_bounded_part_of_a_file)
{
    static char big[100000];
    struct nexus_error err = NEXUS_ERROR_INIT;
    char key[NX_NKEY_PUBLIC_SIZE];

    memset(big, '\n', sizeof(big));
    memcpy(big, SEED, sizeof(SEED) - 1);
    write_seed(big, sizeof(big));
    unit_ok(nx_nkey_public(path, key, &err), &err);
    ck_assert_str_eq(key, PUBLIC);
    unlink(path);

    memset(big, 'A', sizeof(big));
    memcpy(big + 50000, "\n" SEED "\n", sizeof(SEED) + 1);
    write_seed(big, sizeof(big));
    unit_expect(nx_nkey_public(path, key, &err), &err, NEXUS_E_IO, "nkey_file", NULL);
    unlink(path);
}
END_TEST

START_TEST(says_when_there_is_no_file)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char key[NX_NKEY_PUBLIC_SIZE];

    unit_expect(nx_nkey_public("/nonexistent/a.nk", key, &err), &err, NEXUS_E_NOT_FOUND,
                "nkey_file", "cannot read /nonexistent/a.nk: No such file or directory");
    unit_expect(nx_nkey_public("/tmp", key, &err), &err, NEXUS_E_IO, "nkey_file",
                "cannot read /tmp: Is a directory");
}
END_TEST

START_TEST(does_not_wait_for_a_pipe)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char directory[] = "/tmp/nexus-nkey-XXXXXX", pipe_path[64], key[NX_NKEY_PUBLIC_SIZE];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", directory);
    ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
    unit_expect(nx_nkey_public(pipe_path, key, &err), &err, NEXUS_E_IO, "nkey_file", NULL);
    unlink(pipe_path);
    rmdir(directory);
}
END_TEST

UNIT_MAIN("nkey", derives_the_known_public_keys, finds_the_seed_among_other_lines,
          refuses_what_is_no_user_seed, reads_a_bounded_part_of_a_file, says_when_there_is_no_file,
          does_not_wait_for_a_pipe)
