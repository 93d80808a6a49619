/* SPDX-License-Identifier: Apache-2.0 */
/* Making the consumers that a service will find, for services that may not make them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "report.h"

static const char about[] =
    "Makes the durable consumer that a service's subscription will find: a tenant's service may\n"
    "read through consumers, and not make them (see `nexusctl permissions`). The service is named\n"
    "by --service or NEXUS_SERVICE. One that is there is left as it is.\n";

static const char examples[] =
    "  nexusctl consumers create bookingCreated --tenant salon-001 --service crm\n"
    "  nexusctl consumers create all --tenant salon-001 --durable ledger\n";

static const struct command_option options[] = {
    {'t', "tenant", "TENANT", "of this tenant's events; without it, of all"},
    {'d', "durable", "NAME", "its name (default: service, channel and tenant)"},
    {0, NULL, NULL, NULL},
};

/* Nothing is dispatched, so nothing is handled. */
static enum nexus_verdict ignore(const struct nexus_json_event *event,
                                 struct nexus_delivery *delivery, void *data)
{
    (void)event;
    (void)delivery;
    (void)data;
    return NEXUS_RETRY;
}

static int create(struct nexus_client *client, const char *channel, const char *tenant,
                  struct nexus_subscribe_options *with)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_subscription *out = NULL;

    if (nexus_subscribe_json(client, strcmp(channel, "all") ? channel : NULL, tenant, ignore, NULL,
                             with, &out, &err))
        return report(&err);
    if (command_json())
        printf("{\"created\":true}\n");
    else
        printf("the consumer of %s is there\n", channel);
    nexus_subscription_destroy(out);
    return CTL_OK;
}

static int parse(int argc, char **argv, const char **tenant, struct nexus_subscribe_options *with)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    for (int option; (option = command_next(&consumers_create_command, argc, argv)) != -1;) {
        if (option == 't')
            *tenant = optarg;
        else if (option != 'd')
            return CTL_USAGE;
        else if (nexus_subscribe_options_set_durable(with, optarg, &err))
            return report(&err);
    }
    return optind + 1 == argc ? CTL_OK
                              : report_usage(&consumers_create_command, "which channel, or all?");
}

static int run(int argc, char **argv)
{
    struct nexus_subscribe_options *with = nexus_subscribe_options_new();
    struct nexus_client *client = NULL;
    const char *tenant = NULL;
    int status = with ? parse(argc, argv, &tenant, with)
                      : report(&(struct nexus_error){.code = NEXUS_E_MEMORY});

    if (!status)
        client = ctl_connect(&status);
    if (client)
        status = create(client, argv[optind], tenant, with);
    nexus_client_destroy(client);
    nexus_subscribe_options_destroy(with);
    return status;
}

const struct command consumers_create_command = {
    .name = "consumers create",
    .arguments = "CHANNEL|all [--tenant TENANT] [--durable NAME]",
    .operands = "CHANNEL|all",
    .summary = "make the consumer that a service will read through",
    .about = about,
    .options = options,
    .json = "print {\"created\":true}",
    .examples = examples,
    .connects = true,
    .run = run,
};
