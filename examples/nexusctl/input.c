/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static char *read_stream(FILE *file, const char *name, size_t most, size_t *length)
{
    char *text = malloc(most + 2);

    *length = text ? fread(text, 1, most + 1, file) : 0;
    if (!text || ferror(file) || *length > most) {
        report_text("%s: %s", name,
                    !text            ? "out of memory"
                    : *length > most ? "is too large"
                                     : strerror(errno));
        free(text);
        return NULL;
    }
    text[*length] = 0;
    return text;
}

char *input_read(const char *path, size_t most, size_t *length)
{
    FILE *file;
    char *text;

    if (!path || strcmp(path, "-") == 0)
        return read_stream(stdin, "standard input", most, length);
    file = fopen(path, "rb");
    if (!file) {
        report_text("cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    text = read_stream(file, path, most, length);
    fclose(file);
    return text;
}
