/* SPDX-License-Identifier: Apache-2.0 */
/* A fuzz target is a function over bytes. With clang's libFuzzer it is driven by that; otherwise by
 * replay.c, which runs the corpus as a plain test. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold for every input. */
#define FUZZ_ASSERT(condition) \
    do {                       \
        if (!(condition))      \
            abort();           \
    } while (0)

/* A NUL-terminated copy of exactly that size, so that a sanitizer sees each byte too many. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_ASSERT(text);
    memcpy(text, data, size);
    text[size] = 0;
    return text;
}

#endif
