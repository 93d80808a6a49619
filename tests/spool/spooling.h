/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs about the spool share: clients with one, in the test's directory, and what
 * became of its events. */
#ifndef TEST_SPOOLING_H
#define TEST_SPOOLING_H

#include "harness.h"

/* Options of a client whose spool is <directory of the server>/spool.db; it does not wait for the
 * connection. */
struct nexus_client_options *spool_options(enum nexus_spool_mode mode);
struct nexus_client *spool_client(enum nexus_spool_mode mode);
const char *spool_path(void);

struct nexus_spool_stats spool_stats(struct nexus_client *client);

/* The spool becomes empty. */
void spool_drained(struct nexus_client *client);

/* Asserts that the stream "NEXUS" holds kbIngested events numbered `first` to `last` for the test's
 * tenant, each once and in this order, and nothing else. */
void spool_in_stream(int first, int last);

/* Reports by reason; a spool callback with struct spool_reports as data. */
struct spool_reports {
    int calls;
    uint64_t counts[NEXUS_SPOOL_WAITING + 1];
    int last_code;
    char last_id[NEXUS_MESSAGE_ID_SIZE];
    char first_dropped[NEXUS_MESSAGE_ID_SIZE];
    char message[512];
};
void spool_on_report(struct nexus_client *client, const struct nexus_spool_report *report,
                     void *data);

#endif
