/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file base.h
 * Version, visibility and memory: what every other header of the library builds on.
 */
#ifndef NEXUS_BASE_H
#define NEXUS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEXUS_VERSION_MAJOR  1
#define NEXUS_VERSION_MINOR  0
#define NEXUS_VERSION_PATCH  0
#define NEXUS_VERSION_STRING "1.0.0"
#define NEXUS_VERSION_NUMBER \
    (NEXUS_VERSION_MAJOR * 1000000 + NEXUS_VERSION_MINOR * 1000 + NEXUS_VERSION_PATCH)

#if defined(__GNUC__)
#define NEXUS_API        __attribute__((visibility("default")))
#define NEXUS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define NEXUS_API
#define NEXUS_MUST_CHECK
#endif

#ifdef __cplusplus
#define NEXUS_BEGIN_DECLS extern "C" {
#define NEXUS_END_DECLS   }
#else
#define NEXUS_BEGIN_DECLS
#define NEXUS_END_DECLS
#endif

NEXUS_BEGIN_DECLS

/**
 * The version of the library that is running, as text ("1.0.0"). Static storage; any thread.
 * @since 1.0
 */
NEXUS_API const char *nexus_version(void);

/**
 * The version of the library that is running, as major * 1000000 + minor * 1000 + patch. Compare
 * it with NEXUS_VERSION_NUMBER to learn whether a newer header met an older library. Any thread.
 * @since 1.0
 */
NEXUS_API int nexus_version_number(void);

/**
 * Frees text that the library gave away through a `char **` output. NULL is allowed. Any thread.
 * @since 1.0
 */
NEXUS_API void nexus_free(void *text);

NEXUS_END_DECLS

#endif
