/* SPDX-License-Identifier: Apache-2.0 */
/* A consumer's configuration: what was asked, completed as a server does, refused where this bus
 * cannot do it. */
#include <string.h>

#include "bus_stream.h"
#include "bus_subject.h"

static const struct {
    const char *name;
    const char *absent; /* as JSON; NULL: none */
    bool only;          /* no other value works */
} members[] = {
    {"name", NULL, false},
    {"durable_name", NULL, false},
    {"description", NULL, false},
    {"deliver_policy", "\"all\"", false},
    {"opt_start_seq", NULL, false},
    {"opt_start_time", NULL, false},
    {"ack_policy", NULL, false},
    {"ack_wait", "30000000000", false},
    {"max_deliver", "-1", false},
    {"filter_subject", "\"\"", false},
    {"replay_policy", "\"instant\"", true},
    {"max_waiting", "512", false},
    {"max_ack_pending", "1000", false},
    {"num_replicas", "0", false},
    {"inactive_threshold", NULL, false}, /* taken, and without effect */
    {"mem_storage", NULL, false},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

const char *nx_consumer_name(const cJSON *config)
{
    const char *durable = nx_config_text(config, "durable_name");

    return *durable ? durable : nx_config_text(config, "name");
}

static bool all_known(const cJSON *asked)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, asked)
    {
        size_t i = 0;
        while (i < MEMBERS && strcmp(members[i].name, member->string) != 0)
            i++;
        if (i == MEMBERS)
            return false;
    }
    return true;
}

static bool complete(cJSON *config, const cJSON *asked)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(asked, members[i].name);
        cJSON *absent = members[i].absent ? cJSON_Parse(members[i].absent) : NULL;
        bool given = value && !cJSON_IsNull(value);
        cJSON *taken = given ? cJSON_Duplicate(value, true) : absent;
        bool wrong = given && absent &&
                     (taken->type != absent->type ||
                      (members[i].only && !cJSON_Compare(taken, absent, true)));
        if (given)
            cJSON_Delete(absent);
        if ((taken && !cJSON_AddItemToObject(config, members[i].name, taken)) || wrong)
            return false;
    }
    return true;
}

static bool policy_known(const cJSON *config)
{
    static const char *const policies[] = {
        "all", "last", "new", "last_per_subject", "by_start_sequence", "by_start_time"};
    const char *policy = nx_config_text(config, "deliver_policy");

    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        if (strcmp(policies[i], policy) == 0)
            return true;
    return false;
}

static const char *find_fault(const cJSON *config)
{
    const char *filter = nx_config_text(config, "filter_subject");

    bool durable = *nx_config_text(config, "durable_name") != 0;

    if (strcmp(nx_config_text(config, "ack_policy"), durable ? "explicit" : "none") != 0)
        return "this bus has durable consumers with explicit acks and others with none";
    if (!*nx_consumer_name(config))
        return "consumers have names on this bus";
    if (!policy_known(config))
        return "unknown deliver policy";
    if (*filter && !nx_bus_filter_sound(filter))
        return "invalid filter subject";
    return NULL;
}

cJSON *nx_durable_config(const cJSON *asked, const char **why)
{
    cJSON *config = cJSON_CreateObject();

    if (!all_known(asked))
        *why = "a member that this bus does not know";
    else if (!config || !complete(config, asked))
        *why = "a value that this bus does not know";
    else
        *why = find_fault(config);
    if (!*why)
        return config;
    cJSON_Delete(config);
    return NULL;
}

static int64_t or_else(int64_t value, int64_t absent)
{
    return value > 0 ? value : absent;
}

bool nx_durable_configure(struct nx_bus_consumer *consumer, cJSON *config)
{
    consumer->config = config;
    consumer->ack_wait = or_else(nx_config_number(config, "ack_wait"), 30000000000);
    consumer->max_deliver = or_else(nx_config_number(config, "max_deliver"), INT64_MAX);
    consumer->max_waiting = or_else(nx_config_number(config, "max_waiting"), 512);
    consumer->max_ack_pending = nx_config_number(config, "max_ack_pending");
    if (consumer->max_ack_pending == 0)
        consumer->max_ack_pending = 1000;
    if (consumer->max_ack_pending < 0)
        consumer->max_ack_pending = INT64_MAX;
    consumer->no_acks = !*nx_config_text(config, "durable_name");
    consumer->name = strdup(nx_consumer_name(config));
    consumer->filter = strdup(nx_config_text(config, "filter_subject"));
    return consumer->name && consumer->filter;
}
