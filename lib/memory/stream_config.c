/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's configuration: what was asked, completed as a server does, refused where this bus
 * cannot do it. */
#include <stdlib.h>
#include <string.h>

#include "bus_stream.h"
#include "bus_subject.h"

#define SUBJECTS_MAX 256

/* Members with one value in JSON that is taken when none is given. `only`: no other value works. */
static const struct {
    const char *name;
    const char *absent;
    bool only;
} members[] = {
    {"retention", "\"limits\"", true},
    {"max_consumers", "-1", true},
    {"max_msgs", "-1", false},
    {"max_bytes", "-1", false},
    {"max_age", "0", false},
    {"max_msgs_per_subject", "-1", false},
    {"max_msg_size", "-1", false},
    {"discard", "\"old\"", false},
    {"storage", "\"file\"", false},
    {"num_replicas", "1", false},
    {"duplicate_window", "120000000000", false},
    {"no_ack", "false", false},
    {"sealed", "false", true},
    {"deny_delete", "false", true},
    {"deny_purge", "false", true},
    {"allow_rollup_hdrs", "false", true},
    {"allow_direct", "false", true},
    {"mirror_direct", "false", true},
};

#define MEMBERS (sizeof(members) / sizeof(members[0]))

int64_t nx_config_number(const cJSON *config, const char *member)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(config, member);

    return cJSON_IsNumber(value) && value->valuedouble > -9e18 && value->valuedouble < 9e18
               ? (int64_t)value->valuedouble
               : 0;
}

const char *nx_config_text(const cJSON *config, const char *member)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(config, member);

    return cJSON_IsString(value) ? value->valuestring : "";
}

static bool known(const char *name)
{
    if (strcmp(name, "name") == 0 || strcmp(name, "subjects") == 0 ||
        strcmp(name, "description") == 0)
        return true;
    for (size_t i = 0; i < MEMBERS; i++)
        if (strcmp(members[i].name, name) == 0)
            return true;
    return false;
}

static bool all_known(const cJSON *asked)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, asked)
    {
        if (!known(member->string))
            return false;
    }
    return true;
}

/* The subjects that were asked for; the name itself when none were. */
static cJSON *subjects_of(const cJSON *asked, const char **why)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(asked, "subjects");
    const cJSON *subject;
    const char *name = nx_config_text(asked, "name");

    if (!list || cJSON_IsNull(list) || (cJSON_IsArray(list) && !cJSON_GetArraySize(list)))
        return cJSON_CreateStringArray(&name, 1);
    *why = "invalid subject";
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > SUBJECTS_MAX)
        return NULL;
    cJSON_ArrayForEach(subject, list)
    {
        if (!cJSON_IsString(subject) || !nx_bus_filter_sound(subject->valuestring))
            return NULL;
    }
    *why = NULL;
    return cJSON_Duplicate(list, true);
}

static bool complete(cJSON *config, const cJSON *asked, const char **why)
{
    for (size_t i = 0; i < MEMBERS; i++) {
        cJSON *absent = cJSON_Parse(members[i].absent);
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(asked, members[i].name);
        bool taken = value && !cJSON_IsNull(value);
        cJSON *copy = taken ? cJSON_Duplicate(value, true) : cJSON_Duplicate(absent, true);
        bool differs = members[i].only && !cJSON_Compare(copy, absent, true);
        bool same_type = copy && absent &&
                         (copy->type & 0xff & ~(cJSON_True | cJSON_False)) ==
                             (absent->type & 0xff & ~(cJSON_True | cJSON_False));
        cJSON_Delete(absent);
        if (!cJSON_AddItemToObject(config, members[i].name, copy) || differs || !same_type) {
            *why = members[i].name;
            return false;
        }
    }
    return true;
}

/* As a server reads them: 0 is no limit, and the duplicate window is at most the age. */
static void normalize(cJSON *config)
{
    static const char *const limits[] = {"max_msgs", "max_bytes", "max_msgs_per_subject",
                                         "max_msg_size"};
    int64_t age = nx_config_number(config, "max_age");
    int64_t window = nx_config_number(config, "duplicate_window");

    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (nx_config_number(config, limits[i]) <= 0)
            cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(config, limits[i]), -1);
    if (window <= 0)
        window = 120000000000;
    if (age > 0 && window > age)
        window = age;
    cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(config, "duplicate_window"),
                         (double)window);
}

cJSON *nx_stream_config(const cJSON *asked, const char **why)
{
    cJSON *config = cJSON_CreateObject();
    const char *description = nx_config_text(asked, "description");

    *why = NULL;
    if (!all_known(asked))
        *why = "a member that this bus does not know";
    else if (!cJSON_AddStringToObject(config, "name", nx_config_text(asked, "name")) ||
             (*description && !cJSON_AddStringToObject(config, "description", description)) ||
             !cJSON_AddItemToObject(config, "subjects", subjects_of(asked, why)) ||
             !complete(config, asked, why))
        *why = *why ? *why : "memory";
    if (*why) {
        cJSON_Delete(config);
        return NULL;
    }
    normalize(config);
    return config;
}

static bool copy_subjects(struct nx_bus_stream *stream)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(stream->config, "subjects");
    const cJSON *subject;

    stream->subjects = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*stream->subjects));
    if (!stream->subjects)
        return false;
    cJSON_ArrayForEach(subject, list)
    {
        char *copy = strdup(subject->valuestring);
        if (!copy)
            return false;
        stream->subjects[stream->subject_count++] = copy;
    }
    return true;
}

bool nx_stream_configure(struct nx_bus_stream *stream, cJSON *config)
{
    stream->config = config;
    stream->max_msgs = nx_config_number(config, "max_msgs");
    stream->max_bytes = nx_config_number(config, "max_bytes");
    stream->max_age = nx_config_number(config, "max_age");
    stream->max_per_subject = nx_config_number(config, "max_msgs_per_subject");
    stream->max_size = nx_config_number(config, "max_msg_size");
    stream->window = nx_config_number(config, "duplicate_window");
    stream->discard_new = strcmp(nx_config_text(config, "discard"), "new") == 0;
    stream->no_ack = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(config, "no_ack"));
    stream->name = strdup(nx_config_text(config, "name"));
    return stream->name && copy_subjects(stream);
}

void nx_stream_unconfigure(struct nx_bus_stream *stream)
{
    for (size_t i = 0; i < stream->subject_count; i++)
        free(stream->subjects[i]);
    free(stream->subjects);
    free(stream->name);
    cJSON_Delete(stream->config);
}

bool nx_stream_reconfigure(struct nx_bus_stream *stream, cJSON *config)
{
    struct nx_bus_stream old = {.config = stream->config,
                                .name = stream->name,
                                .subjects = stream->subjects,
                                .subject_count = stream->subject_count};
    struct nx_bus_stream fresh = {0};

    if (!nx_stream_configure(&fresh, config)) {
        nx_stream_unconfigure(&fresh);
        return false;
    }
    stream->name = fresh.name;
    stream->subjects = fresh.subjects;
    stream->subject_count = fresh.subject_count;
    stream->config = config;
    stream->max_msgs = fresh.max_msgs;
    stream->max_bytes = fresh.max_bytes;
    stream->max_age = fresh.max_age;
    stream->max_per_subject = fresh.max_per_subject;
    stream->max_size = fresh.max_size;
    stream->window = fresh.window;
    stream->discard_new = fresh.discard_new;
    stream->no_ack = fresh.no_ack;
    nx_stream_unconfigure(&old);
    return true;
}
