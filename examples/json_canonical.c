/* SPDX-License-Identifier: Apache-2.0 */
#include "json_text.h"

#include <stdlib.h>
#include <string.h>

static bool put_value(FILE *out, struct json_piece value);

/* Copies the digits of the mantissa without leading zeros; returns the power of ten of the last. */
static long collect_digits(struct json_piece number, char *digits, size_t *count)
{
    const char *end = number.text + number.length;
    bool fraction = false;
    long exponent = 0;

    *count = 0;
    for (const char *at = number.text; at < end; at++) {
        if (*at == 'e' || *at == 'E')
            return exponent + strtol(at + 1, NULL, 10);
        if (*at == '.')
            fraction = true;
        if (*at < '0' || *at > '9')
            continue;
        exponent -= fraction;
        if (*at != '0' || *count > 0)
            digits[(*count)++] = *at;
    }
    return exponent;
}

/* sign, digits without zeros at either end, power of ten: -12.50 is -125e-1. */
static bool put_number(FILE *out, struct json_piece number)
{
    char *text = json_copy(number); /* ends strtol at the end of the number */
    char *digits = malloc(number.length);
    size_t count = 0;

    if (text && digits) {
        long power = collect_digits((struct json_piece){text, number.length}, digits, &count);
        for (; count > 0 && digits[count - 1] == '0'; count--)
            power++;
        if (count == 0)
            fputc('0', out);
        else
            fprintf(out, "%s%.*se%ld", *text == '-' ? "-" : "", (int)count, digits, power);
    }
    free(text);
    free(digits);
    return text && digits;
}

static bool put_text(FILE *out, struct json_piece value)
{
    char *text = json_string(value);

    if (text)
        json_put_string(out, text);
    free(text);
    return text != NULL;
}

struct member {
    char *key;
    struct json_piece value;
};

static int by_key(const void *left, const void *right)
{
    return strcmp(((const struct member *)left)->key, ((const struct member *)right)->key);
}

/* The members of an object in an array of its own; false without memory. */
static bool list_members(struct json_piece object, struct member **list, size_t *count)
{
    struct json_piece key, value;

    while (json_next_member(&object, &key, &value)) {
        struct member *grown = realloc(*list, (*count + 1) * sizeof(**list));
        if (!grown)
            return false;
        *list = grown;
        grown[*count] = (struct member){json_string(key), value};
        if (!grown[(*count)++].key)
            return false;
    }
    return true;
}

static bool put_object(FILE *out, struct json_piece object)
{
    struct member *list = NULL;
    size_t count = 0;
    bool sound = list_members(object, &list, &count);

    if (sound && count > 0)
        qsort(list, count, sizeof(*list), by_key);
    fputc('{', out);
    for (size_t i = 0; sound && i < count; i++) {
        fputs(i ? "," : "", out);
        json_put_string(out, list[i].key);
        fputc(':', out);
        sound = put_value(out, list[i].value);
    }
    fputc('}', out);
    for (size_t i = 0; i < count; i++)
        free(list[i].key);
    free(list);
    return sound;
}

static bool put_array(FILE *out, struct json_piece array)
{
    struct json_piece value;

    fputc('[', out);
    for (const char *comma = ""; json_next_element(&array, &value); comma = ",") {
        fputs(comma, out);
        if (!put_value(out, value))
            return false;
    }
    fputc(']', out);
    return true;
}

static bool put_value(FILE *out, struct json_piece value)
{
    switch (value.text[0]) {
    case '{':
        return put_object(out, value);
    case '[':
        return put_array(out, value);
    case '"':
        return put_text(out, value);
    case 't':
    case 'f':
    case 'n':
        return fwrite(value.text, 1, value.length, out) == value.length;
    default:
        return put_number(out, value);
    }
}

char *json_canonical(const char *text)
{
    struct json_piece value;
    char *result = NULL;
    size_t size = 0;
    bool sound = json_value(text, strlen(text), &value);
    FILE *out = sound ? open_memstream(&result, &size) : NULL;

    if (!out)
        return NULL;
    sound = put_value(out, value);
    if (fclose(out) != 0 || !sound) {
        free(result);
        return NULL;
    }
    return result;
}
