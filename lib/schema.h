/* SPDX-License-Identifier: Apache-2.0 */
/* The shape of the generated tables: what the contract says, as data. Written by lib/codegen,
 * walked by the codec, the subject code and the registry. */
#ifndef NX_SCHEMA_H
#define NX_SCHEMA_H

#include <nexus/channel.h>
#include <nexus/outbox.h>
#include <nexus/publish.h>
#include <nexus/subscribe.h>

/* The texts of an enum, in contract order; the C constant of values[i] is i + 1. 0 is "unset". */
struct nx_enum {
    const char *const *values; /* NULL-terminated */
    uint32_t count;
};

/* The C constant, in every generated enum, of a received text that the contract does not list. */
#define NX_ENUM_UNRECOGNIZED 0x7fffffff

enum {
    NX_FIELD_REQUIRED = 1u << 0,
    NX_FIELD_URI = 1u << 1,   /* format: uri */
    NX_FIELD_LATER = 1u << 2, /* joined the struct after its channel was born; see below */
};

/* A struct grows: programs exist whose `size` ends before a later member, and handlers that know
 * only the struct's older part. Hence, for members with NX_FIELD_LATER:
 *
 *   Receiving: the typed member is filled and the member stays in `json` too, so that an older
 *   handler finds there what it always found (on a channel born open: the whole payload).
 *   Publishing: the member may come in `json`, checked as the typed one would be. Where the
 *   caller's `size` covers the typed member and it is given, it replaces the one in `json`: passing
 *   on a received event is no conflict.
 *
 * For members without it, one that is given in both places is refused. */

#define NX_NO_OFFSET UINT32_MAX

/* One typed member of a payload and where it lives in the event's struct.
 *
 *   STRING         const char *                       NULL: absent
 *   INTEGER        int64_t    + bool beside it        born required: no bool, NX_NO_OFFSET
 *   NUMBER         double     + bool beside it        the same
 *   ENUM           enum       + const char * beside   0: absent; the text as received
 *   STRING_ARRAY   const char *const * + size_t       NULL and 0: absent, or empty when required
 *   INTEGER_ARRAY  const int64_t *     + size_t       the same
 *
 * A member that was born optional and is required now keeps its bool: NX_FIELD_REQUIRED alone says
 * whether it must be given. A member counts as inside the caller's struct when all its parts, the
 * one beside included, end within `size`.
 */
struct nx_field {
    const char *name;
    uint8_t kind; /* enum nexus_kind */
    uint8_t flags;
    uint32_t offset;
    uint32_t beside;     /* has_…, …_text or …_count */
    uint32_t max_length; /* code points; 0: none */
    const struct nx_enum *enumeration;
    const char *format;      /* the contract's word, or NULL */
    const char *description; /* one sentence or "" */
    const char *example;     /* JSON text or NULL */
};

/* One address parameter. */
struct nx_parameter {
    const char *name;
    int32_t member; /* index of the required string member that carries it, or -1: an argument */
};

typedef void (*nx_any_function)(void);

/* Calls a handler of the channel's own type, given as nx_any_function. */
typedef enum nexus_verdict (*nx_thunk)(nx_any_function handler, const void *event,
                                       struct nexus_delivery *delivery, void *data);

struct nexus_channel {
    const char *name;
    const char *c_name;
    const char *address; /* "nexus.{tenant_id}.booking.created" */
    const char *summary;
    const char *fingerprint; /* 16 hex digits */
    const struct nx_parameter *parameters;
    uint32_t parameter_count;
    bool has_tenant; /* parameters[0] is the tenant */
    const struct nx_field *fields;
    uint32_t field_count;
    uint32_t struct_size; /* sizeof the event's struct, today */
    uint32_t json_offset; /* of its `json` member */
    uint32_t required_count;
    nx_thunk thunk;
};

/* Generated: lib/generated/channels.c */
extern const struct nexus_channel nx_channels[];
extern const size_t nx_channel_count;
extern const char nx_contract_version[];

/* What the generated functions call; lib/publish/publish.c, prepared.c, lib/subscribe/subscribe.c.
 * `arguments` holds, in address order, the parameters that are not taken from the payload (for
 * subscribing: all of them; NULL means any). */
int nx_publish_event(struct nexus_client *client, const struct nexus_channel *channel,
                     const char *const *arguments, const void *event,
                     const struct nexus_publish_options *options, struct nexus_receipt *receipt,
                     struct nexus_error *err);
int nx_prepare_event(struct nexus_client *client, const struct nexus_channel *channel,
                     const char *const *arguments, const void *event,
                     const struct nexus_publish_options *options, struct nexus_prepared **out,
                     struct nexus_error *err);
int nx_subscribe_event(struct nexus_client *client, const struct nexus_channel *channel,
                       const char *const *arguments, nx_any_function handler, void *data,
                       const struct nexus_subscribe_options *options,
                       struct nexus_subscription **out, struct nexus_error *err);

#endif
