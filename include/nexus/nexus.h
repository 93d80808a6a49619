/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file nexus.h
 * The Nexus SDK: everything in one include.
 *
 * CONCEPTS
 *   The platform's bus is NATS JetStream. Its contract (docs/nexus.asyncapi.yaml) has channels;
 *   each has a subject, `nexus.{tenant_id}.booking.created`, and a payload. An event travels as one
 *   JSON envelope: causal_id, vector_clock, payload, tenant. This library turns a C struct into that
 *   and back: one publish function and one subscribe function per channel (events.h, docs/events.md),
 *   and the same by name with JSON (nexus_publish_json, nexus_subscribe_json).
 *   Publishing waits for the stream's acknowledgement, and repeats with the same message id, so an
 *   event is stored once. Subscribing reads through a durable consumer, a handler returns a verdict,
 *   and an inbox keeps what was handled from being handled again.
 *   A causal id names a chain of events; what a handler publishes joins the chain of its event.
 *
 * LIFECYCLE
 *   nexus_client_new -> (nexus_provision) -> nexus_subscribe_… -> nexus_client_run
 *                    -> nexus_publish_… -> nexus_client_close -> nexus_client_destroy
 *   Every object has a _destroy that takes NULL. Subscriptions end with their client.
 *
 * THREADS AND CALLBACKS
 *   Publish from any thread. Handlers, completions and state callbacks run only inside
 *   nexus_client_dispatch(), _run(), _flush() and _close(), on the calling thread; an event loop
 *   watches nexus_client_fd(). Only the log callback may come from another thread, and handlers for
 *   which workers were asked (workers.h). Each callback
 *   type says what may be called from it; what may not returns NEXUS_E_STATE and never deadlocks.
 *   A client does not survive fork(): calls in the child return NEXUS_E_FORK.
 *
 * ARGUMENTS AND OWNERSHIP
 *   Order: object, subject parameters, event, options, outputs, err. Inputs are copied before a
 *   call returns. What a callback is given is valid during the callback. `**out` outputs are the
 *   caller's, and are NULL after a failure.
 *
 * ERRORS
 *   0 or a negative enum nexus_status; `struct nexus_error` names the member or argument and says
 *   in a sentence what is wrong with it.
 *
 * HANDLING
 *   RETRY by a schedule, REJECT, and what cannot be read: after the last delivery an event becomes a
 *   dead letter, in a stream of its own, and can be sent back (dead_letter.h, docs/consuming.md).
 *   Each event is handled once across redelivery; across the end of the process with an inbox on
 *   disk or in the application's own transaction (inbox.h, docs/exactly-once.md). Handlers on several
 *   threads with order for each key (workers.h), reading a stream from its start without acks
 *   (replay.h), events whose causes are missing (causality.h).
 *
 * SPOOL
 *   nexus_client_options_set_spool: events are kept in a file while the server is away, or before
 *   anything else, and outlive the process (spool.h, docs/spool.md).
 *
 * SIGNING
 *   nexus_signer_from_file -> nexus_client_options_set_signer: everything that the client publishes
 *   is signed (keys.h). nexus_trust_load -> nexus_client_options_set_trust: nothing reaches a handler
 *   unless a known key, allowed for its subject, signed just these bytes for just this place, and it
 *   was not handled before (trust.h). nexus_capability_issue lets a core key vouch for producers'
 *   keys (capability.h). docs/signing.md has the format, docs/threat-model.md what it is good for.
 *
 * OUTBOX
 *   nexus_prepare_… -> the application's own transaction -> nexus_publish_prepared (outbox.h).
 *
 * WATCHING
 *   nexus_client_stats and its JSON and Prometheus forms, hooks for spans, log lines with stable
 *   names (observe.h, docs/observability.md). testing.h, which is not included here, has a bus in
 *   memory for an application's tests.
 *
 * ABI
 *   Handles and options are opaque. Public structs begin with `size`, which their INIT macro sets,
 *   and grow only at the end: members that an older caller does not have read as zero, and a newer
 *   caller is accepted when the bytes unknown here are zero. Codes and enum values are never
 *   renumbered.
 *
 * LIMITS
 *   Body 1 MiB (option), subject 255 bytes, token 63, causal id 256 bytes, JSON depth 64, integers
 *   within plus or minus 2^53 - 1, vector clock 64 entries (option).
 */
#ifndef NEXUS_NEXUS_H
#define NEXUS_NEXUS_H

#include <nexus/base.h>
#include <nexus/capability.h>
#include <nexus/causality.h>
#include <nexus/channel.h>
#include <nexus/client.h>
#include <nexus/dead_letter.h>
#include <nexus/delivery.h>
#include <nexus/error.h>
#include <nexus/events.h>
#include <nexus/inbox.h>
#include <nexus/inspect.h>
#include <nexus/keys.h>
#include <nexus/observe.h>
#include <nexus/options.h>
#include <nexus/outbox.h>
#include <nexus/provision.h>
#include <nexus/publish.h>
#include <nexus/replay.h>
#include <nexus/spool.h>
#include <nexus/subscribe.h>
#include <nexus/trust.h>
#include <nexus/vector_clock.h>
#include <nexus/workers.h>

#endif
