/* SPDX-License-Identifier: Apache-2.0 */
/* Reads forgeries.tsv. */
#ifndef FORGERY_H
#define FORGERY_H

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORGERY_LINE 32768

struct forgery {
    char line[FORGERY_LINE];
    const char *name, *reason, *subject;
    const char *message_id, *signature, *capability; /* NULL: none */
    const char *second;                              /* a second signature header, or NULL */
    unsigned char body[FORGERY_LINE];
    size_t length;
};

static inline const char *forgery_cell(char **at)
{
    char *cell = strsep(at, "\t\n");

    if (!cell)
        abort();
    return strcmp(cell, "-") == 0 ? NULL : cell;
}

/* The next case; false at the end. */
static inline bool forgery_next(FILE *file, struct forgery *out)
{
    const char *body;
    char *at = out->line, *space;

    if (!fgets(out->line, sizeof out->line, file))
        return false;
    out->name = forgery_cell(&at);
    out->reason = forgery_cell(&at);
    out->subject = forgery_cell(&at);
    out->message_id = forgery_cell(&at);
    out->signature = forgery_cell(&at);
    out->capability = forgery_cell(&at);
    body = forgery_cell(&at);
    space = out->signature ? strchr(out->signature, ' ') : NULL;
    out->second = space ? space + 1 : NULL;
    if (space)
        *space = 0;
    if (!body || sodium_base642bin(out->body, sizeof out->body, body, strlen(body), NULL,
                                   &out->length, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        abort();
    return true;
}

#endif
