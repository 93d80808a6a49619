/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons for refusals: their names and their counters. */
#include "refusals.h"

struct reason {
    const char *name;
    enum nx_counter counter;
};

static const struct reason reasons[] = {
    [NEXUS_REFUSED_NOT] = {"not_refused", NX_POISON},
    [NEXUS_REFUSED_UNSIGNED] = {"unsigned", NX_POISON_UNSIGNED},
    [NEXUS_REFUSED_MALFORMED] = {"malformed", NX_POISON_MALFORMED},
    [NEXUS_REFUSED_ALGORITHM] = {"algorithm", NX_POISON_ALGORITHM},
    [NEXUS_REFUSED_SUBJECT] = {"subject", NX_POISON_SUBJECT},
    [NEXUS_REFUSED_MESSAGE_ID] = {"message_id", NX_POISON_MESSAGE_ID},
    [NEXUS_REFUSED_UNKNOWN_KEY] = {"unknown_key", NX_POISON_UNKNOWN_KEY},
    [NEXUS_REFUSED_REVOKED] = {"revoked", NX_POISON_REVOKED},
    [NEXUS_REFUSED_TIME] = {"time", NX_POISON_TIME},
    [NEXUS_REFUSED_NOT_ALLOWED] = {"not_allowed", NX_POISON_NOT_ALLOWED},
    [NEXUS_REFUSED_CAPABILITY] = {"capability", NX_POISON_CAPABILITY},
    [NEXUS_REFUSED_SIGNATURE] = {"signature", NX_POISON_SIGNATURE},
    [NEXUS_REFUSED_REPLAY] = {"replay", NX_POISON_REPLAY},
};

static const struct reason *find(enum nexus_refusal refusal)
{
    size_t index = (size_t)refusal;

    return &reasons[index < sizeof(reasons) / sizeof(reasons[0]) ? index : NEXUS_REFUSED_NOT];
}

const char *nexus_refusal_name(enum nexus_refusal refusal)
{
    return find(refusal)->name;
}

enum nx_counter nx_refusal_counter(enum nexus_refusal refusal)
{
    return find(refusal)->counter;
}
