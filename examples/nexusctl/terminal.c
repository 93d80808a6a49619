/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "units.h"

bool terminal_is(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

bool terminal_coloured(void)
{
    static int answer = -1;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    if (answer < 0)
        answer = terminal_is() && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
    return answer == 1;
}

size_t terminal_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int64_t count;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    if (columns && parse_count(columns, 1, 100000, &count))
        return (size_t)count;
    return SIZE_MAX;
}

const char *terminal_style(enum style style)
{
    static const char *const sequences[] = {
        [STYLE_NONE] = "\033[0m",  [STYLE_BOLD] = "\033[1m",     [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m", [STYLE_WARNING] = "\033[33m", [STYLE_BAD] = "\033[31m",
    };

    return terminal_coloured() ? sequences[style] : "";
}
