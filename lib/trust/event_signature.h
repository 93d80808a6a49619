/* SPDX-License-Identifier: Apache-2.0 */
/* The header `Nexus-Signature`, in both forms; docs/signing.md has them byte by byte.
 *
 *   single  <protected>..<signature>
 *   tree    <protected>..<signature>~<index>~<path>~<message id>
 *
 * Both are a detached JWS. The single one's payload is the body, unencoded (RFC 7797); the tree's
 * is the root of the hash tree, encoded as usual. */
#ifndef NX_EVENT_SIGNATURE_H
#define NX_EVENT_SIGNATURE_H

#include <nexus/channel.h>
#include <nexus/trust.h>

#include "merkle.h"
#include "signer.h"

#define NX_SIGNATURE_HEADER   "Nexus-Signature"
#define NX_CAPABILITY_HEADER  "Nexus-Capability"
#define NX_SIGNATURE_TEXT_MAX 4096
#define NX_PROTECTED_TEXT_MAX 1400 /* of it, the protected header */
#define NX_PROTECTED_MAX      (NX_PROTECTED_TEXT_MAX * 3 / 4)
#define NX_SIGNATURE_ROOM     640 /* about what a signature adds to a message */
#define NX_SIGNED_ID_MAX      128
#define NX_TREE_TYPE          "nexus-tree"

/* The header taken apart. The texts point into it. */
struct nx_signature {
    bool tree;
    const char *jws; /* "<protected>..<signature>" */
    size_t jws_length;
    size_t protected_length;
    unsigned char bytes[NX_ED25519_SIGNATURE];
    uint32_t index;
    const char *path; /* in base64url */
    size_t path_length;
    const char *message_id; /* of the tree form; NUL-terminated */
};

/* What the protected header says. */
struct nx_protected {
    char key_id[NEXUS_KEY_ID_MAX + 1];
    char subject[NEXUS_SUBJECT_MAX + 1];   /* single */
    char message_id[NX_SIGNED_ID_MAX + 1]; /* single */
    int64_t issued;
    uint32_t leaves; /* tree */
};

/* Reading. On failure the reason is REFUSED_MALFORMED or REFUSED_ALGORITHM, and the code
 * NEXUS_E_SIGNATURE. */
int nx_signature_read(const char *text, struct nx_signature *out, enum nexus_refusal *refusal,
                      struct nexus_error *err);
int nx_protected_read(struct nx_json *json, const struct nx_signature *signature,
                      struct nx_protected *out, enum nexus_refusal *refusal,
                      struct nexus_error *err);
/* Whether a message id can be signed: 1 to NX_SIGNED_ID_MAX printable ASCII bytes that JSON writes
 * as they are, without spaces. */
bool nx_signed_id_sound(const char *text);

/* Writing. `work` is a buffer to use; a failure is in `out->failed`. */
void nx_signature_write_single(struct nx_buf *out, struct nx_buf *work,
                               const struct nexus_signer *signer, const char *subject,
                               const char *message_id, const void *body, size_t length,
                               int64_t issued);
/* The part that all events of a tree share. */
void nx_signature_write_root(struct nx_buf *out, struct nx_buf *work,
                             const struct nexus_signer *signer, const struct nx_merkle *tree,
                             int64_t issued);
/* The whole of one event, NUL-terminated. */
void nx_signature_write_leaf(struct nx_buf *out, const struct nx_buf *root,
                             const struct nx_merkle *tree, uint32_t index, const char *message_id);

#endif
