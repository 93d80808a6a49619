/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the spool, in a build without SQLite. The options see to it that no client has one,
 * so most of this is never reached. */
#include "spool.h"
#include "status.h"

bool nx_spool_available(void)
{
    return false;
}

int nx_spool_new(struct nexus_client *client, struct nexus_error *err)
{
    (void)client;
    (void)err;
    return NEXUS_OK;
}

int nx_spool_start(struct nexus_client *client, struct nexus_error *err)
{
    (void)client;
    (void)err;
    return NEXUS_OK;
}

void nx_spool_stop(struct nexus_client *client)
{
    (void)client;
}

void nx_spool_free(struct nexus_client *client)
{
    (void)client;
}

bool nx_spool_first(struct nexus_client *client)
{
    (void)client;
    return false;
}

int nx_spool_keep(struct nexus_client *client, const struct nx_outgoing *event,
                  struct nx_kept **out, struct nexus_error *err)
{
    (void)client;
    (void)event;
    (void)out;
    return nx_fail(err, NEXUS_E_UNSUPPORTED, "spool", "this library was built without it");
}

int nx_spool_room(struct nexus_client *client, size_t bytes, struct nexus_error *err)
{
    (void)client;
    (void)bytes;
    return nx_fail(err, NEXUS_E_UNSUPPORTED, "spool", "this library was built without it");
}

void nx_spool_append(struct nexus_client *client, struct nx_kept *kept)
{
    (void)client;
    nx_kept_release(kept);
}

int64_t nx_spool_tick(struct nexus_client *client, int64_t now)
{
    (void)client;
    (void)now;
    return INT64_MAX;
}

void nx_spool_adopt(struct nexus_client *client, struct nx_record *record)
{
    (void)client;
    (void)record;
}

void nx_spool_ended(struct nexus_client *client, struct nx_record *record, int code,
                    const char *text)
{
    (void)client;
    (void)record;
    (void)code;
    (void)text;
}

bool nx_spool_keeps(const struct nx_record *record, int code)
{
    (void)record;
    (void)code;
    return false;
}

void nx_spool_before_send(struct nexus_client *client, struct nx_record *record)
{
    (void)client;
    (void)record;
}
