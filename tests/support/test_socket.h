/* SPDX-License-Identifier: Apache-2.0 */
/* The little that tests need of TCP. */
#ifndef TEST_SOCKET_H
#define TEST_SOCKET_H

#include <stdbool.h>

/* Whether whoever listens on the loopback port says `greeting` first. */
bool test_socket_greets(int port, const char *greeting);

/* A socket that listens on a free loopback port but never answers; its port in `*port`. */
int test_socket_mute(int *port);

#endif
