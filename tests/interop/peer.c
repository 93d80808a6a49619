/* SPDX-License-Identifier: Apache-2.0 */
/* This library's side of the interoperability tests. `peer publish` provisions, publishes each kind
 * of sample on each channel through the typed functions, and prints what it published; `peer
 * receive N` subscribes typed to all channels, prints "ready", and prints the N events that it
 * gets. One JSON text a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "test_clock.h"

#define TENANT             "salon-001"
#define LIMIT_MILLISECONDS 60000

struct receiver {
    int received;
};

static int complain(const char *what, int status, const struct nexus_error *err)
{
    fprintf(stderr, "%s: %s: %s: %s\n", what, nexus_status_name(status), err->where, err->message);
    return EXIT_FAILURE;
}

static void print_log(enum nexus_log_level level, const char *line, void *data)
{
    (void)data;
    fprintf(stderr, "log %d: %s\n", (int)level, line);
}

static struct nexus_client *connect_client(struct nexus_error *err)
{
    struct nexus_client *client = NULL;
    struct nexus_client_options *options = nexus_client_options_new();
    int status = nexus_client_options_set_url(options, getenv("NEXUS_URL"), err);
    if (status == NEXUS_OK) {
        nexus_client_options_set_service(options, "peer", NULL);
        nexus_client_options_set_log(options, NEXUS_LOG_WARNING, print_log, NULL, NULL);
        status = nexus_client_new(options, &client, err);
    }
    if (status != NEXUS_OK) {
        complain("connect", status, err);
    }
    nexus_client_options_destroy(options);
    return client;
}

static int publish_one(struct nexus_client *client, const struct test_channel *channel,
                       enum test_variant variant, int number, struct nexus_error *err)
{
    struct nexus_receipt receipt = NEXUS_RECEIPT_INIT;
    void *event = test_sample_new(channel, variant, number);
    int status = channel->publish(client, TENANT, event, NULL, &receipt, err);
    if (status == NEXUS_OK) {
        char *payload = test_sample_json(channel, event);
        printf("{\"channel\":\"%s\",\"variant\":\"%s\",\"id\":\"%s\",\"causal_id\":\"%s\","
               "\"sequence\":%" PRIu64 ",\"tenant\":%s,\"payload\":%s}\n",
               channel->name, test_variant_name(variant), receipt.message_id, receipt.causal_id,
               receipt.sequence, channel->has_tenant ? "\"" TENANT "\"" : "null", payload);
        free(payload);
    }
    test_sample_destroy(channel, event);
    return status;
}

static int publish_all(struct nexus_client *client)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    int status = nexus_provision(client, NULL, NULL, &err);
    for (size_t i = 0; i < test_channel_count && status == NEXUS_OK; i++) {
        for (int variant = 0; variant < TEST_VARIANT_COUNT && status == NEXUS_OK; variant++) {
            status = publish_one(client, &test_channels[i], (enum test_variant)variant, (int)i + 1,
                                 &err);
        }
    }
    return status == NEXUS_OK ? EXIT_SUCCESS : complain("publish", status, &err);
}

static enum nexus_verdict print_event(const struct test_channel *channel, const void *event,
                                      struct nexus_delivery *delivery, void *data)
{
    struct receiver *receiver = data;
    const char *tenant = nexus_delivery_tenant(delivery);
    char *payload = test_sample_json(channel, event);
    printf("{\"channel\":\"%s\",\"tenant\":\"%s\",\"causal_id\":\"%s\",\"clock\":%s,\"extra\":%s,"
           "\"raw\":%s,\"payload\":%s}\n",
           channel->name, tenant != NULL ? tenant : "", nexus_delivery_causal_id(delivery),
           nexus_delivery_vector_clock(delivery),
           nexus_delivery_envelope_extra(delivery) != NULL ? nexus_delivery_envelope_extra(delivery)
                                                           : "null",
           nexus_delivery_payload(delivery), payload);
    free(payload);
    receiver->received++;
    return NEXUS_ACK;
}

static int receive(struct nexus_client *client, int wanted)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct receiver receiver = {0};
    struct test_sink sink = {print_event, &receiver};
    for (size_t i = 0; i < test_channel_count; i++) {
        struct nexus_subscription *subscription = NULL;
        int status = test_channels[i].subscribe(client, NULL, &sink, NULL, &subscription, &err);
        if (status != NEXUS_OK) {
            return complain(test_channels[i].name, status, &err);
        }
    }
    printf("\"ready\"\n");
    int64_t deadline = test_now() + LIMIT_MILLISECONDS;
    while (receiver.received < wanted && test_now() < deadline) {
        int status = nexus_client_dispatch(client, 100, &err);
        if (status < 0) {
            return complain("dispatch", status, &err);
        }
        fflush(stdout);
    }
    int status = nexus_client_close(client, LIMIT_MILLISECONDS, &err);
    if (status != NEXUS_OK) {
        return complain("close", status, &err);
    }
    fprintf(stderr, "received %d of %d\n", receiver.received, wanted);
    return receiver.received == wanted ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    bool publish = argc == 2 && strcmp(argv[1], "publish") == 0;
    if ((!publish && (argc != 3 || strcmp(argv[1], "receive") != 0)) ||
        getenv("NEXUS_URL") == NULL) {
        fprintf(stderr, "usage: NEXUS_URL=... peer publish | peer receive COUNT\n");
        return 2;
    }
    struct nexus_client *client = connect_client(&err);
    if (client == NULL) {
        return EXIT_FAILURE;
    }
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    int status = publish ? publish_all(client) : receive(client, atoi(argv[2]));
    nexus_client_destroy(client);
    return status;
}
