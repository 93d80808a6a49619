/* SPDX-License-Identifier: Apache-2.0 */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

/* Grows with the input: what is allowed may be much more than what there is. */
static char *read_all(FILE *file, size_t most, size_t *length)
{
    size_t room = most < 65536 ? most + 1 : 65536;
    char *text = malloc(room + 1);

    *length = 0;
    while (text) {
        char *grown;
        *length += fread(text + *length, 1, room - *length, file);
        if (*length < room || *length > most)
            return text;
        room = room > most / 2 ? most + 1 : 2 * room;
        grown = realloc(text, room + 1);
        if (!grown)
            free(text);
        text = grown;
    }
    return NULL;
}

static char *read_stream(FILE *file, const char *name, size_t most, size_t *length)
{
    char *text = read_all(file, most, length);

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
