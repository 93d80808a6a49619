/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for names. */
#ifndef NX_RANDOM_H
#define NX_RANDOM_H

#include <stddef.h>

/* Unpredictable bytes, from a buffer that each thread has, so that one event does not cost several
 * system calls. After fork() the child starts with a fresh buffer. For ids, not for keys: bytes
 * wait in memory before they are handed out. Any thread. */
void nx_random(void *out, size_t length);

#endif
