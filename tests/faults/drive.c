/* SPDX-License-Identifier: Apache-2.0 */
#include "drive.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SETTINGS_MAX 64

static struct {
    const char *text;
    bool used;
} settings[SETTINGS_MAX];
static int setting_count;
static int journal_fd = -1;
static FILE *log_file;
static struct nexus_client *running;
static volatile sig_atomic_t stopped;

/* ---- settings */

void settings_read(int argc, char **argv)
{
    for (int i = 1; i < argc && setting_count < SETTINGS_MAX; i++)
        settings[setting_count++].text = argv[i];
}

const char *setting(const char *name, const char *otherwise)
{
    size_t length = strlen(name);

    for (int i = 0; i < setting_count; i++)
        if (strncmp(settings[i].text, name, length) == 0 && settings[i].text[length] == '=') {
            settings[i].used = true;
            return settings[i].text + length + 1;
        }
    return otherwise;
}

long setting_number(const char *name, long otherwise)
{
    const char *text = setting(name, NULL);
    return text ? strtol(text, NULL, 10) : otherwise;
}

void settings_check(void)
{
    for (int i = 0; i < setting_count; i++)
        if (!settings[i].used) {
            fprintf(stderr, "unknown setting: %s\n", settings[i].text);
            exit(2);
        }
}

/* ---- journal */

void journal_open(const char *path)
{
    journal_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (journal_fd < 0) {
        perror(path);
        exit(2);
    }
}

void journal(const char *format, ...)
{
    char line[8192];
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof(line) - 1)
        length = sizeof(line) - 2;
    line[length++] = '\n';
    if (write(journal_fd, line, (size_t)length) != length) {
        perror("journal");
        abort();
    }
}

long long monotonic(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

unsigned dice_roll(struct dice *dice, unsigned sides)
{
    dice->state = dice->state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(dice->state >> 33) % sides;
}

/* ---- events */

void event_make(const char *publisher, unsigned number, struct event *out)
{
    static const char *const tenants[EVENT_TENANTS] = {"salon-001", "cafe_7", "Plant-3", "shop-22",
                                                       "gym-5"};
    static const char *const channels[EVENT_CHANNELS] = {"bookingCreated", "paymentCompleted",
                                                         "orderCreated", "clientRegistered"};
    struct dice dice = {number * 2654435761ULL + 7};
    unsigned padding = dice_roll(&dice, 20) ? dice_roll(&dice, 300) : 1200;
    char text[1201];

    for (unsigned i = 0; i < padding; i++)
        text[i] = (char)('a' + dice_roll(&dice, 26));
    text[padding] = 0;
    snprintf(out->id, sizeof(out->id), "%.30s-%06u", publisher, number);
    out->tenant = tenants[number % EVENT_TENANTS];
    out->channel = channels[number / EVENT_TENANTS % EVENT_CHANNELS];
    snprintf(out->payload, sizeof(out->payload), "{\"id\":\"%s\",\"text\":\"%s\"}", out->id, text);
}

bool event_read(const char *payload, struct event *out)
{
    char publisher[31];
    unsigned number;

    if (sscanf(payload, "{\"id\":\"%30[a-z0-9]-%u\"", publisher, &number) != 2)
        return false;
    event_make(publisher, number, out);
    return strcmp(payload, out->payload) == 0;
}

/* ---- the client */

void drive_must(int status, const struct nexus_error *err, const char *what)
{
    if (status >= 0)
        return;
    fprintf(stderr, "%s: %s: %s: %s\n", what, nexus_status_name(status), err->where, err->message);
    exit(1);
}

static void on_log(enum nexus_log_level level, const char *line, void *data)
{
    (void)data;
    fprintf(log_file, "%lld %d %s\n", monotonic(), (int)level, line);
    fflush(log_file);
}

static void on_state(struct nexus_client *client, enum nexus_client_state state, const char *reason,
                     void *data)
{
    (void)client;
    (void)data;
    journal("C - %lld %s %s", monotonic(), nexus_client_state_name(state), reason ? reason : "");
}

struct nexus_client_options *drive_options(void)
{
    struct nexus_client_options *options = nexus_client_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *path = setting("log", "/dev/null");
    const char *user = setting("user", NULL);

    log_file = fopen(path, "a");
    if (!options || !log_file) {
        perror(path);
        exit(2);
    }
    drive_must(nexus_client_options_set_url(options, setting("url", NULL), &err), &err, "url");
    drive_must(
        nexus_client_options_set_service(options, setting("service", setting("name", NULL)), &err),
        &err, "service");
    drive_must(nexus_client_options_set_node(options, setting("name", NULL), &err), &err, "name");
    if (user)
        drive_must(nexus_client_options_set_user(options, user, setting("password", ""), &err),
                   &err, "user");
    drive_must(
        nexus_client_options_set_publish_deadline(options, setting_number("deadline", 60000), &err),
        &err, "deadline");
    drive_must(
        nexus_client_options_set_ack_timeout(options, setting_number("ack_timeout", 3000), &err),
        &err, "ack_timeout");
    drive_must(nexus_client_options_set_log(options, NEXUS_LOG_INFO, on_log, NULL, &err), &err,
               "log");
    drive_must(nexus_client_options_set_state_callback(options, on_state, NULL, &err), &err,
               "state");
    drive_must(nexus_client_options_set_wait_for_connection(options, false, &err), &err, "wait");
    return options;
}

struct nexus_client *drive_connect(struct nexus_client_options *options)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client;

    drive_must(nexus_client_new(options, &client, &err), &err, "connect");
    nexus_client_options_destroy(options);
    return client;
}

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
    nexus_client_stop(running);
}

void drive_stop_on_signal(struct nexus_client *client)
{
    struct sigaction action = {.sa_handler = on_signal};

    running = client;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

bool drive_stopped(void)
{
    return stopped != 0;
}

/* In kilobytes. Not getrusage(): its figure is inherited from whoever started us. */
static long most_memory(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kilobytes = 0;

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtol(line + 6, NULL, 10);
    if (file)
        fclose(file);
    return kilobytes;
}

void drive_finish(struct nexus_client *client)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    char *stats;

    drive_must(nexus_client_stats_json(client, &stats, &err), &err, "stats");
    journal("Z - %lld %ld %s", monotonic(), most_memory(), stats);
    nexus_free(stats);
}
