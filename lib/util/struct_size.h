/* SPDX-License-Identifier: Apache-2.0 */
/* The rule of public structs that the caller owns: `size` says what the caller knows of them. */
#ifndef NX_STRUCT_SIZE_H
#define NX_STRUCT_SIZE_H

#include <string.h>

#include "status.h"

/* Fills a caller's struct of `size` bytes from ours: as much as it has room for. A newer caller's
 * further bytes are set to zero. The caller's `size` member is left alone. NEXUS_E_INVALID when
 * `size` cannot be one: the caller has not initialized the struct. */
static inline int nx_struct_give(void *out, size_t size, const void *ours, size_t our_size,
                                 struct nexus_error *err)
{
    size_t shared = size < our_size ? size : our_size;

    if (size < 2 * sizeof(size_t) || size > 65536)
        return nx_fail(err, NEXUS_E_INVALID, "size",
                       "%zu is no size of this struct: initialize it with its INIT macro", size);
    memcpy((char *)out + sizeof(size_t), (const char *)ours + sizeof(size_t),
           shared - sizeof(size_t));
    if (size > our_size)
        memset((char *)out + our_size, 0, size - our_size);
    return NEXUS_OK;
}

/* Reads a caller's struct into ours of `our_size` bytes: members that an older caller does not have
 * are zero, and what a newer one has beyond must not be set. NEXUS_E_INVALID names `what`, the
 * argument. */
static inline int nx_struct_take(void *ours, size_t our_size, const void *theirs, const char *what,
                                 struct nexus_error *err)
{
    size_t size, shared;

    memcpy(&size, theirs, sizeof(size));
    if (size < 2 * sizeof(size) || size > 65536)
        return nx_fail(err, NEXUS_E_INVALID, what,
                       "%zu is no size of this struct: initialize it with its INIT macro", size);
    for (size_t i = our_size; i < size; i++)
        if (((const char *)theirs)[i])
            return nx_fail(err, NEXUS_E_INVALID, what,
                           "byte %zu is set, which this version does not know", i);
    shared = size < our_size ? size : our_size;
    memset(ours, 0, our_size);
    memcpy(ours, theirs, shared);
    memcpy(ours, &our_size, sizeof(our_size));
    return NEXUS_OK;
}

#endif
