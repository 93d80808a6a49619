/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

static void complain(const struct ledger *ledger, const struct ledger_entry *entry,
                     const char *format, ...) __attribute__((format(printf, 3, 4)));

static void complain(const struct ledger *ledger, const struct ledger_entry *entry,
                     const char *format, ...)
{
    va_list arguments;

    if (!ledger->complaints)
        return;
    fprintf(ledger->complaints, "line %zu (%s): ", entry->line, nexus_channel_name(entry->channel));
    va_start(arguments, format);
    vfprintf(ledger->complaints, format, arguments);
    va_end(arguments);
    fputc('\n', ledger->complaints);
}

static void free_entry(struct ledger_entry *entry)
{
    free(entry->tenant);
    free(entry->causal_id);
    free(entry->payload);
    free(entry);
}

static bool copy_text(char **place, const char *text)
{
    *place = text ? strdup(text) : NULL;
    return *place || !text;
}

static bool make_room(struct ledger *ledger)
{
    struct ledger_entry **grown =
        realloc(ledger->entries, (ledger->count + 1) * sizeof(*ledger->entries));

    if (grown)
        ledger->entries = grown;
    return grown != NULL;
}

struct ledger_entry *ledger_add(struct ledger *ledger, size_t line, const struct event_line *event)
{
    struct ledger_entry *entry = calloc(1, sizeof(*entry));

    if (!entry)
        return NULL;
    entry->line = line;
    entry->channel = nexus_channel_by_name(event->channel);
    entry->payload = json_canonical(event->payload);
    if (!entry->channel || !entry->payload || !copy_text(&entry->tenant, event->tenant) ||
        !copy_text(&entry->causal_id, event->causal_id) || !make_room(ledger)) {
        free_entry(entry);
        return NULL;
    }
    ledger->entries[ledger->count++] = entry;
    return entry;
}

void ledger_accepted(struct ledger *ledger, struct ledger_entry *entry,
                     const struct nexus_receipt *receipt)
{
    (void)ledger;
    snprintf(entry->message_id, sizeof(entry->message_id), "%s", receipt->message_id);
}

void ledger_failed(struct ledger *ledger, struct ledger_entry *entry, const struct nexus_error *err)
{
    ledger->refused++;
    complain(ledger, entry, "not stored: %s%s%s", err->where, *err->where ? ": " : "",
             err->message);
}

void ledger_stored(struct ledger *ledger, struct ledger_entry *entry,
                   const struct nexus_receipt *receipt)
{
    entry->sequence = receipt->sequence;
    if (!entry->received)
        ledger->missing++;
    if (receipt->duplicate)
        complain(ledger, entry, "the stream says that it had stored it before");
}

/* Events mostly arrive in the order in which they left. */
static struct ledger_entry *find(struct ledger *ledger, const char *message_id)
{
    for (size_t i = 0; message_id && *message_id && i < ledger->count; i++) {
        size_t at = (ledger->next + i) % ledger->count;
        if (strcmp(ledger->entries[at]->message_id, message_id) != 0)
            continue;
        ledger->next = at + 1;
        return ledger->entries[at];
    }
    return NULL;
}

static bool same(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool same_payload(const struct ledger *ledger, const struct ledger_entry *entry,
                         const char *payload)
{
    char *canonical = json_canonical(payload);
    bool equal = canonical && strcmp(entry->payload, canonical) == 0;

    if (!equal)
        complain(ledger, entry, "the payload is another one\n  published %s\n  received  %s",
                 entry->payload, canonical ? canonical : payload);
    free(canonical);
    return equal;
}

static bool same_event(const struct ledger *ledger, const struct ledger_entry *entry,
                       const struct arrival *arrival)
{
    bool equal = same_payload(ledger, entry, arrival->payload);

    if (!same(nexus_channel_name(entry->channel), arrival->channel)) {
        complain(ledger, entry, "arrived on channel %s", arrival->channel);
        equal = false;
    }
    if (!same(entry->tenant, arrival->tenant)) {
        complain(ledger, entry, "arrived for tenant %s",
                 arrival->tenant ? arrival->tenant : "(none)");
        equal = false;
    }
    if (entry->causal_id && !same(entry->causal_id, arrival->causal_id)) {
        complain(ledger, entry, "left in chain %s, arrived in %s", entry->causal_id,
                 arrival->causal_id);
        equal = false;
    }
    return equal;
}

void ledger_arrived(struct ledger *ledger, const struct arrival *arrival)
{
    struct ledger_entry *entry = find(ledger, arrival->message_id);

    if (!entry) {
        ledger->strangers++;
        if (ledger->complaints)
            fprintf(ledger->complaints, "number %" PRIu64 " (%s): was not published here\n",
                    arrival->sequence, arrival->channel);
        return;
    }
    if (entry->received++ > 0) {
        complain(ledger, entry, "arrived %u times", entry->received);
        return;
    }
    if (entry->sequence)
        ledger->missing--;
    entry->arrived_as = arrival->sequence;
    entry->equal = same_event(ledger, entry, arrival);
}

void ledger_free(struct ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++)
        free_entry(ledger->entries[i]);
    free(ledger->entries);
    ledger->entries = NULL;
    ledger->count = 0;
}
