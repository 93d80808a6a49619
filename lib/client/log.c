/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "client.h"

#define LINE_SIZE 1024

/* What peers and servers say may stand in a line: nothing in it may start another one. */
static void make_printable(char *line)
{
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
}

void nx_log(struct nexus_client *client, enum nexus_log_level level, const char *event,
            const char *format, ...)
{
    const struct nx_options *options = client->options;
    char line[LINE_SIZE];
    va_list arguments;
    int used;

    if (!options->log || level > options->log_level)
        return;
    used = snprintf(line, sizeof(line), "%s%s", event, *format ? " " : "");
    if (used < 0 || (size_t)used >= sizeof(line))
        return;
    va_start(arguments, format);
    vsnprintf(line + used, sizeof(line) - (size_t)used, format, arguments);
    va_end(arguments);
    make_printable(line);
    pthread_mutex_lock(&client->log_lock);
    options->log(level, line, options->log_data);
    pthread_mutex_unlock(&client->log_lock);
}
