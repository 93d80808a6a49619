/* SPDX-License-Identifier: Apache-2.0 */
/* Key material is nowhere but in the signer's own guarded memory while it lives, and nowhere at all
 * afterwards: every writable page of the process is searched, after the key has been read from
 * files of both kinds, used in every way, and failed with. */
#include <fcntl.h>
#include <nexus/nexus.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signer.h"
#include "unit.h"

#define NEEDLES 5
#define MASK    0x5a
#define HUGE    (1ul << 30) /* what sanitizers reserve, and never holds data of the program */

/* What must not be found, kept masked so that it is not found here. */
static struct {
    const char *what;
    unsigned char masked[64];
    size_t length;
} needles[NEEDLES];

static void remember(int i, const char *what, const void *bytes, size_t length)
{
    needles[i].what = what;
    needles[i].length = length;
    for (size_t at = 0; at < length; at++)
        needles[i].masked[at] = ((const unsigned char *)bytes)[at] ^ MASK;
}

/* Where pieces of the process's memory are looked at; the one place that is not searched. */
static unsigned char window[65536];

static bool matches(const unsigned char *at, int needle)
{
    for (size_t i = 0; i < needles[needle].length; i++)
        if ((at[i] ^ MASK) != needles[needle].masked[i])
            return false;
    return true;
}

static int count_in(size_t size, int needle)
{
    int count = 0;

    for (size_t at = 0; at + needles[needle].length <= size; at++)
        count += matches(window + at, needle);
    return count;
}

/* Piece by piece, through the kernel: some pages that are listed cannot be read, and then say so
 * instead of ending the program. Pieces overlap by what a needle may be cut by. */
static int count_between(int memory, unsigned long from, unsigned long to, int needle)
{
    unsigned long own = (unsigned long)(uintptr_t)window;
    size_t overlap = needles[needle].length - 1, step = sizeof(window) - overlap;
    int count = 0;

    for (; from < to; from += step) {
        size_t size = to - from < sizeof(window) ? to - from : sizeof(window);
        ssize_t got;
        if (from + size > own && from < own + sizeof(window)) {
            if (from < own)
                size = own - from; /* up to the window, then behind it */
            else
                continue;
        }
        got = pread(memory, window, size, (off_t)from);
        if (got > 0)
            count += count_in((size_t)got, needle);
    }
    sodium_memzero(window, sizeof(window));
    return count;
}

/* Every page that may be read, this thread's stack included. */
static int count_everywhere(int needle)
{
    static char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY), count = 0;

    ck_assert_ptr_nonnull(maps);
    ck_assert_int_ge(memory, 0);
    while (fgets(line, sizeof(line), maps)) {
        unsigned long from, to;
        char rights[5];
        ck_assert_int_eq(sscanf(line, "%lx-%lx %4s", &from, &to, rights), 3);
        if (rights[0] == 'r' && to - from < HUGE && !strstr(line, "[v"))
            count += count_between(memory, from, to, needle);
    }
    fclose(maps);
    close(memory);
    return count;
}

/* Makes a key and its files, and leaves no trace of it but the masked one. */
static __attribute__((noinline)) void prepare(const char *pem_path, const char *jwk_path)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    unsigned char *work = sodium_malloc(256);

    unit_ok(nexus_signer_generate("k", &signer, &err), &err);
    remember(0, "seed", signer->secret, 32);
    crypto_hash_sha512(work, signer->secret, 32);
    work[0] &= 248;
    work[31] = (unsigned char)((work[31] & 127) | 64);
    remember(1, "scalar", work, 32);
    remember(2, "prefix", work + 32, 32);
    sodium_bin2base64((char *)work, 256, signer->secret, 32,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    remember(3, "JWK", work, 43);
    nx_pem_write_private(signer->secret, (char *)work);
    remember(4, "PEM", work + 28 + 24, 40);
    unit_ok(nexus_signer_write(signer, NEXUS_KEY_PEM, pem_path, &err), &err);
    unit_ok(nexus_signer_write(signer, NEXUS_KEY_JWK, jwk_path, &err), &err);
    nexus_signer_destroy(signer);
    sodium_free(work);
}

static void use(struct nexus_signer *signer, const char *path)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char *text = NULL;

    for (int i = 0; i < 100; i++) {
        unit_ok(nexus_signer_sign(signer, "nexus.a.b", "id", "body", 4, &text, &err), &err);
        nexus_free(text);
    }
    unit_ok(nexus_signer_sign_file(signer, path, &text, &err), &err);
    nexus_free(text);
    unit_ok(nexus_signer_public(signer, NEXUS_KEY_JWK, &text, &err), &err);
    nexus_free(text);
}

static void expect(int needle, int most)
{
    int count = count_everywhere(needle);

    ck_assert_msg(count <= most, "%s is in memory %d times", needles[needle].what, count);
}

/* A file with something after the key: reading it fails late. */
static void spoil(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND);

    ck_assert_int_eq(write(fd, "x", 1), 1);
    close(fd);
}

START_TEST(keys_stay_in_their_place)
{
    char folder[] = "/tmp/nexus-memory-XXXXXX", pem[64], jwk[64];
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signers[2] = {NULL, NULL};

    ck_assert_int_ge(sodium_init(), 0);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(pem, sizeof(pem), "%s/pem", folder);
    snprintf(jwk, sizeof(jwk), "%s/jwk", folder);
    prepare(pem, jwk);
    unit_ok(nexus_signer_from_file(pem, NULL, &signers[0], &err), &err);
    unit_ok(nexus_signer_from_file(jwk, NULL, &signers[1], &err), &err);
    ck_assert_int_ge(count_everywhere(0), 2); /* the search finds what is there */
    for (int i = 0; i < 2; i++)
        use(signers[i], "/proc/self/exe");
    expect(0, 2);
    for (int i = 1; i < NEEDLES; i++)
        expect(i, 0);
    for (int i = 0; i < 2; i++)
        nexus_signer_destroy(signers[i]);
    spoil(pem);
    spoil(jwk);
    unit_expect(nexus_signer_from_file(pem, NULL, &signers[0], &err), &err, NEXUS_E_KEY, NULL,
                NULL);
    unit_expect(nexus_signer_from_file(jwk, NULL, &signers[1], &err), &err, NEXUS_E_KEY, NULL,
                NULL);
    for (int i = 0; i < NEEDLES; i++)
        expect(i, 0);
    unlink(pem);
    unlink(jwk);
    rmdir(folder);
}
END_TEST

UNIT_MAIN("memory", keys_stay_in_their_place)
