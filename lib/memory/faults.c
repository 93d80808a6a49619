/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: what is to go wrong, and with which messages. */
#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "bus_subject.h"
#include "status.h"
#include "struct_size.h"

struct nx_fault {
    struct nx_fault *next;
    uint64_t id;
    uint64_t seen; /* messages that it is meant for */
    uint64_t struck;
    uint64_t random;
    struct nexus_fault fault;
    char subject[NEXUS_SUBJECT_MAX + 1];
};

/* SplitMix64: the same seed gives the same numbers everywhere. */
static double next_random(struct nx_fault *fault)
{
    uint64_t z = (fault->random += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (double)(z >> 11) / 9007199254740992.0;
}

static bool meant_for(const struct nx_fault *fault, enum nexus_fault_point point,
                      const char *subject, const struct nx_bus_message *message)
{
    struct nexus_test_message view = {sizeof(view), subject, message->body, message->length,
                                      message};

    if (fault->fault.point != (int32_t)point)
        return false;
    if (*fault->subject && !nx_bus_matches(fault->subject, subject))
        return false;
    return !fault->fault.predicate || fault->fault.predicate(&view, fault->fault.data);
}

const struct nexus_fault *nx_fault_strike(struct nexus_memory *bus, enum nexus_fault_point point,
                                          const char *subject, const struct nx_bus_message *message)
{
    for (struct nx_fault *at = bus->faults; at; at = at->next) {
        const struct nexus_fault *fault = &at->fault;
        if ((fault->count && at->struck >= fault->count) || !meant_for(at, point, subject, message))
            continue;
        if (at->seen++ < fault->skip)
            continue;
        if (fault->probability > 0 && next_random(at) >= fault->probability)
            continue;
        at->struck++;
        return fault;
    }
    return NULL;
}

void nx_faults_forget(struct nexus_memory *bus)
{
    for (struct nx_fault *fault; (fault = bus->faults);) {
        bus->faults = fault->next;
        free(fault);
    }
}

/* ---- public */

const char *nexus_test_header(const struct nexus_test_message *message, const char *name)
{
    return message && name ? nx_bus_message_header(message->inside, name, NULL) : NULL;
}

static int check(struct nexus_fault *fault, struct nexus_error *err)
{
    bool on_publish;

    if (!fault->point)
        fault->point = NEXUS_FAULT_ON_PUBLISH;
    on_publish = fault->point == NEXUS_FAULT_ON_PUBLISH;
    if (fault->kind < NEXUS_FAULT_DROP || fault->kind > NEXUS_FAULT_FULL_STREAM)
        return nx_fail(err, NEXUS_E_INVALID, "fault.kind", "%d is no fault", (int)fault->kind);
    if (fault->point < NEXUS_FAULT_ON_PUBLISH || fault->point > NEXUS_FAULT_ON_VERDICT)
        return nx_fail(err, NEXUS_E_INVALID, "fault.point", "%d is no point", (int)fault->point);
    if (fault->kind >= NEXUS_FAULT_NO_RESPONDERS && !on_publish)
        return nx_fail(err, NEXUS_E_INVALID, "fault.point",
                       "this fault happens to publishes only (NEXUS_FAULT_ON_PUBLISH)");
    if (!(fault->probability >= 0 && fault->probability <= 1))
        return nx_fail(err, NEXUS_E_INVALID, "fault.probability", "is not within 0 and 1");
    if (fault->delay_ms < 0 || fault->delay_ms > 86400000)
        return nx_fail(err, NEXUS_E_INVALID, "fault.delay_ms", "is not within 0 and 86400000");
    if (fault->subject &&
        (strlen(fault->subject) > NEXUS_SUBJECT_MAX || !nx_bus_filter_sound(fault->subject)))
        return nx_fail(err, NEXUS_E_INVALID, "fault.subject", "is no subject");
    return NEXUS_OK;
}

static void append(struct nexus_memory *bus, struct nx_fault *fault)
{
    struct nx_fault **at = &bus->faults;

    while (*at)
        at = &(*at)->next;
    *at = fault;
}

int nexus_memory_fault(struct nexus_memory *bus, const struct nexus_fault *fault, uint64_t *id,
                       struct nexus_error *err)
{
    struct nexus_fault ours = NEXUS_FAULT_INIT;
    struct nx_fault *added;
    int code;

    if (!bus || !fault)
        return nx_fail(err, NEXUS_E_INVALID, bus ? "fault" : "bus", "is NULL");
    code = nx_struct_take(&ours, sizeof(ours), fault, "fault.size", err);
    if (code == NEXUS_OK)
        code = check(&ours, err);
    if (code != NEXUS_OK)
        return code;
    added = calloc(1, sizeof(*added));
    if (!added)
        return nx_no_memory(err);
    added->fault = ours;
    added->random = ours.seed;
    if (ours.subject)
        memcpy(added->subject, ours.subject, strlen(ours.subject) + 1);
    added->fault.subject = NULL;
    pthread_mutex_lock(&bus->lock);
    added->id = ++bus->last_fault;
    append(bus, added);
    if (id)
        *id = added->id;
    pthread_mutex_unlock(&bus->lock);
    return NEXUS_OK;
}

uint64_t nexus_memory_struck(struct nexus_memory *bus, uint64_t id)
{
    uint64_t struck = 0;

    if (!bus)
        return 0;
    pthread_mutex_lock(&bus->lock);
    for (const struct nx_fault *at = bus->faults; at; at = at->next)
        if (at->id == id)
            struck = at->struck;
    pthread_mutex_unlock(&bus->lock);
    return struck;
}

void nexus_memory_heal(struct nexus_memory *bus, uint64_t id)
{
    struct nx_fault **at;

    if (!bus)
        return;
    pthread_mutex_lock(&bus->lock);
    at = &bus->faults;
    while (*at) {
        struct nx_fault *fault = *at;
        if (id && fault->id != id) {
            at = &fault->next;
            continue;
        }
        *at = fault->next;
        free(fault);
    }
    pthread_mutex_unlock(&bus->lock);
}
