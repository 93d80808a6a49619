/* SPDX-License-Identifier: Apache-2.0 */
/* What nexusctl says on standard error. */
#ifndef REPORT_H
#define REPORT_H

#include <nexus/nexus.h>

#include "command.h"

/* Prints "nexusctl: <where>: <message>" and, the first time for its code, what to do about it.
 * Returns the exit status that belongs to the code. */
int report(const struct nexus_error *err);

/* The same for one line of the input: "nexusctl: line 7: <where>: <message>". */
int report_line(size_t line, const struct nexus_error *err);

/* Prints "nexusctl: <text>". */
void report_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "nexusctl <command>: <text>" and how to get help. Returns CTL_USAGE. */
int report_usage(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Replaces the progress line at the bottom of the terminal; does nothing on anything else, and not
 * more often than a few times a second. Everything above clears it first. */
void report_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_progress_end(void);

#endif
