/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of prepared events, as a database might give them back. The checksum is made right
 * first, for whoever can write to the database can do that too. What is accepted is what this
 * library could have written, byte for byte. */
#include <nexus/outbox.h>
#include <sodium.h>

#include "fuzz.h"
#include "outgoing.h"

#define DIGEST 16

static void check_texts(const struct nexus_prepared *prepared)
{
    FUZZ_ASSERT(nexus_prepared_channel(prepared) && nexus_prepared_causal_id(prepared)[0]);
    FUZZ_ASSERT(strncmp(nexus_prepared_subject(prepared), "nexus.", 6) == 0);
    FUZZ_ASSERT(!strpbrk(nexus_prepared_subject(prepared), " \r\n*>"));
    for (size_t i = 0; i < nexus_prepared_header_count(prepared); i++) {
        FUZZ_ASSERT(!strpbrk(nexus_prepared_header_name(prepared, i), ": \r\n"));
        FUZZ_ASSERT(nexus_prepared_header_value(prepared, i)[0]);
        FUZZ_ASSERT(!strpbrk(nexus_prepared_header_value(prepared, i), "\r\n"));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes = (unsigned char *)fuzz_text(data, size);
    struct nexus_prepared *prepared = NULL;
    struct nx_outgoing event;

    if (size > DIGEST)
        crypto_generichash(bytes + size - DIGEST, DIGEST, bytes, size - DIGEST, NULL, 0);
    if (nx_outgoing_read(bytes, size, &event, NULL) == NEXUS_OK) {
        struct nx_buf again = NX_BUF_INIT;
        nx_outgoing_write(&event, &again);
        FUZZ_ASSERT(!again.failed && again.length == size);
        FUZZ_ASSERT(memcmp(again.data, bytes, size) == 0);
        nx_buf_free(&again);
    }
    if (nexus_prepared_read(bytes, size, &prepared, NULL) == NEXUS_OK)
        check_texts(prepared);
    nexus_prepared_destroy(prepared);
    free(bytes);
    return 0;
}
