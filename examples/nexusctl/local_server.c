/* SPDX-License-Identifier: Apache-2.0 */
#include "local_server.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../environment.h"
#include "command.h"
#include "report.h"

#define PATH_SIZE   4096
#define STEP_MS     20
#define PATIENCE_MS 20000

static void pause_ms(int milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    nanosleep(&time, NULL);
}

/* Debian keeps servers where users do not look. */
static bool find_program(char *out)
{
    const char *path = getenv("PATH");
    char list[PATH_SIZE + 64];

    snprintf(list, sizeof(list), "%.4000s:/usr/local/sbin:/usr/sbin:/sbin", path ? path : "");
    for (char *rest = NULL, *one = strtok_r(list, ":", &rest); one;
         one = strtok_r(NULL, ":", &rest)) {
        if (snprintf(out, PATH_SIZE, "%s/nats-server", one) < PATH_SIZE && access(out, X_OK) == 0)
            return true;
    }
    report_text("nats-server is not installed");
    fputs("  Debian, Ubuntu: sudo apt-get install nats-server; elsewhere the program of this name\n"
          "  from the NATS project, anywhere in PATH, or named with --server\n",
          stderr);
    return false;
}

/* In the child: signals of the terminal are the parent's business, and the parent's end is ours. */
static void become_server(const char *program, const char *directory, const char *port,
                          pid_t parent)
{
    char store[PATH_SIZE], log[PATH_SIZE];
    int null = open("/dev/null", O_RDWR);

    snprintf(store, sizeof(store), "%s/store", directory);
    snprintf(log, sizeof(log), "%s/server.log", directory);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    for (int fd = 0; fd < 3; fd++)
        dup2(null, fd);
    if (getppid() == parent)
        execl(program, "nats-server", "-a", "127.0.0.1", "-p", port, "-js", "-sd", store,
              "--ports_file_dir", directory, "-l", log, (char *)NULL);
    _exit(127);
}

static void find_ports_files(const char *directory, glob_t *found)
{
    char pattern[PATH_SIZE];

    snprintf(pattern, sizeof(pattern), "%s/*.ports", directory);
    memset(found, 0, sizeof(*found));
    glob(pattern, 0, NULL, found);
}

static void remove_ports_files(const char *directory)
{
    glob_t found;

    find_ports_files(directory, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        unlink(found.gl_pathv[i]);
    globfree(&found);
}

/* {"nats":["nats://127.0.0.1:4222"]}, once it is written to its end. */
static bool read_url(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    char text[1024];
    size_t length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
    const char *start;

    if (file)
        fclose(file);
    text[length] = 0;
    start = strstr(text, "nats://");
    if (!start || !strchr(start, '"') || (size_t)(strchr(start, '"') - start) >= size)
        return false;
    snprintf(out, size, "%.*s", (int)strcspn(start, "\""), start);
    return true;
}

static bool is_listening(struct local_server *server, const char *directory)
{
    glob_t found;
    bool listening;

    find_ports_files(directory, &found);
    listening = found.gl_pathc > 0 && read_url(found.gl_pathv[0], server->url, sizeof(server->url));
    globfree(&found);
    return listening;
}

/* The last line of its log that says what is wrong. */
static int report_log(const char *directory)
{
    char path[PATH_SIZE], line[1024], fatal[1024] = "its log does not say why";
    FILE *file;

    snprintf(path, sizeof(path), "%s/server.log", directory);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof(line), file)) {
        const char *mark = strstr(line, "[FTL] ");
        if (!mark)
            mark = strstr(line, "[ERR] ");
        if (mark)
            snprintf(fatal, sizeof(fatal), "%.*s", (int)strcspn(mark + 6, "\n"), mark + 6);
    }
    if (file)
        fclose(file);
    report_text("nats-server did not start: %s", fatal);
    fprintf(stderr, "  its log is %s%s\n", path,
            strstr(fatal, "in use") ? "; --port 0 takes a port that is free" : "");
    return CTL_FAILED;
}

bool local_server_has_ended(struct local_server *server)
{
    if (server->pid > 0 && waitpid(server->pid, NULL, WNOHANG) == server->pid)
        server->pid = 0;
    return server->pid == 0;
}

static int wait_until_listening(struct local_server *server, const char *directory)
{
    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        if (is_listening(server, directory))
            return CTL_OK;
        if (local_server_has_ended(server))
            return report_log(directory);
        pause_ms(STEP_MS);
    }
    local_server_stop(server);
    report_text("nats-server did not listen within %d s", PATIENCE_MS / 1000);
    return CTL_FAILED;
}

int local_server_start(struct local_server *server, const char *directory, int port,
                       const char *program)
{
    char found[PATH_SIZE], number[16];
    pid_t parent = getpid();

    *server = (struct local_server){.pid = 0};
    if (!program && !find_program(found))
        return CTL_FAILED;
    if (program && access(program, X_OK) != 0) {
        report_text("%s: %s", program, strerror(errno));
        return CTL_FAILED;
    }
    remove_ports_files(directory);
    snprintf(number, sizeof(number), "%d", port ? port : -1);
    fflush(stdout);
    server->pid = fork();
    if (server->pid == 0)
        become_server(program ? program : found, directory, number, parent);
    if (server->pid < 0) {
        server->pid = 0;
        report_text("cannot start a process: %s", strerror(errno));
        return CTL_FAILED;
    }
    return wait_until_listening(server, directory);
}

void local_server_stop(struct local_server *server)
{
    if (server->pid > 0)
        kill(server->pid, SIGTERM);
    for (int waited = 0; !local_server_has_ended(server); waited += STEP_MS) {
        if (waited >= PATIENCE_MS)
            kill(server->pid, SIGKILL);
        pause_ms(STEP_MS);
    }
}

void local_server_environment(const struct local_server *server)
{
    for (const struct environment_setting *at = environment_settings; at->variable; at++)
        if (strcmp(at->variable, "NEXUS_LOG") != 0)
            unsetenv(at->variable);
    setenv("NEXUS_URL", server->url, 1);
}
