/* SPDX-License-Identifier: Apache-2.0 */
/* A server for development: started, provisioned, with keys, and watched until Ctrl-C. */
#include "dev.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "../json_text.h"
#include "command.h"
#include "local_server.h"
#include "report.h"
#include "sub.h"
#include "tree.h"
#include "units.h"

static const char about[] =
    "Starts a nats-server with JetStream on the loopback address, with its files in ./.nexus,\n"
    "creates the stream, a signing key and a trust store, prints the environment for other\n"
    "terminals, and then shows every event until Ctrl-C, which ends the server as well. What\n"
    "was stored stays for the next time.\n";

static const char notes[] =
    "The key may publish everything, and is for development only. Unsigned events are shown\n"
    "here; a program that takes NEXUS_TRUST from the environment refuses them, unless\n"
    "NEXUS_TRUST_POLICY=permit.\n";

static const char examples[] =
    "  nexusctl dev\n"
    "  . .nexus/env && nexusctl pub agentDream '{}'    # in another terminal\n"
    "  nexusctl dev --port 0 --clean --json\n";

enum { CLEAN = 256, SERVER };

static const struct command_option options[] = {
    {'d', "directory", "DIR", "where its files are (default .nexus)"},
    {'p', "port", "N", "the port (default 4222); 0: any that is free"},
    {CLEAN, "clean", NULL, "forget the events of earlier runs"},
    {SERVER, "server", "FILE", "the nats-server program"},
    {'q', "quiet", NULL, "do not show events"},
    {0, NULL, NULL, NULL},
};

struct dev {
    struct dev_files files;
    struct local_server server;
    const char *directory;
    const char *program;
    int64_t port;
    bool clean;
    bool quiet;
};

static int take_option(struct dev *dev, int option)
{
    switch (option) {
    case 'd':
        dev->directory = optarg;
        return CTL_OK;
    case 'p':
        return parse_count(optarg, 0, 65535, &dev->port)
                   ? CTL_OK
                   : report_usage(&dev_command, "--port %s: not a port", optarg);
    case CLEAN:
        dev->clean = true;
        return CTL_OK;
    case SERVER:
        dev->program = optarg;
        return CTL_OK;
    case 'q':
        dev->quiet = true;
        return CTL_OK;
    default:
        return CTL_USAGE;
    }
}

static void announce_json(const struct dev *dev)
{
    const struct dev_files *files = &dev->files;
    const char *const texts[] = {"{\"url\":",
                                 dev->server.url,
                                 ",\"directory\":",
                                 files->directory,
                                 ",\"environment\":{\"NEXUS_URL\":",
                                 dev->server.url,
                                 ",\"NEXUS_SIGNING_KEY\":",
                                 files->key,
                                 ",\"NEXUS_TRUST\":",
                                 files->trust};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i += 2) {
        fputs(texts[i], stdout);
        json_put_string(stdout, texts[i + 1]);
    }
    puts("}}");
}

static void announce(const struct dev *dev)
{
    if (command_json()) {
        announce_json(dev);
    } else {
        printf("nats-server is at %s, its files in %s\n\nFor other terminals:\n\n", dev->server.url,
               dev->files.directory);
        dev_put_environment(stdout, &dev->files, dev->server.url, "  ");
        printf("\nor  . %s\n\nEvents are shown here; Ctrl-C ends the server.\n\n",
               dev->files.environment);
    }
    fflush(stdout);
}

static bool has_ended(void *data)
{
    struct dev *dev = data;

    return local_server_has_ended(&dev->server);
}

/* Shows what is published from now on, whoever signed it. */
static int follow(struct dev *dev, struct nexus_client *client)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct sub sub = {.client = client,
                      .options = nexus_subscribe_options_new(),
                      .json = command_json(),
                      .pretty = true,
                      .quiet = true,
                      .silent = dev->quiet,
                      .over = has_ended,
                      .over_data = dev};
    int status;

    if (!sub.options)
        return report(&(struct nexus_error){.code = NEXUS_E_MEMORY});
    status = nexus_subscribe_options_set_start(sub.options, NEXUS_START_NEW, 0, &err)
                 ? report(&err)
                 : sub_watch(&sub);
    nexus_subscribe_options_destroy(sub.options);
    if (!status && local_server_has_ended(&dev->server)) {
        report_text("nats-server has ended; its log is %s/server.log", dev->files.directory);
        status = CTL_FAILED;
    }
    return status;
}

static int serve(struct dev *dev)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client;
    int status = CTL_OK;

    local_server_environment(&dev->server);
    setenv("NEXUS_TRUST", dev->files.trust, 1);
    setenv("NEXUS_TRUST_POLICY", "permit", 1);
    client = ctl_connect(&status);
    if (client && nexus_provision(client, NULL, NULL, &err))
        status = report(&err);
    if (!status)
        status = dev_write_environment(&dev->files, dev->server.url);
    if (!status) {
        announce(dev);
        status = follow(dev, client);
    }
    nexus_client_destroy(client);
    return status;
}

static int run_server(struct dev *dev)
{
    int status = dev_open(&dev->files, dev->directory);

    if (!status)
        status = dev_make_keys(&dev->files);
    if (!status && dev->clean)
        tree_remove(dev->files.store);
    if (!status)
        status =
            local_server_start(&dev->server, dev->files.directory, (int)dev->port, dev->program);
    if (!status)
        status = serve(dev);
    local_server_stop(&dev->server);
    dev_close(&dev->files);
    return status;
}

static int run(int argc, char **argv)
{
    struct dev dev = {.directory = ".nexus", .port = 4222};
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&dev_command, argc, argv)) != -1;)
        status = take_option(&dev, option);
    if (!status && optind < argc)
        status = report_usage(&dev_command, "%s: takes options only", argv[optind]);
    return status ? status : run_server(&dev);
}

const struct command dev_command = {
    .name = "dev",
    .arguments = "[--directory DIR] [--port N] [--clean]",
    .summary = "run a server for development, and show its events",
    .about = about,
    .options = options,
    .json =
        "print {\"url\":…,\"directory\":…,\"environment\":{…}}, then events as `sub --json` does",
    .notes = notes,
    .examples = examples,
    .run = run,
};
