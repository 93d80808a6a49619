/* SPDX-License-Identifier: Apache-2.0 */
/* The layouts that programs compiled long ago rely on. A line here may be added, never changed. */
#include <assert.h>
#include <nexus/nexus.h>
#include <stdio.h>
#include <stdlib.h>

#define AT(type, member, offset) \
    static_assert(offsetof(struct type, member) == (offset), #type "." #member " has moved")
#define SIZE(type, bytes) static_assert(sizeof(struct type) >= (bytes), #type " has shrunk")
#define VALUE(name, number) \
    static_assert((int)(name) == (number), #name " has been given another number")

static_assert(sizeof(struct nexus_error) == 512, "struct nexus_error is frozen");
AT(nexus_error, code, 0);
AT(nexus_error, flags, 4);
AT(nexus_error, where, 8);
AT(nexus_error, message, 128);

SIZE(nexus_receipt, 672);
AT(nexus_receipt, size, 0);
AT(nexus_receipt, sequence, 8);
AT(nexus_receipt, duplicate, 16);
AT(nexus_receipt, stream, 17);
AT(nexus_receipt, message_id, 273);
AT(nexus_receipt, causal_id, 401);

SIZE(nexus_client_stats, 208);
AT(nexus_client_stats, size, 0);
AT(nexus_client_stats, published, 8);
AT(nexus_client_stats, acked, 16);
AT(nexus_client_stats, duplicates, 24);
AT(nexus_client_stats, resent, 32);
AT(nexus_client_stats, failed, 40);
AT(nexus_client_stats, in_flight, 48);
AT(nexus_client_stats, received, 56);
AT(nexus_client_stats, handled, 64);
AT(nexus_client_stats, retried, 72);
AT(nexus_client_stats, rejected, 80);
AT(nexus_client_stats, deferred, 88);
AT(nexus_client_stats, queued, 96);
AT(nexus_client_stats, in_hand, 104);
AT(nexus_client_stats, poison, 112);
AT(nexus_client_stats, poison_size, 120);
AT(nexus_client_stats, poison_json, 128);
AT(nexus_client_stats, poison_envelope, 136);
AT(nexus_client_stats, poison_tenant, 144);
AT(nexus_client_stats, poison_payload, 152);
AT(nexus_client_stats, poison_channel, 160);
AT(nexus_client_stats, redelivered, 168);
AT(nexus_client_stats, schema_drift, 176);
AT(nexus_client_stats, clock_dropped, 184);
AT(nexus_client_stats, connects, 192);
AT(nexus_client_stats, disconnects, 200);

SIZE(nexus_member, 64);
AT(nexus_member, size, 0);
AT(nexus_member, name, 8);
AT(nexus_member, kind, 16);
AT(nexus_member, required, 20);
AT(nexus_member, max_length, 24);
AT(nexus_member, format, 32);
AT(nexus_member, values, 40);
AT(nexus_member, description, 48);
AT(nexus_member, example, 56);

SIZE(nexus_poison, 56);
AT(nexus_poison, subject, 8);
AT(nexus_poison, stream, 16);
AT(nexus_poison, sequence, 24);
AT(nexus_poison, err, 32);
AT(nexus_poison, body, 40);
AT(nexus_poison, body_length, 48);

SIZE(nexus_json_event, 24);
AT(nexus_json_event, channel, 8);
AT(nexus_json_event, payload, 16);

VALUE(NEXUS_OK, 0);
VALUE(NEXUS_E_INVALID, -1);
VALUE(NEXUS_E_MEMORY, -2);
VALUE(NEXUS_E_VALIDATION, -3);
VALUE(NEXUS_E_JSON, -4);
VALUE(NEXUS_E_SUBJECT, -5);
VALUE(NEXUS_E_CHANNEL, -6);
VALUE(NEXUS_E_TIMEOUT, -7);
VALUE(NEXUS_E_FULL, -8);
VALUE(NEXUS_E_CLOSED, -9);
VALUE(NEXUS_E_CONNECT, -10);
VALUE(NEXUS_E_AUTH, -11);
VALUE(NEXUS_E_PERMISSION, -12);
VALUE(NEXUS_E_NO_STREAM, -13);
VALUE(NEXUS_E_STREAM, -14);
VALUE(NEXUS_E_CONFLICT, -15);
VALUE(NEXUS_E_NOT_FOUND, -16);
VALUE(NEXUS_E_STATE, -17);
VALUE(NEXUS_E_TOO_LARGE, -18);
VALUE(NEXUS_E_IO, -19);
VALUE(NEXUS_E_FORK, -20);
VALUE(NEXUS_E_TENANT, -21);
VALUE(NEXUS_E_SIGNATURE, -22);
VALUE(NEXUS_E_KEY, -23);
VALUE(NEXUS_E_REPLAY, -24);
VALUE(NEXUS_E_UNSUPPORTED, -25);
VALUE(NEXUS_E_SETTLED, -26);
VALUE(NEXUS_E_INTERNAL, -27);
VALUE(NEXUS_ACK, 1);
VALUE(NEXUS_RETRY, 2);
VALUE(NEXUS_REJECT, 3);
VALUE(NEXUS_DEFER, 4);
VALUE(NEXUS_KIND_STRING, 1);
VALUE(NEXUS_KIND_INTEGER_ARRAY, 6);
VALUE(NEXUS_STATE_CONNECTING, 1);
VALUE(NEXUS_STATE_CLOSED, 4);
VALUE(NEXUS_START_ALL, 1);
VALUE(NEXUS_START_TIME, 5);
VALUE(NEXUS_PROVISION_CREATED, 1);
VALUE(NEXUS_PROVISION_MISSING, 3);
VALUE(NEXUS_CLOCK_EQUAL, 1);
VALUE(NEXUS_CLOCK_CONCURRENT, 4);
VALUE(NEXUS_LOG_ERROR, 1);
VALUE(NEXUS_LOG_DEBUG, 4);

/* The INIT macros set the size and nothing else; the library is the version of its headers. */
int main(void)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    struct nexus_client_stats stats = NEXUS_CLIENT_STATS_INIT;
    struct nexus_member member = NEXUS_MEMBER_INIT;
    struct nexus_error error = NEXUS_ERROR_INIT;
    if (receipt.size != sizeof receipt || stats.size != sizeof stats ||
        member.size != sizeof member || error.code != NEXUS_OK) {
        fprintf(stderr, "an INIT macro does not set the size\n");
        return EXIT_FAILURE;
    }
    if (nexus_version_number() != NEXUS_VERSION_NUMBER) {
        fprintf(stderr, "library %d, headers %d\n", nexus_version_number(), NEXUS_VERSION_NUMBER);
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
