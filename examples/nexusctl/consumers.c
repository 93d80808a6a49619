/* SPDX-License-Identifier: Apache-2.0 */
/* The durable consumers of the stream: where each one stands, and taking one away. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "../json_text.h"
#include "command.h"
#include "consumers.h"
#include "report.h"
#include "row.h"

static const char about[] =
    "A durable consumer is the server's memory of what a service has handled. It stays when its\n"
    "service has gone, and keeps its place; one that nobody will read again should be deleted.\n";

static const char examples[] = "  nexusctl consumers list\n"
                               "  nexusctl consumers delete crm-booking_created-all\n";

static const char list_about[] =
    "Lists the consumers of the stream: the subjects that each reads, how many events it has not\n"
    "been given yet (pending), been given and not acked (unsettled), and been given more than\n"
    "once (redelivered), and whether somebody is reading it now.\n";

static const char list_examples[] =
    "  nexusctl consumers list\n"
    "  nexusctl consumers list --json | jq -r '.[] | select(.pending > 1000) | .name'\n";

static const char delete_about[] =
    "Deletes consumers, and with them their place in the stream: a service that uses the name\n"
    "again starts with the first event. Nothing else is lost.\n";

static const char delete_examples[] = "  nexusctl consumers delete crm-booking_created-all\n";

void consumer_put_json(const struct nexus_consumer_info *consumer)
{
    fputs("{\"name\":", stdout);
    json_put_string(stdout, consumer->name);
    fputs(",\"filter\":", stdout);
    json_put_string(stdout, consumer->filter);
    printf(",\"pending\":%" PRIu64 ",\"unsettled\":%" PRIu64 ",\"redelivered\":%" PRIu64
           ",\"deliveries\":%" PRIu64 ",\"delivered\":%" PRIu64 ",\"acked\":%" PRIu64
           ",\"waiting\":%" PRIu64 ",\"durable\":%s}",
           consumer->pending, consumer->unsettled, consumer->redelivered, consumer->deliveries,
           consumer->delivered, consumer->acked, consumer->waiting,
           consumer->durable ? "true" : "false");
}

void consumer_put_heading(void)
{
    struct row row = row_begin();

    row_printf(&row, STYLE_DIM, 0, "%-36s %-32s %10s %10s %11s  %s", "consumer", "reads", "pending",
               "unsettled", "redelivered", "reader");
    row_end(&row);
}

void consumer_put_row(const struct nexus_consumer_info *consumer)
{
    struct row row = row_begin();

    row_put(&row, STYLE_BOLD, consumer->name, 36);
    row_put(&row, STYLE_NONE, " ", 0);
    row_put(&row, STYLE_NONE, *consumer->filter ? consumer->filter : "everything", 32);
    row_printf(&row, STYLE_NONE, 0, " %10" PRIu64 " %10" PRIu64 " %11" PRIu64 "  ",
               consumer->pending, consumer->unsettled, consumer->redelivered);
    row_put(&row, consumer->waiting ? STYLE_GOOD : STYLE_DIM, consumer->waiting ? "yes" : "no", 0);
    row_end(&row);
}

static void on_consumer(const struct nexus_consumer_info *consumer, void *data)
{
    size_t *count = data;

    if (command_json()) {
        fputs(*count ? ",\n" : "[", stdout);
        consumer_put_json(consumer);
    } else {
        if (*count == 0)
            consumer_put_heading();
        consumer_put_row(consumer);
    }
    ++*count;
}

static int run_list(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_client *client;
    size_t count = 0;
    int status = CTL_OK;

    if (command_next(&consumers_list_command, argc, argv) != -1)
        return CTL_USAGE;
    if (optind < argc)
        return report_usage(&consumers_list_command, "%s: takes options only", argv[optind]);
    client = ctl_connect(&status);
    if (!client)
        return status;
    if (nexus_list_consumers(client, NULL, on_consumer, &count, &err))
        status = report(&err);
    else if (command_json())
        puts(count ? "]" : "[]");
    else if (count == 0)
        report_text("the stream has no consumers");
    nexus_client_destroy(client);
    return status;
}

static int delete_one(struct nexus_client *client, const char *name)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code = nexus_delete_durable(client, NULL, name, &err);

    if (command_json()) {
        fputs("{\"name\":", stdout);
        json_put_string(stdout, name);
        printf(",\"deleted\":%s}\n", code ? "false" : "true");
    } else if (!code) {
        printf("deleted %s\n", name);
    }
    fflush(stdout);
    return code ? report(&err) : CTL_OK;
}

static int run_delete(int argc, char **argv)
{
    struct nexus_client *client;
    int status = CTL_OK;

    if (command_next(&consumers_delete_command, argc, argv) != -1)
        return CTL_USAGE;
    if (optind == argc)
        return report_usage(&consumers_delete_command, "which consumer?");
    client = ctl_connect(&status);
    for (; client && optind < argc; optind++) {
        int one = delete_one(client, argv[optind]);
        status = status ? status : one;
    }
    nexus_client_destroy(client);
    return status;
}

const struct command consumers_list_command = {
    .name = "consumers list",
    .arguments = "",
    .summary = "list the consumers, and where each one stands",
    .about = list_about,
    .json = "print one JSON array of objects",
    .examples = list_examples,
    .connects = true,
    .run = run_list,
};

const struct command consumers_delete_command = {
    .name = "consumers delete",
    .arguments = "NAME…",
    .summary = "delete consumers with their place in the stream",
    .about = delete_about,
    .json = "print {\"name\":…,\"deleted\":…} for each",
    .examples = delete_examples,
    .connects = true,
    .run = run_delete,
};

static const struct command *const actions[] = {&consumers_list_command, &consumers_create_command,
                                                &consumers_delete_command, NULL};

const struct command consumers_command = {
    .name = "consumers",
    .arguments = "list | create CHANNEL|all | delete NAME…",
    .summary = "list the durable consumers, make one, or delete one",
    .about = about,
    .examples = examples,
    .actions = actions,
};
