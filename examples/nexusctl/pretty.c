/* SPDX-License-Identifier: Apache-2.0 */
#include "pretty.h"

#include <string.h>

#define SUBJECT_COLUMNS 38
#define KEY_COLUMNS     16
#define CHAIN_COLUMNS   12

void pretty_put_key(struct row *row, enum nexus_trust_verdict verdict, const char *key_id,
                    bool is_signed)
{
    static const struct {
        enum style style;
        const char *mark;
    } marks[] = {
        [NEXUS_TRUST_VERIFIED] = {STYLE_GOOD, "✓ "},
        [NEXUS_TRUST_DELEGATED] = {STYLE_GOOD, "✓~ "},
        [NEXUS_TRUST_UNKNOWN_KEY] = {STYLE_WARNING, "? "},
    };

    if (verdict == NEXUS_TRUST_UNSIGNED)
        row_put(row, STYLE_WARNING, "unsigned", KEY_COLUMNS);
    else if (verdict == NEXUS_TRUST_UNCHECKED)
        row_put(row, STYLE_DIM, is_signed ? "unchecked" : "-", KEY_COLUMNS);
    else
        row_printf(row, marks[verdict].style, KEY_COLUMNS, "%s%s", marks[verdict].mark,
                   key_id ? key_id : "");
    row_put(row, STYLE_NONE, "  ", 0);
}

void pretty_print(const struct nexus_delivery *delivery)
{
    const char *subject = nexus_delivery_subject(delivery);
    struct row row = row_begin();

    row_put_time(&row, nexus_delivery_time(delivery));
    /* Padded, and never cut for that: it says whose event this is. */
    row_put(&row, STYLE_BOLD, subject, strlen(subject) < SUBJECT_COLUMNS ? SUBJECT_COLUMNS : 0);
    row_put(&row, STYLE_NONE, "  ", 0);
    pretty_put_key(&row, nexus_delivery_trust(delivery), nexus_delivery_key_id(delivery),
                   nexus_delivery_header(delivery, "Nexus-Signature") != NULL);
    row_put(&row, STYLE_NONE, nexus_delivery_causal_id(delivery), CHAIN_COLUMNS);
    row_put(&row, STYLE_NONE, "  ", 0);
    row_put(&row, STYLE_NONE, nexus_delivery_payload(delivery), 0);
    row_end(&row);
}
