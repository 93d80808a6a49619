/* SPDX-License-Identifier: Apache-2.0 */
/* Hash trees as RFC 9162 (2.1) has them, over SHA-256, for up to 64 events. */
#ifndef NX_MERKLE_H
#define NX_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

#define NX_MERKLE_LEAVES_MAX 64
#define NX_MERKLE_DEPTH_MAX  6
#define NX_MERKLE_NODES      128 /* all nodes of the largest tree, by level */

/* A tree, or what is known of one. The node of a level and number is at nx_merkle_place(). */
struct nx_merkle {
    uint32_t leaves;
    uint64_t known[NX_MERKLE_NODES / 64];
    unsigned char nodes[NX_MERKLE_NODES][NX_HASH_SIZE];
};

/* SHA-256 of 0, the subject, a line feed, the message id, a line feed, the body. */
void nx_merkle_leaf(const char *subject, const char *message_id, const void *body, size_t length,
                    unsigned char out[NX_HASH_SIZE]);

/* Fills in all nodes above the leaves, which are in nodes[0] and on. */
void nx_merkle_build(struct nx_merkle *tree);
const unsigned char *nx_merkle_root(const struct nx_merkle *tree);
/* The siblings of a leaf, from below; returns how many. The tree is complete. */
unsigned nx_merkle_path(const struct nx_merkle *tree, uint32_t index,
                        unsigned char out[NX_MERKLE_DEPTH_MAX][NX_HASH_SIZE]);
/* How many siblings a leaf of a tree of this size has. */
unsigned nx_merkle_path_length(uint32_t leaves, uint32_t index);

/* The root that a leaf and its path lead to. `count` is right for the tree. */
void nx_merkle_climb(uint32_t leaves, uint32_t index, const unsigned char leaf[NX_HASH_SIZE],
                     const unsigned char (*path)[NX_HASH_SIZE], unsigned char root[NX_HASH_SIZE]);

/* Whether leaf and path belong to a tree whose root is known, hashing only up to what is known of
 * it, and notes what this proves. The answer does not depend on what was known. */
bool nx_merkle_proves(struct nx_merkle *tree, uint32_t index,
                      const unsigned char leaf[NX_HASH_SIZE],
                      const unsigned char (*path)[NX_HASH_SIZE]);
/* Notes the root of a tree of which nothing else is known. */
void nx_merkle_know_root(struct nx_merkle *tree, const unsigned char root[NX_HASH_SIZE]);

#endif
