/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "permissions.h"

#define DURABLE_MAX 128 /* longer ones are not built by name alone */

void list_add(struct name_list *list, const char *format, ...)
{
    char **grown = realloc(list->names, (list->count + 1) * sizeof(*grown));
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (grown)
        list->names = grown;
    if (!grown || vasprintf(&text, format, arguments) < 0)
        list->failed = true;
    else
        list->names[list->count++] = text;
    va_end(arguments);
}

void list_free(struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct name_list){0};
}

void rules_free(struct rules *rules)
{
    list_free(&rules->publish);
    list_free(&rules->pull);
    list_free(&rules->acks);
    list_free(&rules->subscribe);
}

void password_variable(const char *user, char *out, size_t size)
{
    snprintf(out, size, "NEXUS_PASSWORD_%s", user);
    for (char *at = out; *at; at++)
        if (!isalnum((unsigned char)*at))
            *at = '_';
}

/* The subject of a channel for one tenant; parameters behind it are the tenant's to choose. */
static void add_channel(struct name_list *list, const struct nexus_channel *channel,
                        const char *tenant)
{
    const char *at = nexus_channel_address(channel);
    char subject[NEXUS_SUBJECT_MAX + 1];
    size_t length = 0;
    bool first = true;

    while (*at && length + NEXUS_TOKEN_MAX + 2 < sizeof(subject)) {
        if (*at != '{') {
            subject[length++] = *at++;
            continue;
        }
        length += (size_t)snprintf(subject + length, sizeof(subject) - length, "%s",
                                   first ? tenant : "*");
        first = false;
        at = strchr(at, '}') + 1;
    }
    subject[length] = 0;
    list_add(list, "%s", subject);
}

static bool add_consumer(struct rules *rules, const char *durable)
{
    if (strlen(durable) > DURABLE_MAX)
        return false;
    list_add(&rules->publish, "$JS.API.CONSUMER.INFO.%s.%s", rules->stream, durable);
    list_add(&rules->pull, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", rules->stream, durable);
    list_add(&rules->acks, "$JS.ACK.%s.%s.>", rules->stream, durable);
    /* The form that later servers will use: domain and account stand before the stream. */
    list_add(&rules->acks, "$JS.ACK.*.*.%s.%s.>", rules->stream, durable);
    return true;
}

/* As nexus_subscribe_options_set_durable() says: service, channel, tenant. */
static bool add_service(struct rules *rules, const char *service, const char *tenant)
{
    char name[NEXUS_CONSUMER_NAME_SIZE];
    bool sound;

    snprintf(name, sizeof(name), "%s-all-%s", service, tenant);
    sound = add_consumer(rules, name);
    for (size_t i = 0; sound && i < nexus_channel_count(); i++) {
        const struct nexus_channel *channel = nexus_channel_at(i);
        if (!nexus_channel_has_tenant(channel))
            continue;
        snprintf(name, sizeof(name), "%s-%s-%s", service, nexus_channel_c_name(channel), tenant);
        sound = add_consumer(rules, name);
    }
    return sound;
}

static bool add_consumers(const struct grants *grants, const char *tenant, struct rules *out)
{
    bool sound = true;

    for (size_t i = 0; sound && i < grants->services.count; i++)
        sound = add_service(out, grants->services.names[i], tenant);
    for (size_t i = 0; sound && i < grants->durables.count; i++)
        sound = add_consumer(out, grants->durables.names[i]);
    /* What it gives up on goes to its own dead letters. */
    list_add(&out->publish, "nexus-dlq.%s.>", tenant);
    /* Of a stream that is its own it may know how full it is. */
    if (grants->per_tenant)
        list_add(&out->publish, "$JS.API.STREAM.INFO.%s", out->stream);
    return sound;
}

bool rules_make(const struct grants *grants, const char *tenant, struct rules *out)
{
    bool sound = true;

    *out = (struct rules){0};
    snprintf(out->stream, sizeof(out->stream), "%s%s%s", grants->stream,
             grants->per_tenant ? "-" : "", grants->per_tenant ? tenant : "");
    for (size_t i = 0; grants->publishes && i < nexus_channel_count(); i++)
        if (nexus_channel_has_tenant(nexus_channel_at(i)))
            add_channel(&out->publish, nexus_channel_at(i), tenant);
    if (grants->consumes)
        sound = add_consumers(grants, tenant, out);
    list_add(&out->subscribe, grants->shared ? "_INBOX.%s.>" : "_INBOX.>", tenant);
    return sound && !out->publish.failed && !out->pull.failed && !out->acks.failed &&
           !out->subscribe.failed;
}
