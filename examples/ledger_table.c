/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "ledger.h"

struct totals {
    size_t published;
    size_t acked;
    size_t received; /* every arrival counts, so that a second one shows */
    size_t equal;    /* arrived once, unaltered, with the number that the ack gave it */
};

static bool sound(const struct ledger_entry *entry)
{
    return entry->sequence && entry->received == 1 && entry->equal &&
           entry->sequence == entry->arrived_as;
}

static void add(struct totals *totals, const struct ledger_entry *entry)
{
    totals->published++;
    totals->acked += entry->sequence != 0;
    totals->received += entry->received;
    totals->equal += sound(entry);
}

static void print_row(FILE *out, const char *name, const struct totals *totals)
{
    bool right = totals->published == totals->acked && totals->acked == totals->received &&
                 totals->received == totals->equal;

    fprintf(out, "  %-31s %9zu %7zu %9zu %15zu%s\n", name, totals->published, totals->acked,
            totals->received, totals->equal, right ? "" : "  <-");
}

static struct totals print_channels(const struct ledger *ledger, FILE *out)
{
    struct totals all = {0};

    for (size_t i = 0; i < nexus_channel_count(); i++) {
        const struct nexus_channel *channel = nexus_channel_at(i);
        struct totals own = {0};
        for (size_t j = 0; j < ledger->count; j++) {
            if (ledger->entries[j]->channel != channel)
                continue;
            add(&own, ledger->entries[j]);
            add(&all, ledger->entries[j]);
        }
        print_row(out, nexus_channel_name(channel), &own);
    }
    return all;
}

static void tell_losses(const struct ledger *ledger)
{
    for (size_t i = 0; ledger->complaints && i < ledger->count; i++) {
        const struct ledger_entry *entry = ledger->entries[i];
        const char *name = nexus_channel_name(entry->channel);
        if (entry->sequence && !entry->received)
            fprintf(ledger->complaints, "line %zu (%s): stored, but did not arrive\n", entry->line,
                    name);
        else if (entry->sequence && entry->sequence != entry->arrived_as)
            fprintf(ledger->complaints,
                    "line %zu (%s): stored as number %" PRIu64 ", arrived as %" PRIu64 "\n",
                    entry->line, name, entry->sequence, entry->arrived_as);
    }
}

bool ledger_close(struct ledger *ledger, FILE *out)
{
    struct totals all;

    tell_losses(ledger);
    fprintf(out, "  %-31s %9s %7s %9s %15s\n", "channel", "published", "acked", "received",
            "verified equal");
    all = print_channels(ledger, out);
    print_row(out, "all", &all);
    return all.published > 0 && all.equal == all.published && all.received == all.published &&
           !ledger->strangers && !ledger->refused;
}
