/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of environment.c about keys and trust. */
#ifndef ENVIRONMENT_TRUST_H
#define ENVIRONMENT_TRUST_H

#include <nexus/nexus.h>

/* NEXUS_E_INVALID with this message. */
int environment_fail(struct nexus_error *err, const char *message);

int environment_set_signer(struct nexus_client_options *options, const char *path,
                           struct nexus_error *err);
int environment_need_key(struct nexus_client_options *options, const char *value,
                         struct nexus_error *err);
int environment_set_capability(struct nexus_client_options *options, const char *path,
                               struct nexus_error *err);
int environment_set_trust(struct nexus_client_options *options, const char *path,
                          struct nexus_error *err);
int environment_need_trust(struct nexus_client_options *options, const char *value,
                           struct nexus_error *err);

#endif
