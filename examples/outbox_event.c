/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox_event.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "environment.h"

int outbox_report(const struct nexus_error *err)
{
    fprintf(stderr, "outbox: %s%s%s (%s)\n", err->where, *err->where ? ": " : "", err->message,
            nexus_status_name(err->code));
    return EXIT_FAILURE;
}

bool outbox_cents(const char *text, int64_t *cents)
{
    char *end;

    errno = 0;
    *cents = strtoll(text, &end, 10);
    if (end != text && !*end && !errno && *cents > 0)
        return true;
    fprintf(stderr, "outbox: %s: not an amount in cents\n", text);
    return false;
}

struct nexus_client *outbox_client(bool publishes, struct nexus_error *err)
{
    struct nexus_client_options *options = environment_options("till", err);
    struct nexus_client *client = NULL;
    int code;

    if (!options)
        return NULL;
    code = nexus_client_options_set_wait_for_connection(options, publishes, err);
    if (code == NEXUS_OK)
        code = nexus_client_new(options, &client, err);
    nexus_client_options_destroy(options);
    return code == NEXUS_OK ? client : NULL;
}

struct nexus_prepared *outbox_prepare(struct nexus_client *client, const struct outbox_sale *sale,
                                      struct nexus_error *err)
{
    struct nexus_pos_receipt_created event = NEXUS_POS_RECEIPT_CREATED_INIT;
    struct nexus_prepared *prepared = NULL;
    char payload[96];

    snprintf(payload, sizeof(payload), "{\"receipt\":%" PRId64 ",\"total_cents\":%" PRId64 "}",
             sale->receipt, sale->cents);
    event.json = payload;
    if (nexus_prepare_pos_receipt_created(client, sale->tenant, &event, NULL, &prepared, err))
        return NULL;
    return prepared;
}

enum outbox_outcome outbox_publish(struct nexus_client *client, const void *bytes, size_t length,
                                   struct nexus_error *err)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_prepared *prepared = NULL;
    int code = nexus_prepared_read(bytes, length, &prepared, err);

    if (code != NEXUS_OK)
        return code == NEXUS_E_MEMORY ? OUTBOX_LATER : OUTBOX_NEVER;
    code = nexus_publish_prepared(client, prepared, NULL, &receipt, err);
    if (code == NEXUS_OK)
        printf("%s: number %" PRIu64 " of %s%s\n", receipt.message_id, receipt.sequence,
               receipt.stream, receipt.duplicate ? ", as before" : "");
    nexus_prepared_destroy(prepared);
    if (code == NEXUS_OK)
        return OUTBOX_SENT;
    return code == NEXUS_E_TOO_LARGE ? OUTBOX_NEVER : OUTBOX_LATER;
}
