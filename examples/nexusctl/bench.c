/* SPDX-License-Identifier: Apache-2.0 */
/* How fast publishing and handling are, here. */
#include "bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "dev.h"
#include "local_server.h"
#include "report.h"
#include "signals.h"
#include "tree.h"
#include "units.h"

static const char about[] =
    "Measures blocking publishes, asynchronous publishes and handling, one after the other,\n"
    "through everything that a service's events go through: validation, envelope, ack. Starts a\n"
    "nats-server of its own for that, with a temporary store, and leaves nothing behind. With\n"
    "--here the server of NEXUS_URL is measured, and the events stay in its stream, as those of\n"
    "the tenant \"bench\".\n";

static const char notes[] =
    "Client and server share this machine, so the figures are not what either could do alone.\n";

static const char examples[] =
    "  nexusctl bench\n"
    "  nexusctl bench --signed --events 100000 --size 1000\n"
    "  nexusctl bench --json | jq 'select(.step == \"handle\") | .events_per_second'\n";

enum { HERE = 256, SIGNED };

static const struct command_option options[] = {
    {'n', "events", "N", "how many are published asynchronously and handled (default 50000)"},
    {'s', "size", "BYTES", "about how large a payload is: 64 to 500K (default 200)"},
    {SIGNED, "signed", NULL, "sign and verify, with a key made for this run"},
    {HERE, "here", NULL, "use the server of NEXUS_URL"},
    {0, NULL, NULL, NULL},
};

static int take_option(struct bench *bench, int option)
{
    switch (option) {
    case 'n':
        return parse_count(optarg, 10, 100000000, &bench->events)
                   ? CTL_OK
                   : report_usage(&bench_command, "--events %s: not a number from 10", optarg);
    case 's':
        return parse_size(optarg, &bench->size) && bench->size >= 64 && bench->size <= 512000
                   ? CTL_OK
                   : report_usage(&bench_command, "--size %s: not from 64 to 500K", optarg);
    case HERE:
        bench->here = true;
        return CTL_OK;
    case SIGNED:
        bench->is_signed = true;
        return CTL_OK;
    default:
        return CTL_USAGE;
    }
}

/* A server, a key and a store in a directory that goes away again. */
static int with_own_server(struct bench *bench)
{
    char directory[] = "/tmp/nexusctl-bench.XXXXXX";
    struct dev_files files = {.lock = -1};
    struct local_server server = {.pid = 0};
    int status = CTL_OK;

    if (!mkdtemp(directory)) {
        report_text("cannot make a directory in /tmp");
        return CTL_FAILED;
    }
    status = dev_open(&files, directory);
    if (!status && bench->is_signed)
        status = dev_make_keys(&files);
    if (!status)
        status = local_server_start(&server, directory, 0, NULL);
    if (!status) {
        local_server_environment(&server);
        if (bench->is_signed) {
            setenv("NEXUS_SIGNING_KEY", files.key, 1);
            setenv("NEXUS_TRUST", files.trust, 1);
        }
        status = bench_measure(bench);
    }
    local_server_stop(&server);
    dev_close(&files);
    tree_remove(directory);
    return status;
}

static int run(int argc, char **argv)
{
    struct bench bench = {.events = 50000, .size = 200};
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&bench_command, argc, argv)) != -1;)
        status = take_option(&bench, option);
    if (!status && optind < argc)
        status = report_usage(&bench_command, "%s: takes options only", argv[optind]);
    if (!status && bench.here && bench.is_signed)
        status = report_usage(&bench_command, "--here signs with --key, and verifies with --trust");
    if (status)
        return status;
    return bench.here ? bench_measure(&bench) : with_own_server(&bench);
}

const struct command bench_command = {
    .name = "bench",
    .arguments = "[--events N] [--size BYTES] [--signed] [--here]",
    .summary = "measure publishing and handling",
    .about = about,
    .options = options,
    .json = "print one JSON object for each step",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
