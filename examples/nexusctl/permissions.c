/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "permissions.h"
#include "report.h"

#define TENANTS_MAX 1000
#define NAME_BYTES  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static const char about[] =
    "Prints configuration for nats-server that gives each tenant what the contract needs and\n"
    "nothing else: an account of its own, whose imports from the core's account are the tenant's\n"
    "own subjects and consumers. Include it in the server's configuration file.\n";

static const char notes[] =
    "A tenant reads through consumers that the core has made: run its service once with the\n"
    "core's credentials, or `nexusctl consumers create`. A tenant that could make consumers could\n"
    "have the server send to any subject of the core. docs/tenancy.md has the whole of it.\n";

static const char examples[] =
    "  nexusctl permissions --tenant salon-001 --tenant salon-002 > nexus.conf\n"
    "  nexusctl permissions --tenant salon-001 --service crm --per-tenant\n"
    "  nexusctl permissions --tenant salon-001 --role publisher --shared\n";

enum { SHARED = 256, PER_TENANT, NKEY };

static const struct command_option options[] = {
    {'t', "tenant", "TENANT", "a tenant; once for each"},
    {'r', "role", "publisher|consumer|core",
     "what tenants' users may do (default: both), or only the core's part"},
    {'s', "service", "NAME",
     "a service of the tenants, by the name that its consumers begin with; once for each"},
    {'d', "durable", "NAME", "a durable consumer that they read; once for each"},
    {'S', "stream", "NAME", "the stream (default: NEXUS_STREAM, else NEXUS)"},
    {PER_TENANT, "per-tenant", NULL, "each tenant has a stream of its own, NAME-TENANT"},
    {SHARED, "shared", NULL,
     "one account for all, the weaker form: receivers must check signatures"},
    {NKEY, "nkey", "KEY", "the public NKey of the tenant's user, instead of a password"},
    {0, NULL, NULL, NULL},
};

static int check(const char *what, const char *text)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    if (nexus_check_token(what, text, &err) == NEXUS_OK)
        return CTL_OK;
    return report_usage(&permissions_command, "%s: %s", what, err.message);
}

static int take_role(struct grants *grants)
{
    grants->publishes = strcmp(optarg, "publisher") == 0;
    grants->consumes = strcmp(optarg, "consumer") == 0;
    grants->core_only = strcmp(optarg, "core") == 0;
    if (grants->core_only)
        grants->publishes = grants->consumes = true;
    if (grants->publishes || grants->consumes)
        return CTL_OK;
    return report_usage(&permissions_command, "%s: a role is publisher, consumer or core", optarg);
}

static int take_nkey(struct grants *grants)
{
    grants->nkey = optarg;
    if (*optarg == 'U' && strlen(optarg) == 56 &&
        strspn(optarg, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == 56)
        return CTL_OK;
    return report_usage(&permissions_command,
                        "--nkey: a user's public key is U and 55 letters or digits of base32");
}

static int take_name(struct name_list *list, const char *what)
{
    int status = check(what, optarg);

    if (status == CTL_OK)
        list_add(list, "%s", optarg);
    return status;
}

static int take_option(struct grants *grants, int option)
{
    switch (option) {
    case 't':
        return take_name(&grants->tenants, "tenant");
    case 'r':
        return take_role(grants);
    case 's':
        return take_name(&grants->services, "service");
    case 'd':
        return take_name(&grants->durables, "durable");
    case 'S':
        grants->stream = optarg;
        return CTL_OK;
    case SHARED:
        grants->shared = true;
        return CTL_OK;
    case PER_TENANT:
        grants->per_tenant = true;
        return CTL_OK;
    case NKEY:
        return take_nkey(grants);
    default:
        return CTL_USAGE; /* getopt has said why */
    }
}

/* Two tenants must not share a password by accident, nor be there twice. */
static int check_tenants(const struct grants *grants)
{
    char own[128], other[128];

    for (size_t i = 0; i < grants->tenants.count; i++) {
        if (strcmp(grants->tenants.names[i], "core") == 0)
            return report_usage(&permissions_command, "core: is the name of the core's own user");
        for (size_t j = 0; j < i; j++) {
            password_variable(grants->tenants.names[i], own, sizeof(own));
            password_variable(grants->tenants.names[j], other, sizeof(other));
            if (strcmp(own, other) == 0)
                return report_usage(&permissions_command,
                                    "%s and %s would have one variable for their passwords, %s",
                                    grants->tenants.names[j], grants->tenants.names[i], own);
        }
    }
    return CTL_OK;
}

static int check_grants(struct grants *grants)
{
    const char *environment = getenv("NEXUS_STREAM");
    bool named = grants->services.count || grants->durables.count;

    if (!grants->stream)
        grants->stream = environment && *environment ? environment : "NEXUS";
    if (!*grants->stream || strlen(grants->stream) > 128 ||
        strspn(grants->stream, NAME_BYTES) != strlen(grants->stream))
        return report_usage(&permissions_command,
                            "%s: a stream's name has letters, digits, - and _", grants->stream);
    if (!grants->tenants.count)
        return report_usage(&permissions_command, "which --tenant?");
    if (grants->tenants.count > TENANTS_MAX)
        return report_usage(&permissions_command, "more than %d tenants", TENANTS_MAX);
    if (grants->nkey && grants->tenants.count > 1)
        return report_usage(&permissions_command, "--nkey is one tenant's");
    if (grants->consumes && !grants->publishes && !named)
        return report_usage(&permissions_command,
                            "which consumers? name them by --service or --durable");
    grants->consumes = grants->consumes && named;
    return check_tenants(grants);
}

static int run(int argc, char **argv)
{
    struct grants grants = {.publishes = true, .consumes = true};
    int status = CTL_OK;

    for (int option; !status && (option = command_next(&permissions_command, argc, argv)) != -1;)
        status = take_option(&grants, option);
    grants.json = command_json();
    if (!status && optind < argc)
        status = report_usage(&permissions_command, "%s: takes options only", argv[optind]);
    if (!status)
        status = check_grants(&grants);
    if (!status && !permissions_print(&grants)) {
        report_text("a consumer's name is longer than 128 bytes, or there is no memory");
        status = CTL_FAILED;
    }
    list_free(&grants.tenants);
    list_free(&grants.services);
    list_free(&grants.durables);
    return status;
}

const struct command permissions_command = {
    .name = "permissions",
    .arguments = "--tenant TENANT… [--service NAME…] [--role ROLE] [--shared]",
    .summary = "print server configuration that keeps tenants apart",
    .about = about,
    .options = options,
    .json = "print the rules as one JSON object",
    .notes = notes,
    .examples = examples,
    .run = run,
};
