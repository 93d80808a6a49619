/* SPDX-License-Identifier: Apache-2.0 */
#include "merkle.h"

#include <string.h>

/* A way up: where a node is, and where its sibling is. A node without a sibling is its own parent:
 * RFC 9162 leaves the right edge of a tree shorter. */
struct climb {
    uint32_t number, last; /* on this level: the node, and the level's last one */
    unsigned level;
};

static size_t place(unsigned level, uint32_t number)
{
    return (size_t)(NX_MERKLE_NODES - (NX_MERKLE_NODES >> level)) + number;
}

/* Up past the levels without a sibling; false at the root. */
static bool find_sibling(struct climb *at)
{
    while (at->last && !(at->number & 1) && at->number == at->last) {
        at->number >>= 1;
        at->last >>= 1;
        at->level++;
    }
    return at->last != 0;
}

static void go_up(struct climb *at)
{
    at->number >>= 1;
    at->last >>= 1;
    at->level++;
}

static void hash_node(const unsigned char *left, const unsigned char *right, unsigned char *out)
{
    const struct nx_piece pair[] = {{"\1", 1}, {left, NX_HASH_SIZE}, {right, NX_HASH_SIZE}};

    nx_sha256(pair, sizeof(pair) / sizeof(pair[0]), out);
}

static void hash_up(const struct climb *at, const unsigned char *node, const unsigned char *sibling,
                    unsigned char *out)
{
    if (at->number & 1)
        hash_node(sibling, node, out);
    else
        hash_node(node, sibling, out);
}

void nx_merkle_leaf(const char *subject, const char *message_id, const void *body, size_t length,
                    unsigned char out[NX_HASH_SIZE])
{
    const struct nx_piece pieces[] = {{"", 1},   {subject, strlen(subject)},
                                      {"\n", 1}, {message_id, strlen(message_id)},
                                      {"\n", 1}, {body, length}};

    nx_sha256(pieces, sizeof(pieces) / sizeof(pieces[0]), out);
}

/* A level at a time; an odd node at the end is taken over as it is. */
void nx_merkle_build(struct nx_merkle *tree)
{
    unsigned level = 0;

    for (uint32_t count = tree->leaves; count > 1; count = (count + 1) / 2, level++)
        for (uint32_t i = 0; i < count; i += 2) {
            unsigned char *parent = tree->nodes[place(level + 1, i / 2)];
            if (i + 1 < count)
                hash_node(tree->nodes[place(level, i)], tree->nodes[place(level, i + 1)], parent);
            else
                memcpy(parent, tree->nodes[place(level, i)], NX_HASH_SIZE);
        }
}

static size_t root_place(uint32_t leaves)
{
    struct climb at = {0, leaves - 1, 0};

    while (at.last)
        go_up(&at);
    return place(at.level, 0);
}

const unsigned char *nx_merkle_root(const struct nx_merkle *tree)
{
    return tree->nodes[root_place(tree->leaves)];
}

unsigned nx_merkle_path(const struct nx_merkle *tree, uint32_t index,
                        unsigned char out[NX_MERKLE_DEPTH_MAX][NX_HASH_SIZE])
{
    struct climb at = {index, tree->leaves - 1, 0};
    unsigned count = 0;

    for (; find_sibling(&at); go_up(&at))
        memcpy(out[count++], tree->nodes[place(at.level, at.number ^ 1)], NX_HASH_SIZE);
    return count;
}

unsigned nx_merkle_path_length(uint32_t leaves, uint32_t index)
{
    struct climb at = {index, leaves - 1, 0};
    unsigned count = 0;

    for (; find_sibling(&at); go_up(&at))
        count++;
    return count;
}

void nx_merkle_climb(uint32_t leaves, uint32_t index, const unsigned char leaf[NX_HASH_SIZE],
                     const unsigned char (*path)[NX_HASH_SIZE], unsigned char root[NX_HASH_SIZE])
{
    struct climb at = {index, leaves - 1, 0};

    memcpy(root, leaf, NX_HASH_SIZE);
    for (; find_sibling(&at); go_up(&at))
        hash_up(&at, root, *path++, root);
}

/* ---- what is known of a tree */

static bool is_known(const struct nx_merkle *tree, size_t at)
{
    return tree->known[at / 64] >> (at % 64) & 1;
}

static void know(struct nx_merkle *tree, size_t at, const unsigned char *hash)
{
    tree->known[at / 64] |= (uint64_t)1 << (at % 64);
    memcpy(tree->nodes[at], hash, NX_HASH_SIZE);
}

void nx_merkle_know_root(struct nx_merkle *tree, const unsigned char root[NX_HASH_SIZE])
{
    know(tree, root_place(tree->leaves), root);
}

/* From a known node on, the siblings of all nodes above are known too: whatever made it known
 * climbed from there to the root. So the rest of the path is only compared. */
static bool rest_is_known(const struct nx_merkle *tree, struct climb at,
                          const unsigned char (*path)[NX_HASH_SIZE])
{
    for (; find_sibling(&at); go_up(&at), path++)
        if (memcmp(tree->nodes[place(at.level, at.number ^ 1)], *path, NX_HASH_SIZE) != 0)
            return false;
    return true;
}

static void learn(struct nx_merkle *tree, uint32_t index, unsigned char (*climbed)[NX_HASH_SIZE],
                  unsigned count, const unsigned char (*path)[NX_HASH_SIZE])
{
    struct climb at = {index, tree->leaves - 1, 0};

    for (unsigned i = 0; i < count && find_sibling(&at); i++, go_up(&at)) {
        know(tree, place(at.level, at.number), climbed[i]);
        know(tree, place(at.level, at.number ^ 1), path[i]);
    }
}

bool nx_merkle_proves(struct nx_merkle *tree, uint32_t index,
                      const unsigned char leaf[NX_HASH_SIZE],
                      const unsigned char (*path)[NX_HASH_SIZE])
{
    unsigned char climbed[NX_MERKLE_DEPTH_MAX + 1][NX_HASH_SIZE];
    struct climb at = {index, tree->leaves - 1, 0};
    unsigned count = 0;

    memcpy(climbed[0], leaf, NX_HASH_SIZE);
    for (; find_sibling(&at) && !is_known(tree, place(at.level, at.number)); go_up(&at), count++)
        hash_up(&at, climbed[count], path[count], climbed[count + 1]);
    if (memcmp(tree->nodes[place(at.level, at.number)], climbed[count], NX_HASH_SIZE) != 0 ||
        !rest_is_known(tree, at, path + count))
        return false;
    learn(tree, index, climbed, count, path);
    return true;
}
