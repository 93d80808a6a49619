/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* What a code means for the exit status, and what the user can do. */
static const struct {
    int code;
    int status;
    const char *hint;
} advice[] = {
    {NEXUS_E_INVALID, CTL_USAGE, NULL},
    {NEXUS_E_CONNECT, CTL_CONNECTION,
     "is a server running there? `nats-server -js` starts one; NEXUS_URL or --url names another"},
    {NEXUS_E_AUTH, CTL_CONNECTION,
     "set NEXUS_CREDS, NEXUS_NKEY, NEXUS_USER and NEXUS_PASSWORD, or NEXUS_TOKEN"},
    {NEXUS_E_CLOSED, CTL_CONNECTION, "the connection ended before the work was done"},
    {NEXUS_E_UNSUPPORTED, CTL_CONNECTION, "JetStream is needed: start the server with -js"},
    {NEXUS_E_TIMEOUT, CTL_NOTHING, "the outcome is unknown: it may have been done all the same"},
    {NEXUS_E_CHANNEL, CTL_FAILED, "`nexusctl channels` lists the channels"},
    {NEXUS_E_VALIDATION, CTL_FAILED, "`nexusctl channels CHANNEL` shows what its payload must be"},
    {NEXUS_E_NO_STREAM, CTL_FAILED, "`nexusctl provision` creates the stream"},
    {NEXUS_E_PERMISSION, CTL_FAILED,
     "these credentials may not do that; the server's operator can "
     "grant it, or NEXUS_CREDS name others"},
};

static bool progress_shown;

static void clear_progress(void)
{
    if (progress_shown)
        fputs("\r\033[K", stderr);
    progress_shown = false;
}

static int status_of(int code, const char **hint)
{
    static bool told[sizeof(advice) / sizeof(advice[0])];

    for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
        if (advice[i].code != code)
            continue;
        *hint = told[i] ? NULL : advice[i].hint;
        told[i] = true;
        return advice[i].status;
    }
    *hint = NULL;
    return CTL_FAILED;
}

static int report_where(const char *prefix, const struct nexus_error *err)
{
    const char *hint;
    int status = status_of(err->code, &hint);
    const char *message = *err->message ? err->message : nexus_status_text(err->code);

    clear_progress();
    fprintf(stderr, "nexusctl: %s%s%s%s\n", prefix, err->where, *err->where ? ": " : "", message);
    if (hint)
        fprintf(stderr, "  %s\n", hint);
    return status;
}

int report(const struct nexus_error *err)
{
    return report_where("", err);
}

int report_line(size_t line, const struct nexus_error *err)
{
    char prefix[40];

    snprintf(prefix, sizeof(prefix), "line %zu: ", line);
    return report_where(prefix, err);
}

void report_text(const char *format, ...)
{
    va_list arguments;

    clear_progress();
    fputs("nexusctl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

int report_usage(const struct command *command, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "nexusctl %s: ", command->name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n  usage: nexusctl %s %s\n  `nexusctl %s --help` explains\n", command->name,
            command->arguments, command->name);
    return CTL_USAGE;
}

/* Whether a fifth of a second has passed since the last time that it had. */
static bool progress_is_due(void)
{
    static struct timespec last;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 < 200)
        return false;
    last = now;
    return true;
}

void report_progress(const char *format, ...)
{
    va_list arguments;

    if (!isatty(STDERR_FILENO) || !progress_is_due())
        return;
    clear_progress();
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
    progress_shown = true;
}

void report_progress_end(void)
{
    clear_progress();
}
