/* SPDX-License-Identifier: Apache-2.0 */
/* As much HTTP as an exporter needs: one POST, over a connection of its own. */
#ifndef HTTP_POST_H
#define HTTP_POST_H

#include <stdbool.h>
#include <stddef.h>

/* Posts JSON to "http://host:port" and a path; waits for the answer for at most five seconds for
 * each step. True when the answer's status was 200; else `problem` says what happened. */
bool http_post(const char *endpoint, const char *path, const char *body, size_t length,
               char problem[128]);

#endif
