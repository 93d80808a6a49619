/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the header `Nexus-Signature`. */
#include <string.h>

#include "base64.h"
#include "event_signature.h"

/* Appends "<protected>." and then what signs it, once `input` is complete. */
static void put_signature(struct nx_buf *out, size_t start, const struct nexus_signer *signer,
                          const void *input, size_t length)
{
    unsigned char bytes[NX_ED25519_SIGNATURE];

    nx_signer_signature(signer, input, length, bytes);
    out->length = start;
    nx_buf_puts(out, "..");
    nx_base64url_put(out, bytes, sizeof(bytes));
}

void nx_signature_write_single(struct nx_buf *out, struct nx_buf *work,
                               const struct nexus_signer *signer, const char *subject,
                               const char *message_id, const void *body, size_t length,
                               int64_t issued)
{
    size_t end;

    nx_buf_reset(work);
    nx_buf_puts(work, "{\"alg\":\"EdDSA\",\"b64\":false,\"crit\":[\"b64\"],\"kid\":\"");
    nx_buf_puts(work, signer->key_id);
    nx_buf_puts(work, "\",\"sub\":\"");
    nx_buf_puts(work, subject);
    nx_buf_puts(work, "\",\"jti\":\"");
    nx_buf_puts(work, message_id);
    nx_buf_puts(work, "\",\"iat\":");
    nx_buf_int64(work, issued);
    nx_buf_putc(work, '}');
    nx_base64url_put(out, work->data, work->length);
    end = out->length;

    nx_buf_reset(work);
    nx_buf_append(work, out->data, end);
    nx_buf_putc(work, '.');
    nx_buf_append(work, body, length);
    out->failed = out->failed || work->failed;
    if (!out->failed)
        put_signature(out, end, signer, work->data, work->length);
}

void nx_signature_write_root(struct nx_buf *out, struct nx_buf *work,
                             const struct nexus_signer *signer, const struct nx_merkle *tree,
                             int64_t issued)
{
    size_t end;

    nx_buf_reset(work);
    nx_buf_puts(work, "{\"alg\":\"EdDSA\",\"kid\":\"");
    nx_buf_puts(work, signer->key_id);
    nx_buf_puts(work, "\",\"typ\":\"" NX_TREE_TYPE "\",\"n\":");
    nx_buf_int64(work, tree->leaves);
    nx_buf_puts(work, ",\"iat\":");
    nx_buf_int64(work, issued);
    nx_buf_putc(work, '}');
    nx_base64url_put(out, work->data, work->length);
    end = out->length;
    nx_buf_putc(out, '.');
    nx_base64url_put(out, nx_merkle_root(tree), NX_HASH_SIZE);
    out->failed = out->failed || work->failed;
    if (!out->failed)
        put_signature(out, end, signer, out->data, out->length);
}

void nx_signature_write_leaf(struct nx_buf *out, const struct nx_buf *root,
                             const struct nx_merkle *tree, uint32_t index, const char *message_id)
{
    unsigned char path[NX_MERKLE_DEPTH_MAX][NX_HASH_SIZE];
    unsigned count = nx_merkle_path(tree, index, path);

    nx_buf_append(out, root->data, root->length);
    nx_buf_putc(out, '~');
    nx_buf_int64(out, index);
    nx_buf_putc(out, '~');
    nx_base64url_put(out, path, count * sizeof(path[0]));
    nx_buf_putc(out, '~');
    nx_buf_append(out, message_id, strlen(message_id) + 1);
}
