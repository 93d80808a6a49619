/* SPDX-License-Identifier: Apache-2.0 */
/* A trust store as a JWK Set file, a key in each line. */
#include "status.h"
#include "trust_set.h"

/* Patterns and ids contain nothing that JSON would escape. */
static void put_patterns(struct nx_buf *out, const char *name, const struct nx_patterns *patterns)
{
    if (!patterns->count)
        return;
    nx_buf_printf(out, ",\"%s\":[", name);
    for (unsigned i = 0; i < patterns->count; i++)
        nx_buf_printf(out, "%s\"%s\"", i ? "," : "", patterns->items[i]);
    nx_buf_putc(out, ']');
}

static void put_key(struct nx_buf *out, const struct nx_trust_key *key)
{
    nx_jwk_put(out, key->key.bytes, key->key.key_id);
    out->length -= out->failed ? 0 : 1; /* the brace */
    put_patterns(out, "nexus_subjects", &key->subjects);
    put_patterns(out, "nexus_grants", &key->grants);
    if (key->not_before != INT64_MIN)
        nx_buf_printf(out, ",\"nbf\":%lld", (long long)key->not_before);
    if (key->not_after != INT64_MAX)
        nx_buf_printf(out, ",\"exp\":%lld", (long long)key->not_after);
    nx_buf_putc(out, '}');
}

int nexus_trust_json(const struct nexus_trust *trust, char **out, struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT;
    struct nx_trust_set *set;
    uint64_t generation;
    int64_t ahead, late;

    if (!trust || !out)
        return nx_fail(err, NEXUS_E_INVALID, trust ? "out" : "trust", "is NULL");
    set = nx_trust_current((struct nexus_trust *)(uintptr_t)trust, &generation, &ahead, &late);
    nx_buf_puts(&text, "{\"keys\":[");
    for (size_t i = 0; i < set->key_count; i++) {
        nx_buf_puts(&text, i ? ",\n " : "\n ");
        put_key(&text, &set->keys[i]);
    }
    nx_buf_puts(&text, "\n],\n\"revoked\":[");
    for (size_t i = 0; i < set->revoked_count; i++)
        nx_buf_printf(&text, "%s\"%s\"", i ? "," : "", set->revoked[i].id);
    nx_buf_puts(&text, "]}\n");
    nx_trust_set_release(set);
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}
