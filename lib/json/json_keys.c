/* SPDX-License-Identifier: Apache-2.0 */
/* Finding members that are named twice. An object is put into a hash table when it closes. Small
 * ones, the usual case, hash in a few instructions, and a peer who provokes collisions gains
 * nothing, since they are small. Large ones, and those with escaped names, hash under a random key.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bytes.h"
#include "json_reader.h"
#include "status.h"

#define SMALL_KEYS  64u
#define SMALL_SLOTS 128u

/* Open addressing, at most half full; a slot holds a key's node, 0 is free. */
struct table {
    struct nx_json_reader *reader;
    uint32_t *slots;
    uint32_t mask;
    struct nx_buf left; /* for unescaping two keys */
    struct nx_buf right;
};

struct key {
    const char *text;
    size_t length;
};

static struct key raw_key(const struct nx_json *json, uint32_t node)
{
    const struct nx_json_node *at = &json->nodes[node];
    struct key key = {json->text + at->start + 1, at->end - at->start - 2};

    return key;
}

/* The key as it is meant. False without memory. */
static bool meant_key(const struct nx_json *json, uint32_t node, struct nx_buf *buf,
                      struct key *out)
{
    *out = raw_key(json, node);
    if (!json->nodes[node].escaped)
        return true;
    nx_buf_reset(buf);
    if (!nx_buf_reserve(buf, out->length))
        return false;
    out->length = nx_json_unescape_all(out->text, out->text + out->length, buf->data);
    out->text = buf->data;
    return true;
}

/* Names often differ only in their last letters, which a product shows in its highest bits. */
static uint32_t quick_hash(const struct key *key)
{
    uint64_t word = key->length;

    if (key->length >= 8)
        word += nx_load8(key->text) * 31 + nx_load8(key->text + key->length - 8);
    else
        for (size_t i = 0; i < key->length; i++)
            word = word * 257 + (unsigned char)key->text[i];
    word *= 0x9e3779b97f4a7c15u;
    return (uint32_t)(word >> 32 ^ word >> 57);
}

static int reject_duplicate(struct nx_json_reader *reader, uint32_t key)
{
    reader->levels[reader->depth - 1].inside = key;
    return nx_json_reject(reader, reader->json->text + reader->json->nodes[key].start,
                          "duplicate member");
}

static int insert_quick(struct table *table, uint32_t node)
{
    const struct nx_json *json = table->reader->json;
    struct key key = raw_key(json, node);
    uint32_t at = quick_hash(&key) & table->mask;

    for (; table->slots[at]; at = (at + 1) & table->mask) {
        struct key other = raw_key(json, table->slots[at]);
        if (key.length == other.length && memcmp(key.text, other.text, key.length) == 0)
            return reject_duplicate(table->reader, node);
    }
    table->slots[at] = node;
    return 0;
}

static int insert_keyed(struct table *table, uint32_t node)
{
    struct nx_json_reader *reader = table->reader;
    unsigned char hash[crypto_shorthash_BYTES];
    struct key key;
    struct key other;
    uint32_t at;

    if (!meant_key(reader->json, node, &table->left, &key))
        return nx_no_memory(reader->err);
    crypto_shorthash(hash, (const unsigned char *)key.text, key.length, reader->seed);
    memcpy(&at, hash, sizeof(at));
    for (at &= table->mask; table->slots[at]; at = (at + 1) & table->mask) {
        if (!meant_key(reader->json, table->slots[at], &table->right, &other))
            return nx_no_memory(reader->err);
        if (key.length == other.length && memcmp(key.text, other.text, key.length) == 0)
            return reject_duplicate(reader, node);
    }
    table->slots[at] = node;
    return 0;
}

typedef int (*insert_key)(struct table *table, uint32_t node);

static int insert_all(struct table *table, uint32_t object, insert_key insert)
{
    const struct nx_json_node *nodes = table->reader->json->nodes;
    uint32_t key = object + 1;
    int code = 0;

    for (uint32_t i = 0; i < nodes[object].count && !code; i++) {
        code = insert(table, key);
        key = nodes[key + 1].next;
    }
    return code;
}

static bool has_escapes(const struct nx_json_node *nodes, uint32_t object)
{
    uint32_t key = object + 1;
    bool escaped = false;

    for (uint32_t i = 0; i < nodes[object].count; i++) {
        escaped |= nodes[key].escaped;
        key = nodes[key + 1].next;
    }
    return escaped;
}

static uint32_t table_size(uint32_t count)
{
    uint32_t size = 4;

    while (size < count * 2)
        size *= 2;
    return size;
}

static int check_keyed(struct table *table, uint32_t object)
{
    struct nx_json_reader *reader = table->reader;
    int code;

    _Static_assert(sizeof(reader->seed) == crypto_shorthash_KEYBYTES, "the size of a key");
    if (!reader->seeded && getrandom(reader->seed, sizeof(reader->seed), 0) < 0)
        return nx_fail(reader->err, NEXUS_E_INTERNAL, NULL, "no random numbers");
    reader->seeded = true;
    code = insert_all(table, object, insert_keyed);
    nx_buf_free(&table->left);
    nx_buf_free(&table->right);
    return code;
}

int nx_json_check_keys(struct nx_json_reader *reader, uint32_t object)
{
    const struct nx_json_node *nodes = reader->json->nodes;
    uint32_t count = nodes[object].count;
    uint32_t size = table_size(count);
    uint32_t slots[SMALL_SLOTS];
    struct table table = {reader, slots, size - 1, NX_BUF_INIT, NX_BUF_INIT};
    int code;

    if (count <= SMALL_KEYS) {
        memset(slots, 0, size * sizeof(*slots));
        return has_escapes(nodes, object) ? check_keyed(&table, object)
                                          : insert_all(&table, object, insert_quick);
    }
    table.slots = calloc(size, sizeof(*table.slots));
    if (!table.slots)
        return nx_no_memory(reader->err);
    code = check_keyed(&table, object);
    free(table.slots);
    return code;
}
