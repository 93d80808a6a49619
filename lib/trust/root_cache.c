/* SPDX-License-Identifier: Apache-2.0 */
/* Trees whose roots were verified: one Ed25519 verification serves all events of a tree. */
#include <stdlib.h>
#include <string.h>

#include "checker.h"

/* The end of the signature: different for every tree. The text is longer than that. */
static uint64_t mark_of(const char *jws, size_t length)
{
    uint64_t mark;

    memcpy(&mark, jws + length - sizeof(mark), sizeof(mark));
    return mark;
}

static bool is_it(const struct nx_root *root, uint64_t mark, const char *jws, size_t length)
{
    return root && root->mark == mark && root->length == length &&
           memcmp(root->jws, jws, length) == 0;
}

struct nx_root *nx_roots_find(struct nx_checker *checker, const char *jws, size_t length)
{
    uint64_t mark = mark_of(jws, length);
    struct nx_root *found =
        is_it(checker->last_root, mark, jws, length) ? checker->last_root : NULL;

    for (int i = 0; !found && i < NX_ROOTS_MAX && checker->roots[i]; i++)
        if (is_it(checker->roots[i], mark, jws, length))
            found = checker->roots[i];
    if (found) {
        checker->last_root = found;
        found->used = ++checker->uses;
    }
    return found;
}

/* The place of the one that was not used for longest. */
static struct nx_root **oldest(struct nx_checker *checker)
{
    struct nx_root **place = &checker->roots[0];

    for (int i = 0; i < NX_ROOTS_MAX; i++) {
        if (!checker->roots[i])
            return &checker->roots[i];
        if (checker->roots[i]->used < (*place)->used)
            place = &checker->roots[i];
    }
    return place;
}

struct nx_root *nx_roots_add(struct nx_checker *checker, const char *jws, size_t length)
{
    struct nx_root **place = oldest(checker);
    char *copy = malloc(length);

    if (copy && !*place)
        *place = calloc(1, sizeof(**place));
    if (!copy || !*place) {
        free(copy);
        return NULL;
    }
    free((*place)->jws);
    memset((*place)->tree.known, 0, sizeof((*place)->tree.known));
    (*place)->jws = memcpy(copy, jws, length);
    (*place)->length = length;
    (*place)->mark = mark_of(jws, length);
    (*place)->used = ++checker->uses;
    checker->last_root = *place;
    return *place;
}

void nx_roots_forget(struct nx_checker *checker)
{
    for (int i = 0; i < NX_ROOTS_MAX; i++) {
        if (checker->roots[i])
            free(checker->roots[i]->jws);
        free(checker->roots[i]);
        checker->roots[i] = NULL;
    }
    checker->last_root = NULL;
}
