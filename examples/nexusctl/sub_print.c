/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../json_text.h"
#include "sub.h"

/* Colours help the eye on a terminal, and are in the way everywhere else. */
static bool coloured(void)
{
    static int answer = -1;

    if (answer < 0)
        answer = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    return answer == 1;
}

/* Text from the wire, made safe for a terminal and padded; its ASCII is all that is shown. */
static void put_column(const char *text, int width)
{
    for (; *text; text++, width--)
        fputc(*text > ' ' && *text < 0x7f ? *text : '?', stdout);
    while (width-- > 0)
        fputc(' ', stdout);
    fputs("  ", stdout);
}

static void put_time(int64_t nanoseconds)
{
    time_t seconds = (time_t)(nanoseconds / 1000000000);
    struct tm local;
    char text[32] = "";

    if (localtime_r(&seconds, &local))
        strftime(text, sizeof(text), "%d %b %H:%M:%S", &local);
    printf("%s.%03d  ", text, (int)(nanoseconds / 1000000 % 1000));
}

void sub_print(const struct nexus_delivery *delivery)
{
    const char *tenant = nexus_delivery_tenant(delivery);

    fputs(coloured() ? "\033[2m" : "", stdout);
    put_time(nexus_delivery_time(delivery));
    fputs(coloured() ? "\033[0;1m" : "", stdout);
    put_column(nexus_delivery_channel(delivery), 30);
    fputs(coloured() ? "\033[0m" : "", stdout);
    put_column(tenant ? tenant : "-", 14);
    json_put_line(stdout, nexus_delivery_payload(delivery));
    fputc('\n', stdout);
}
