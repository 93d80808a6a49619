/* SPDX-License-Identifier: Apache-2.0 */
/* What all setters of options share: checking a value, keeping a text. */
#ifndef NX_OPTION_VALUE_H
#define NX_OPTION_VALUE_H

#include <nexus/error.h>

/* The address of a member, or NULL when there is no object; the functions below then refuse. */
#define NX_SLOT(object, member) ((object) ? &(object)->member : NULL)

/* A check of one text: NEXUS_OK, or NEXUS_E_INVALID with `what` as `where`. */
typedef int (*nx_text_check)(const char *what, const char *text, struct nexus_error *err);

/* NEXUS_E_INVALID when there is no object to set an option of. */
int nx_option_object(const void *options, struct nexus_error *err);

/* NEXUS_E_INVALID, with both bounds in the message, when `value` is outside of them. */
int nx_option_range(const char *what, int64_t value, int64_t least, int64_t most,
                    struct nexus_error *err);
/* The same for a size, which may be above what an int64_t holds. */
int nx_option_size_range(const char *what, size_t value, size_t least, size_t most,
                         struct nexus_error *err);

/* Set a value, within bounds where it has some. */
int nx_option_bool(bool *slot, bool value, struct nexus_error *err);
int nx_option_int64(int64_t *slot, const char *what, int64_t value, int64_t least, int64_t most,
                    struct nexus_error *err);
int nx_option_unsigned(unsigned *slot, const char *what, unsigned value, unsigned least,
                       unsigned most, struct nexus_error *err);
int nx_option_size(size_t *slot, const char *what, size_t value, size_t least, size_t most,
                   struct nexus_error *err);

/* Replaces a text by a checked copy; NULL removes it. What was there is wiped. */
int nx_option_text(char **slot, const char *what, const char *text, nx_text_check check,
                   struct nexus_error *err);

/* The same for a text that is kept in place: `slot` has room for what passes the check. */
int nx_option_fixed(char *slot, const char *what, const char *text, nx_text_check check,
                    struct nexus_error *err);

/* Overwrites a text, frees it, sets it to NULL. */
void nx_option_wipe(char **slot);

/* Checks: a service or node name; a file's or directory's name; a text without control bytes, which
 * is never quoted. */
int nx_option_token(const char *what, const char *text, struct nexus_error *err);
int nx_option_path(const char *what, const char *text, struct nexus_error *err);
int nx_option_secret(const char *what, const char *text, struct nexus_error *err);

#endif
