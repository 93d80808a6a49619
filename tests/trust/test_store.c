/* SPDX-License-Identifier: Apache-2.0 */
/* Trust stores, patterns, hash trees, the memory of what was handled, and capability tokens. */
#include <inttypes.h>
#include <nexus/nexus.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "captoken.h"
#include "merkle.h"
#include "pattern.h"
#include "replay.h"
#include "unit.h"

START_TEST(patterns)
{
    static const struct {
        const char *outer, *inner;
        bool covers;
    } cases[] = {
        {"nexus.>", "nexus.a.b", true},         {"nexus.>", "nexus", false},
        {"nexus.*.b", "nexus.a.b", true},       {"nexus.*.b", "nexus.a.c", false},
        {"nexus.*", "nexus.a.b", false},        {"nexus.a.b", "nexus.a.b", true},
        {"nexus.a.b", "nexus.a.bc", false},     {"nexus.a.b", "nexus.a", false},
        {"nexus.a", "nexus.a.b", false},        {">", "nexus.a", true},
        {"nexus.a.>", "nexus.a.*", true},       {"nexus.a.*", "nexus.a.>", false},
        {"nexus.a.*", "nexus.a.*", true},       {"nexus.a.b", "nexus.a.*", false},
        {"nexus.*.>", "nexus.>", false},        {"nexus.>", "nexus.*.>", true},
        {"nexus.*.kb", "nexus.salon.>", false}, {"nexus.salon-001.>", "nexus.salon-0012.kb", false},
    };
    static const char *const unsound[] = {"",    ".",  "a.",   ".a",   "a..b", "a.>.b", ">.a",
                                          "a b", "a*", "a.b>", "a\"b", "a\\b", "a\nb"};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_msg(nx_pattern_covers(cases[i].outer, cases[i].inner) == cases[i].covers, "%s %s",
                      cases[i].outer, cases[i].inner);
    for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++)
        ck_assert_msg(!nx_pattern_sound(unsound[i], strlen(unsound[i])), "%s", unsound[i]);
}
END_TEST

/* ---- trees: every leaf of every size, from every side, with every single bit of doubt */

START_TEST(trees_of_every_size)
{
    for (uint32_t leaves = 1; leaves <= NX_MERKLE_LEAVES_MAX; leaves++) {
        struct nx_merkle tree = {.leaves = leaves}, known = {.leaves = leaves};
        for (uint32_t i = 0; i < leaves; i++)
            randombytes_buf(tree.nodes[i], NX_HASH_SIZE);
        nx_merkle_build(&tree);
        nx_merkle_know_root(&known, nx_merkle_root(&tree));
        for (uint32_t step = 0; step < leaves; step++) {
            uint32_t index = (step * 29 + 7) % leaves;
            unsigned char path[NX_MERKLE_DEPTH_MAX][NX_HASH_SIZE], root[NX_HASH_SIZE];
            unsigned char wrong[NX_HASH_SIZE];
            const unsigned char(*way)[NX_HASH_SIZE] = (const unsigned char(*)[NX_HASH_SIZE])path;
            unsigned count = nx_merkle_path(&tree, index, path);
            ck_assert_uint_eq(count, nx_merkle_path_length(leaves, index));
            nx_merkle_climb(leaves, index, tree.nodes[index], way, root);
            ck_assert_mem_eq(root, nx_merkle_root(&tree), NX_HASH_SIZE);
            for (int known_before = 0; known_before < 2; known_before++) {
                memcpy(wrong, tree.nodes[index], NX_HASH_SIZE);
                wrong[step % NX_HASH_SIZE] ^= 1;
                ck_assert(!nx_merkle_proves(&known, index, wrong, way));
                for (unsigned level = 0; level < count; level++) {
                    path[level][step % NX_HASH_SIZE] ^= 128;
                    ck_assert(!nx_merkle_proves(&known, index, tree.nodes[index], way));
                    path[level][step % NX_HASH_SIZE] ^= 128;
                }
                ck_assert(nx_merkle_proves(&known, index, tree.nodes[index], way));
            }
        }
    }
}
END_TEST

START_TEST(replays_within_bounds)
{
    struct nx_replay *replay = nx_replay_new(100, 10);
    const int64_t second = 1000000000;
    char id[32];

    ck_assert_ptr_nonnull(replay);
    ck_assert(!nx_replay_seen(replay, "a", 1, 0));
    ck_assert(!nx_replay_seen(replay, "a", 1, second));
    ck_assert(nx_replay_seen(replay, "a", 2, second));
    ck_assert(nx_replay_seen(replay, "a", 2, 10 * second));
    ck_assert(!nx_replay_seen(replay, "a", 2, 11 * second)); /* its time was over */
    for (uint64_t i = 0; i < 1000; i++) {
        snprintf(id, sizeof(id), "id-%" PRIu64, i);
        ck_assert(!nx_replay_seen(replay, id, i, 12 * second));
    }
    ck_assert(nx_replay_seen(replay, "id-900", 1, 12 * second));
    ck_assert(!nx_replay_seen(replay, "id-899", 1, 12 * second)); /* there were 100 after it */
    nx_replay_free(replay);
}
END_TEST

/* ---- stores */

#define KEY(kid, rest)                                                                 \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwI" \
    "aaPcHURo\",\"kid\":\"" kid "\"" rest "}"
#define ALL ",\"nexus_subjects\":[\"nexus.>\"]"

static char path[] = "/tmp/nexus-store-XXXXXX";

static void write_store(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(a_broken_file_changes_nothing)
{
    static const struct {
        const char *text, *where;
        int code;
    } broken[] = {
        {"", NULL, NEXUS_E_JSON},
        {"{\"keys\":[", NULL, NEXUS_E_JSON},
        {"{\"keys\":[],\"keys\":[]}", NULL, NEXUS_E_JSON},
        {"[]", "keys", NEXUS_E_KEY},
        {"{}", "keys", NEXUS_E_KEY},
        {"{\"keys\":{}}", "keys", NEXUS_E_KEY},
        {"{\"keys\":[1]}", "keys[0].key", NEXUS_E_KEY},
        {"{\"keys\":[" KEY("a", "") "]}", "keys[0].nexus_subjects", NEXUS_E_KEY},
        {"{\"keys\":[" KEY("a", ALL) "," KEY("a", ALL) "]}", "keys[1].a", NEXUS_E_CONFLICT},
        {"{\"keys\":[" KEY("a", ",\"nexus_subjects\":[\"a b\"]") "]}", "keys[0].nexus_subjects",
         NEXUS_E_KEY},
        {"{\"keys\":[" KEY("a", ",\"nexus_subjects\":\"a\"") "]}", "keys[0].nexus_subjects",
         NEXUS_E_KEY},
        {"{\"keys\":[" KEY("a", ALL ",\"exp\":\"1\"") "]}", "keys[0].exp", NEXUS_E_KEY},
        {"{\"keys\":[" KEY("a", ALL ",\"d\":\"x\"") "]}", "keys[0].d", NEXUS_E_KEY},
        {"{\"keys\":[],\"revoked\":[1]}", "revoked", NEXUS_E_KEY},
    };
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;

    close(mkstemp(path));
    write_store("{\"keys\":[" KEY("a", ALL) "],\"revoked\":[\"b\"]}");
    unit_ok(nexus_trust_load(path, &trust, &err), &err);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct nexus_trust *none = NULL;
        write_store(broken[i].text);
        unit_expect(nexus_trust_reload(trust, &err), &err, broken[i].code, broken[i].where, NULL);
        unit_expect(nexus_trust_load(path, &none, &err), &err, broken[i].code, broken[i].where,
                    NULL);
        ck_assert_ptr_null(none);
        ck_assert_uint_eq(nexus_trust_count(trust), 1);
    }
    unlink(path);
    unit_expect(nexus_trust_reload(trust, &err), &err, NEXUS_E_NOT_FOUND, "trust_file", NULL);
    ck_assert_uint_eq(nexus_trust_count(trust), 1);
    nexus_trust_destroy(trust);
}
END_TEST

START_TEST(what_the_program_added_outlives_a_reload)
{
    const char *subjects[] = {"nexus.>", NULL};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;

    rule.subjects = subjects;
    rule.key_id = "mine";
    strcpy(path, "/tmp/nexus-store-XXXXXX");
    close(mkstemp(path));
    write_store("{\"keys\":[" KEY("a", ALL) "," KEY("b", ALL) "]}");
    unit_ok(nexus_trust_load(path, &trust, &err), &err);
    unit_ok(nexus_trust_add(trust, KEY("x", ""), &rule, &err), &err);
    unit_expect(nexus_trust_add(trust, KEY("x", ""), &rule, &err), &err, NEXUS_E_CONFLICT, "mine",
                NULL);
    unit_ok(nexus_trust_revoke(trust, "a", &err), &err);
    ck_assert_uint_eq(nexus_trust_count(trust), 3);
    write_store("{\"keys\":[" KEY("a", ALL) "]}");
    unit_ok(nexus_trust_reload(trust, &err), &err);
    ck_assert_uint_eq(nexus_trust_count(trust), 2);
    ck_assert(nx_trust_set_revoked(trust->set, "a"));
    unit_ok(nexus_trust_remove(trust, "mine", &err), &err);
    unit_expect(nexus_trust_remove(trust, "mine", &err), &err, NEXUS_E_NOT_FOUND, "mine", NULL);
    nexus_trust_destroy(trust);
    unlink(path);
}
END_TEST

/* ---- tokens */

static struct nexus_signer *make_signer(const char *key_id)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;

    unit_ok(nexus_signer_generate(key_id, &signer, &err), &err);
    return signer;
}

static struct nexus_capability_grant grant_for(const struct nexus_signer *holder,
                                               const char *const *subjects)
{
    struct nexus_capability_grant grant = NEXUS_CAPABILITY_GRANT_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    static char keys[8][256];
    static int next;
    char *key = NULL;

    unit_ok(nexus_signer_public(holder, NEXUS_KEY_JWK, &key, &err), &err);
    snprintf(keys[next % 8], sizeof(keys[0]), "%s", key);
    nexus_free(key);
    grant.issuer = "core";
    grant.subject = "producer";
    grant.public_key = keys[next++ % 8];
    grant.subjects = subjects;
    grant.not_after = 4000000000;
    return grant;
}

START_TEST(tokens_are_narrowed_and_never_widened)
{
    const char *all[] = {"nexus.salon-001.>", NULL}, *one[] = {"nexus.salon-001.kb.*", NULL};
    const char *more[] = {"nexus.>", NULL}, *actions[] = {"publish", "grant", NULL};
    struct nexus_signer *core = make_signer("core"), *a = make_signer("a"), *b = make_signer("b");
    struct nexus_capability_grant grant = grant_for(a, all), narrow = grant_for(b, one);
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_trust *trust = NULL;
    char *token = NULL, *chain = NULL, *longer = NULL, *key = NULL, *text = NULL;

    unit_ok(nexus_trust_new(&trust, &err), &err);
    unit_ok(nexus_signer_public(core, NEXUS_KEY_JWK, &key, &err), &err);
    rule.grants = more;
    unit_ok(nexus_trust_add(trust, key, &rule, &err), &err);
    unit_ok(nexus_capability_issue(core, &grant, &token, &err), &err);
    unit_ok(nexus_capability_verify(token, trust, 0, &err), &err);
    unit_expect(nexus_capability_verify(token, trust, 4000000001, &err), &err, NEXUS_E_KEY,
                "capability", NULL);
    unit_expect(nexus_capability_verify(token, trust, 1, &err), &err, NEXUS_E_KEY, "capability",
                NULL);
    narrow.not_after = 0;
    unit_ok(nexus_capability_narrow(token, a, &narrow, &chain, &err), &err);
    unit_ok(nexus_capability_verify(chain, trust, 0, &err), &err);
    unit_ok(nexus_capability_inspect(chain, &text, &err), &err);
    ck_assert_ptr_nonnull(strstr(text, "\"subjects\":[\"nexus.salon-001.kb.*\"]"));
    nexus_free(text);
    unit_expect(nexus_capability_narrow(token, b, &narrow, &longer, &err), &err, NEXUS_E_KEY,
                "holder", NULL);
    narrow.subjects = more;
    unit_expect(nexus_capability_narrow(token, a, &narrow, &longer, &err), &err, NEXUS_E_INVALID,
                "subjects", NULL);
    narrow.subjects = one;
    narrow.actions = actions;
    unit_expect(nexus_capability_narrow(token, a, &narrow, &longer, &err), &err, NEXUS_E_INVALID,
                "actions", NULL);
    narrow.actions = NULL;
    narrow.not_after = 4000000001;
    unit_expect(nexus_capability_narrow(token, a, &narrow, &longer, &err), &err, NEXUS_E_INVALID,
                "exp", NULL);
    narrow.not_after = 0;
    for (int depth = 3; depth <= NEXUS_CAPABILITY_DEPTH; depth++) {
        unit_ok(nexus_capability_narrow(chain, b, &narrow, &longer, &err), &err);
        nexus_free(chain);
        chain = longer;
    }
    unit_ok(nexus_capability_verify(chain, trust, 0, &err), &err);
    unit_expect(nexus_capability_narrow(chain, b, &narrow, &longer, &err), &err, NEXUS_E_INVALID,
                "token", NULL);
    nexus_free(key);
    nexus_free(token);
    nexus_free(chain);
    nexus_trust_destroy(trust);
    nexus_signer_destroy(core);
    nexus_signer_destroy(a);
    nexus_signer_destroy(b);
}
END_TEST

UNIT_MAIN("store", patterns, trees_of_every_size, replays_within_bounds,
          a_broken_file_changes_nothing, what_the_program_added_outlives_a_reload,
          tokens_are_narrowed_and_never_widened)
