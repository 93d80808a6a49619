/* SPDX-License-Identifier: Apache-2.0 */
/* What stands for the inboxes on disk in a library that was built without SQLite. */
#include "inbox_file.h"
#include "status.h"

static int unsupported(struct nexus_error *err)
{
    return nx_fail(err, NEXUS_E_UNSUPPORTED, "inbox",
                   "this library was built without SQLite (Meson option inbox)");
}

int nexus_inbox_create(void *database, struct nexus_error *err)
{
    (void)database;
    return unsupported(err);
}

int nexus_inbox_claim(void *database, struct nexus_delivery *delivery, enum nexus_claim *claim,
                      struct nexus_error *err)
{
    (void)database;
    (void)delivery;
    (void)claim;
    return unsupported(err);
}

int nexus_inbox_expire(void *database, int64_t seconds, int64_t limit, int64_t *removed,
                       struct nexus_error *err)
{
    (void)database;
    (void)seconds;
    (void)limit;
    (void)removed;
    return unsupported(err);
}

int nexus_inbox_open(const char *path, int64_t keep_seconds, bool power_safe,
                     struct nexus_inbox **out, struct nexus_error *err)
{
    (void)path;
    (void)keep_seconds;
    (void)power_safe;
    if (out)
        *out = NULL;
    return unsupported(err);
}

void nx_inbox_file_close(struct nx_inbox_file *file)
{
    (void)file;
}

int nx_inbox_file_claim(struct nx_inbox_file *file, const struct nx_inbox_name *name, bool *handled,
                        bool *uncertain, struct nexus_error *err)
{
    (void)file;
    (void)name;
    (void)handled;
    (void)uncertain;
    return unsupported(err);
}

int nx_inbox_file_conclude(struct nx_inbox_file *file, const struct nx_inbox_name *name,
                           bool handled, struct nexus_error *err)
{
    (void)file;
    (void)name;
    (void)handled;
    return unsupported(err);
}
