/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of publishing and handling, exported as OTLP/JSON over HTTP: what an OpenTelemetry
 * collector takes at /v1/traces. An example of how to use the hooks of <nexus/observe.h>; a service
 * that has an OpenTelemetry SDK starts and ends that SDK's spans in the same four places. */
#ifndef OTLP_H
#define OTLP_H

#include <nexus/nexus.h>

struct otlp;

/* `endpoint` is "http://host:port". NULL without memory. */
struct otlp *otlp_new(const char *service, const char *endpoint);

/* Sets the hooks that make a client's spans. The exporter must outlive the client. */
int otlp_watch(struct otlp *otlp, struct nexus_client_options *options, struct nexus_error *err);

/* Sends the spans that have ended. False when the collector did not take them: they are kept for
 * the next time, and `problem` says why. Call it now and then, and after the client's end. */
bool otlp_flush(struct otlp *otlp, char problem[128]);

void otlp_free(struct otlp *otlp);

#endif
