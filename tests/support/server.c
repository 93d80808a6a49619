/* SPDX-License-Identifier: Apache-2.0 */
#include "test_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_clock.h"
#include "test_socket.h"

#define START_MILLISECONDS 30000
#define PORT_ATTEMPTS      20

static void path_in(const struct test_server *server, const char *name, char path[TEST_PATH_SIZE])
{
    snprintf(path, TEST_PATH_SIZE, "%.*s/%s", TEST_PATH_SIZE - 64, server->directory, name);
}

bool test_server_write(struct test_server *server, const char *name, const char *text,
                       char path[TEST_PATH_SIZE])
{
    path_in(server, name, path);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        return false;
    }
    bool written = fputs(text, file) >= 0;
    return fclose(file) == 0 && written;
}

static bool write_config(struct test_server *server, char path[TEST_PATH_SIZE])
{
    char text[8192];
    int length =
        snprintf(text, sizeof text,
                 "listen: \"127.0.0.1:%d\"\n"
                 "server_name: test\n"
                 "jetstream {\n"
                 "  store_dir: \"%s/store\"\n"
                 "  max_memory_store: 2GB\n"
                 "  max_file_store: 8GB\n"
                 "}\n"
                 "%s\n",
                 server->port, server->directory, server->config != NULL ? server->config : "");
    return length > 0 && (size_t)length < sizeof text &&
           test_server_write(server, "server.conf", text, path);
}

static const char *server_program(void)
{
    const char *named = getenv("NATS_SERVER");
    if (named != NULL && named[0] != '\0') {
        return named;
    }
    /* Debian puts it where an ordinary user's PATH does not look. */
    return access("/usr/sbin/nats-server", X_OK) == 0 ? "/usr/sbin/nats-server" : "nats-server";
}

static void run_server(const char *config, const char *log)
{
    /* It must not outlive the test, however that ends. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null_fd = open("/dev/null", O_RDWR);
    int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (null_fd < 0 || log_fd < 0) {
        _exit(126);
    }
    dup2(null_fd, STDIN_FILENO);
    dup2(log_fd, STDOUT_FILENO);
    dup2(log_fd, STDERR_FILENO);
    execlp(server_program(), "nats-server", "-c", config, (char *)NULL);
    fprintf(stderr, "cannot run %s: %s\n", server_program(), strerror(errno));
    _exit(127);
}

static void show_log(const struct test_server *server)
{
    char path[TEST_PATH_SIZE];
    char line[1024];
    path_in(server, "server.log", path);
    FILE *log = fopen(path, "r");
    while (log != NULL && fgets(line, sizeof line, log) != NULL) {
        fprintf(stderr, "nats-server: %s", line);
    }
    if (log != NULL) {
        fclose(log);
    }
}

static bool has_exited(struct test_server *server)
{
    if (waitpid(server->pid, NULL, WNOHANG) != server->pid) {
        return false;
    }
    server->pid = 0;
    return true;
}

/* A server that has brought up JetStream greets with INFO; before that it does not listen. */
static bool wait_until_ready(struct test_server *server)
{
    int64_t deadline = test_now() + START_MILLISECONDS;
    while (test_now() < deadline) {
        if (has_exited(server)) {
            return false;
        }
        if (test_socket_greets(server->port, "INFO ")) {
            return true;
        }
        poll(NULL, 0, 10);
    }
    return false;
}

static bool launch(struct test_server *server)
{
    char config[TEST_PATH_SIZE];
    char log[TEST_PATH_SIZE];
    if (!write_config(server, config)) {
        return false;
    }
    path_in(server, "server.log", log);
    fflush(NULL);
    server->pid = fork();
    if (server->pid < 0) {
        server->pid = 0;
        return false;
    }
    if (server->pid == 0) {
        run_server(config, log);
    }
    return wait_until_ready(server);
}

bool test_server_start(struct test_server *server, const char *config)
{
    memset(server, 0, sizeof *server);
    if (!test_directory_new(server->directory)) {
        perror("temporary directory");
        return false;
    }
    server->config = config != NULL ? strdup(config) : NULL;
    for (int attempt = 0; attempt < PORT_ATTEMPTS; attempt++) {
        server->port = test_free_port();
        snprintf(server->url, sizeof server->url, "nats://127.0.0.1:%d", server->port);
        if (launch(server)) {
            return true;
        }
        if (server->pid != 0) {
            break; /* It runs but does not answer: another port will not help. */
        }
    }
    show_log(server);
    test_server_stop(server);
    return false;
}

static void end(struct test_server *server, int signal_number)
{
    if (server->pid == 0) {
        return;
    }
    kill(server->pid, signal_number);
    while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    server->pid = 0;
}

void test_server_kill(struct test_server *server)
{
    end(server, SIGKILL);
}

bool test_server_pause(struct test_server *server)
{
    int status = 0;
    if (server->pid <= 0 || kill(server->pid, SIGSTOP) != 0) {
        return false;
    }
    /* Until it has stopped, it may still answer. */
    while (waitpid(server->pid, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
    return WIFSTOPPED(status);
}

bool test_server_resume(struct test_server *server)
{
    return server->pid > 0 && kill(server->pid, SIGCONT) == 0;
}

bool test_server_restart(struct test_server *server)
{
    test_server_kill(server);
    if (launch(server)) {
        return true;
    }
    show_log(server);
    return false;
}

bool test_server_reconfigure(struct test_server *server, const char *config)
{
    char *copy = config != NULL ? strdup(config) : NULL;
    free(server->config);
    server->config = copy;
    return test_server_restart(server);
}

void test_server_stop(struct test_server *server)
{
    end(server, SIGKILL);
    if (server->directory[0] != '\0') {
        test_directory_remove(server->directory);
        server->directory[0] = '\0';
    }
    free(server->config);
    server->config = NULL;
}
