/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../json_text.h"
#include "command.h"
#include "report.h"
#include "units.h"

static const char about[] =
    "Looks at the servers, the streams and these credentials, and says what would lose events,\n"
    "double them or stop them, and how to mend it. Changes nothing and stores nothing.\n";

static const char notes[] =
    "Exit status 0: nothing but notes; 1: warnings or errors. The interval of fsync and the clock\n"
    "are only told by a server's monitoring port (`nats-server -m 8222`).\n";

static const char examples[] =
    "  nexusctl doctor\n"
    "  nexusctl doctor --horizon 24h --monitor http://127.0.0.1:8222\n"
    "  nexusctl doctor --tenant salon-001 --json | jq -r '.findings[].check'\n";

enum { HORIZON = 256 };

static const struct command_option options[] = {
    {'t', "tenant", "TENANT",
     "try the permissions for this tenant's events (default: a made-up one)"},
    {HORIZON, "horizon", "TIME",
     "for how long an outbox or a spool may send an event again (default: the publish deadline)"},
    {'m', "monitor", "URL", "the monitoring port of a server, http://HOST:PORT"},
    {0, NULL, NULL, NULL},
};

static const char *const levels[] = {"note", "warning", "error"};

void doctor_find(struct doctor *doctor, enum finding_level level, const char *check,
                 const char *mend, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (doctor->json) {
        printf("%s{\"level\":\"%s\",\"check\":\"%s\",\"message\":", doctor->findings ? "," : "",
               levels[level], check);
        json_put_string(stdout, text);
        printf(",\"mend\":");
        json_put_string(stdout, mend);
        printf("}");
    } else {
        printf("%-8s %-14s ", levels[level], check);
        json_put_line(stdout, text);
        printf("\n%*s mend: ", 23, "");
        json_put_line(stdout, mend);
        printf("\n");
    }
    doctor->findings++;
    doctor->bad += level != FINDING_NOTE;
}

static int parse(struct doctor *doctor, int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    for (int option; (option = command_next(&doctor_command, argc, argv)) != -1;) {
        if (option == 't')
            doctor->tenant = optarg;
        else if (option == 'm')
            doctor->monitor = optarg;
        else if (option != HORIZON)
            return CTL_USAGE;
        else if (!parse_duration(optarg, &doctor->horizon_ms))
            return report_usage(&doctor_command, "%s: not usable for --horizon", optarg);
    }
    doctor->json = command_json();
    if (doctor->tenant && nexus_check_token("tenant", doctor->tenant, &err))
        return report_usage(&doctor_command, "%s", err.message);
    if (optind < argc)
        return report_usage(&doctor_command, "%s: takes options only", argv[optind]);
    return CTL_OK;
}

static int run(int argc, char **argv)
{
    struct doctor doctor = {0};
    int status = parse(&doctor, argc, argv);

    if (!status)
        doctor.client = ctl_connect(&status);
    if (status)
        return status;
    if (doctor.json)
        printf("{\"findings\":[");
    doctor_server(&doctor);
    doctor_monitor(&doctor);
    doctor_streams(&doctor);
    doctor_publish(&doctor);
    if (doctor.json)
        printf("],\"healthy\":%s}\n", doctor.bad ? "false" : "true");
    else if (!doctor.bad)
        printf("nothing is wrong%s\n", doctor.findings ? " beyond these notes" : "");
    nexus_client_destroy(doctor.client);
    return doctor.bad ? CTL_FAILED : CTL_OK;
}

const struct command doctor_command = {
    .name = "doctor",
    .arguments = "[--tenant TENANT] [--horizon TIME] [--monitor URL]",
    .summary = "find what would lose or double events, and how to mend it",
    .about = about,
    .options = options,
    .json = "print one JSON object: findings, healthy",
    .notes = notes,
    .examples = examples,
    .connects = true,
    .run = run,
};
