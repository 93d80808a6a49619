/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what, worked out from the contract; and as configuration for nats-server. */
#ifndef PERMISSIONS_H
#define PERMISSIONS_H

#include <nexus/nexus.h>

#define CORE_ACCOUNT "NEXUS-CORE"
#define CORE_API     "$JS." CORE_ACCOUNT ".API"

/* A growing list of texts. */
struct name_list {
    char **names;
    size_t count;
    bool failed; /* no memory */
};

/* What was asked for. */
struct grants {
    const char *stream;       /* its name, or what names begin with */
    bool per_tenant;          /* the stream is <stream>-<tenant> */
    bool shared;              /* one account for all, instead of one for each */
    bool publishes, consumes; /* the tenants' users */
    bool core_only;
    const char *nkey; /* of the one tenant's user, instead of a password */
    struct name_list tenants;
    struct name_list services; /* whose consumers have the names that subscriptions give them */
    struct name_list durables;
    bool json;
};

/* What one tenant's user needs. */
struct rules {
    char stream[NEXUS_STREAM_NAME_SIZE];
    struct name_list publish;   /* subjects answered by one message: events, and questions */
    struct name_list pull;      /* answered by many */
    struct name_list acks;      /* answered by none, or one */
    struct name_list subscribe; /* in the shared form */
};

void list_add(struct name_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void list_free(struct name_list *list);

/* False without memory, or when a consumer's name would be too long to be one. */
bool rules_make(const struct grants *grants, const char *tenant, struct rules *out);
void rules_free(struct rules *rules);

/* The variable that holds the password of a user. */
void password_variable(const char *user, char *out, size_t size);

/* Prints the configuration; false without memory. */
bool permissions_print(const struct grants *grants);

#endif
