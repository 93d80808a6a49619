/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "channels.h"

const struct test_channel *test_channel_named(const char *name)
{
    for (size_t i = 0; i < test_channel_count; i++) {
        if (strcmp(test_channels[i].name, name) == 0) {
            return &test_channels[i];
        }
    }
    return NULL;
}
