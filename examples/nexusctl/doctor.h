/* SPDX-License-Identifier: Apache-2.0 */
/* What `nexusctl doctor` looks at, and what it finds. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <nexus/nexus.h>

enum finding_level {
    FINDING_NOTE, /* good to know; the exit status stays 0 */
    FINDING_WARNING,
    FINDING_ERROR
};

struct doctor {
    struct nexus_client *client;
    const char *tenant;  /* or NULL */
    const char *monitor; /* "http://host:port", or NULL */
    int64_t horizon_ms;  /* 0: the client's publish deadline */
    bool json;
    size_t findings, bad;
    bool mute;         /* publishes are not answered */
    bool clustered;    /* the server has told */
    unsigned replicas; /* of the stream; 0: not known */
};

/* Prints one finding: which check, what is wrong, and how to mend it. */
void doctor_find(struct doctor *doctor, enum finding_level level, const char *check,
                 const char *mend, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The checks. */
void doctor_server(struct doctor *doctor);
void doctor_monitor(struct doctor *doctor);
void doctor_streams(struct doctor *doctor);
void doctor_publish(struct doctor *doctor);

/* What a version of nats-server is known for; false when it is none. */
bool doctor_version(struct doctor *doctor, const char *version);

#endif
