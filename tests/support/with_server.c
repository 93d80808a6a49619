/* SPDX-License-Identifier: Apache-2.0 */
/* with_server [-c CONFIG-FILE] COMMAND [ARGUMENT…]: runs a command beside a fresh nats-server,
 * whose address is in NEXUS_URL, and exits with the command's status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test_server.h"

static char *read_text(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static int run(char **command, const char *url)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        setenv("NEXUS_URL", url, 1);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return 126;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    struct test_server server;
    char *config = NULL;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "-c") == 0) {
        config = read_text(argv[2]);
        first = 3;
    }
    if (argc <= first || (first == 3 && config == NULL)) {
        fprintf(stderr, "usage: with_server [-c CONFIG-FILE] COMMAND [ARGUMENT...]\n");
        return 2;
    }
    if (!test_server_start(&server, config)) {
        return 125;
    }
    int status = run(argv + first, server.url);
    test_server_stop(&server);
    return status;
}
