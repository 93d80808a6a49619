/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "../json_text.h"
#include "sub.h"
#include "terminal.h"

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

    fputs(terminal_style(STYLE_DIM), stdout);
    put_time(nexus_delivery_time(delivery));
    fputs(terminal_style(STYLE_NONE), stdout);
    fputs(terminal_style(STYLE_BOLD), stdout);
    put_column(nexus_delivery_channel(delivery), 30);
    fputs(terminal_style(STYLE_NONE), stdout);
    put_column(tenant ? tenant : "-", 14);
    json_put_line(stdout, nexus_delivery_payload(delivery));
    fputc('\n', stdout);
}
