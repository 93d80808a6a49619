/* SPDX-License-Identifier: Apache-2.0 */
#include "typed.h"

#define TENANT "salon-001"

int bench_publish_typed(struct nexus_client *client, int number,
                        const struct nexus_publish_options *options, struct nexus_error *err)
{
    struct nexus_kb_ingested event = NEXUS_KB_INGESTED_INIT;
    event.document_id = "0193e1c4-7a35-7cc1-9f3a-c21d5b8e4f60";
    event.title =
        "\xd0\x9f\xd1\x80\xd0\xb0\xd0\xb9\xd1\x81-\xd0\xbb\xd0\xb8\xd1\x81\xd1\x82 "
        "\xd1\x83\xd1\x81\xd0\xbb\xd1\x83\xd0\xb3 "
        "\xd1\x81\xd0\xb0\xd0\xbb\xd0\xbe\xd0\xbd\xd0\xb0, "
        "autumn edition, with notes for the staff and a table of durations by master and day";
    event.doc_type = "pdf";
    event.facts_extracted = 100000 + number % 800000;
    event.has_size_bytes = true;
    event.size_bytes = 1482773;
    return nexus_publish_kb_ingested(client, TENANT, &event, options, NULL, err);
}

static enum nexus_verdict on_event(const struct nexus_kb_ingested *event,
                                   struct nexus_delivery *delivery, void *data)
{
    struct bench_tally *tally = data;
    (void)delivery;
    tally->count++;
    tally->wrong += !event->has_size_bytes || event->size_bytes != 1482773;
    return NEXUS_ACK;
}

int bench_subscribe_typed(struct nexus_client *client, struct bench_tally *tally,
                          const struct nexus_subscribe_options *options,
                          struct nexus_subscription **out, struct nexus_error *err)
{
    return nexus_subscribe_kb_ingested(client, TENANT, on_event, tally, options, out, err);
}
