/* SPDX-License-Identifier: Apache-2.0 */
/* The streams, and what these credentials may do: by comparing and by trying. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define COVER                                                                                      \
    "nexusctl provision creates the stream for nexus.>; with streams for tenants or domains, one " \
    "is missing"

/* Members of the stream's configuration of which every other value does harm. */
static const struct {
    const char *member;
    enum finding_level level;
    const char *check;
    const char *harm;
    const char *mend;
} harms[] = {
    {"retention", FINDING_ERROR, "retention", "events go away as soon as one consumer has them",
     "make a new stream: retention cannot be changed; `nexusctl provision` makes a sound one"},
    {"discard", FINDING_WARNING, "discard",
     "a full stream refuses new events; publishers fail until somebody makes room",
     "nexusctl provision --change"},
    {"no_ack", FINDING_ERROR, "no_ack", "publishes are never acknowledged: each of them times out",
     "nexusctl provision --change"},
    {"sealed", FINDING_ERROR, "sealed", "the stream takes no events any more",
     "a seal cannot be broken: make a new stream"},
    {"mirror", FINDING_ERROR, "mirror", "the stream is a copy of another, and takes no events",
     "publish to the stream that it copies, or make one that is none"},
    {"max_msgs_per_subject", FINDING_WARNING, "per subject",
     "older events of a subject go away before they are handled", "nexusctl provision --change"},
    {"max_msg_size", FINDING_WARNING, "message size", "larger events are refused",
     "nexusctl provision --change"},
};

static void on_window(struct doctor *doctor, const char *actual)
{
    int64_t milliseconds = strtoll(actual, NULL, 10) / 1000000;

    if (milliseconds < doctor->horizon_ms)
        doctor_find(doctor, FINDING_ERROR, "duplicates",
                    "nexusctl provision --change, with this --horizon",
                    "the stream knows an event again for %" PRId64
                    " s, and it may be sent again for %" PRId64 " s: it could be stored twice",
                    milliseconds / 1000, doctor->horizon_ms / 1000);
}

/* What differs from the stream that would be asked for; limits are the operator's affair. */
static void on_difference(const char *member, const char *actual, const char *wanted, void *data)
{
    struct doctor *doctor = data;

    (void)wanted;
    if (strcmp(member, "duplicate_window") == 0)
        on_window(doctor, actual);
    if (strcmp(member, "num_replicas") == 0)
        doctor->replicas = (unsigned)strtoul(actual, NULL, 10);
    if (strcmp(member, "storage") == 0)
        doctor_find(doctor, FINDING_WARNING, "storage",
                    "make a new stream: storage cannot be changed",
                    "the stream is kept in memory: its events end with the server");
    doctor->mute = doctor->mute || strcmp(member, "no_ack") == 0;
    for (size_t i = 0; i < sizeof(harms) / sizeof(harms[0]); i++)
        if (strcmp(member, harms[i].member) == 0)
            doctor_find(doctor, harms[i].level, harms[i].check, harms[i].mend, "%s (%s is %s)",
                        harms[i].harm, member, actual);
}

static void check_replicas(struct doctor *doctor)
{
    if (doctor->replicas >= 3)
        return;
    if (doctor->clustered)
        doctor_find(doctor, FINDING_WARNING, "replicas", "nexusctl provision --replicas 3 --change",
                    "the servers are a cluster, and the stream is on %u of them: that one's end is "
                    "the stream's",
                    doctor->replicas);
    else
        doctor_find(doctor, FINDING_NOTE, "replicas",
                    "for more, a cluster of three and --replicas 3",
                    "one server keeps the stream; an acknowledged event is as safe as its disk");
}

static int compare(struct doctor *doctor, struct nexus_provision_options *with, bool dead,
                   struct nexus_error *err)
{
    enum nexus_provision_result result = 0;
    int code = nexus_provision_options_set_dry_run(with, true, err);

    if (!code)
        code = nexus_provision_options_set_change(with, true, err);
    if (!code)
        code = nexus_provision_options_set_dead_letters(with, dead, err);
    if (!code && !dead)
        code = nexus_provision_options_set_horizon(with, doctor->horizon_ms, err);
    if (!code && !dead)
        code = nexus_provision_options_set_difference_callback(with, on_difference, doctor, err);
    if (!code)
        code = nexus_provision(doctor->client, with, &result, err);
    return code ? code : result == NEXUS_PROVISION_MISSING ? NEXUS_E_NOT_FOUND : NEXUS_OK;
}

static void check_dead_letters(struct doctor *doctor)
{
    struct nexus_provision_options *with = nexus_provision_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code = with ? compare(doctor, with, true, &err) : NEXUS_E_MEMORY;

    if (code == NEXUS_E_NOT_FOUND)
        doctor_find(
            doctor, FINDING_WARNING, "dead letters", "nexusctl provision",
            "no stream takes dead letters: events that are given up on stay and come again");
    nexus_provision_options_destroy(with);
}

void doctor_streams(struct doctor *doctor)
{
    struct nexus_provision_options *with = nexus_provision_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;
    int code;

    doctor->replicas = 1; /* what is compared with: no difference means one */
    doctor->horizon_ms = doctor->horizon_ms ? doctor->horizon_ms : 15000;
    code = with ? compare(doctor, with, false, &err) : NEXUS_E_MEMORY;
    nexus_provision_options_destroy(with);
    if (code == NEXUS_E_NOT_FOUND || code == NEXUS_E_CONFLICT) {
        doctor_find(doctor, FINDING_NOTE, "stream",
                    "where tenants or domains have streams of their own, name one with --stream",
                    "the client's stream is not there; what takes events is not looked at");
    } else if (code == NEXUS_E_PERMISSION) {
        doctor_find(doctor, FINDING_NOTE, "stream",
                    "run the doctor with the core's credentials, too",
                    "these credentials may not look at the stream");
    } else if (code) {
        doctor_find(doctor, FINDING_ERROR, "stream", "see the message", "%s", err.message);
    } else {
        check_replicas(doctor);
        check_dead_letters(doctor);
    }
}

/* ---- trying */

void doctor_publish(struct doctor *doctor)
{
    for (size_t i = 0; i < nexus_channel_count(); i++) {
        const struct nexus_channel *channel = nexus_channel_at(i);
        const char *name = nexus_channel_name(channel);
        struct nexus_error err = NEXUS_ERROR_INIT;
        int code;
        if (doctor->tenant && !nexus_channel_has_tenant(channel))
            continue; /* the platform's own, which no tenant publishes */
        if (doctor->mute)
            return; /* each would wait in vain */
        code = nexus_probe(doctor->client, name, doctor->tenant, &err);
        doctor->mute = code == NEXUS_E_TIMEOUT;
        if (code == NEXUS_E_NO_STREAM)
            doctor_find(doctor, FINDING_ERROR, "coverage", COVER, "no stream takes %s (%s)", name,
                        err.where);
        else if (code == NEXUS_E_PERMISSION)
            doctor_find(doctor, FINDING_WARNING, "permission",
                        "nexusctl permissions prints what the server has to allow",
                        "these credentials may not publish %s (%s)", name, err.where);
        else if (code)
            doctor_find(doctor, FINDING_ERROR, "publishing", "see the message; then run it again",
                        "%s cannot be published: %s", name, err.message);
    }
}
