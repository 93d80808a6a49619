/* SPDX-License-Identifier: Apache-2.0 */
/* One message against the trust store. Cheap questions come first, and every question has one
 * answer, whatever the caches hold. */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "status.h"

/* One check under way. */
struct check {
    struct nx_checker *checker;
    const struct nx_signed_event *event;
    struct nx_signature signature;
    struct nx_protected says;
    struct nx_root *root; /* the tree, where it is remembered */
    struct nx_checked *out;
    struct nexus_error *err;
};

/* By whom an event may have been signed, and what that key may do. */
struct authority {
    const unsigned char *public_key;
    const struct nx_patterns *subjects;
    int64_t not_before, not_after;
    bool delegated;
};

struct nx_checker *nx_checker_new(struct nexus_trust *trust, enum nexus_trust_policy policy)
{
    struct nx_checker *checker = calloc(1, sizeof(*checker));

    if (!checker)
        return NULL;
    checker->trust = nx_trust_retain(trust);
    checker->policy = policy;
    return checker;
}

static void forget(struct nx_checker *checker)
{
    nx_roots_forget(checker);
    nx_captokens_forget(checker);
    nx_trust_set_release(checker->set);
    checker->set = NULL;
}

void nx_checker_free(struct nx_checker *checker)
{
    if (!checker)
        return;
    forget(checker);
    nexus_trust_destroy(checker->trust);
    nx_json_free(&checker->json);
    nx_buf_free(&checker->work);
    free(checker);
}

static void refresh(struct nx_checker *checker)
{
    if (checker->set && checker->generation == atomic_load(&checker->trust->generation))
        return;
    forget(checker);
    checker->set =
        nx_trust_current(checker->trust, &checker->generation, &checker->ahead, &checker->late);
}

static int refuse(struct check *check, enum nexus_refusal reason, const char *where,
                  const char *message)
{
    bool key = reason == NEXUS_REFUSED_UNKNOWN_KEY || reason == NEXUS_REFUSED_REVOKED ||
               reason == NEXUS_REFUSED_TIME || reason == NEXUS_REFUSED_NOT_ALLOWED;

    check->out->refusal = reason;
    return nx_fail(check->err, key ? NEXUS_E_KEY : NEXUS_E_SIGNATURE, where, "%s", message);
}

/* ---- what the header says, and whether it says it of this message */

static int read_header(struct check *check)
{
    int code = nx_signature_read(check->event->signature, &check->signature, &check->out->refusal,
                                 check->err);

    if (code != NEXUS_OK)
        return code;
    if (check->signature.tree) {
        check->root =
            nx_roots_find(check->checker, check->signature.jws, check->signature.jws_length);
        if (check->root) {
            memcpy(check->says.key_id, check->root->key_id, sizeof(check->says.key_id));
            check->says.issued = check->root->issued;
            check->says.leaves = check->root->tree.leaves;
            return NEXUS_OK;
        }
    }
    return nx_protected_read(&check->checker->json, &check->signature, &check->says,
                             &check->out->refusal, check->err);
}

/* In a tree the subject is part of the leaf, and shows when the path is climbed. */
static int check_names(struct check *check)
{
    const struct nx_signed_event *event = check->event;
    const char *signed_id =
        check->signature.tree ? check->signature.message_id : check->says.message_id;

    memcpy(check->out->message_id, signed_id, strlen(signed_id) + 1);
    if (!check->signature.tree && strcmp(check->says.subject, event->subject) != 0)
        return refuse(check, NEXUS_REFUSED_SUBJECT, NX_SIGNATURE_HEADER,
                      "the event was signed for another subject");
    if (event->message_id && strcmp(event->message_id, signed_id) != 0)
        return refuse(check, NEXUS_REFUSED_MESSAGE_ID, NX_SIGNATURE_HEADER,
                      "the event was signed for another message id");
    return NEXUS_OK;
}

/* ---- the key */

static int by_captoken(struct check *check, struct authority *authority)
{
    struct nx_captoken *token = NULL;
    int code = nx_captokens_get(check->checker, check->event->capability, &token,
                                &check->out->refusal, check->err);

    if (code != NEXUS_OK)
        return code;
    if (strcmp(token->claims.key.key_id, check->says.key_id) != 0)
        return refuse(check, NEXUS_REFUSED_CAPABILITY, NX_CAPABILITY_HEADER,
                      "the capability was granted to another key");
    if (!token->publishes)
        return refuse(check, NEXUS_REFUSED_NOT_ALLOWED, check->event->subject,
                      "the capability does not grant the action publish");
    *authority = (struct authority){token->claims.key.bytes, &token->claims.subjects,
                                    token->claims.not_before, token->claims.not_after, true};
    return NEXUS_OK;
}

static int find_authority(struct check *check, struct authority *authority)
{
    const struct nx_trust_set *set = check->checker->set;
    const struct nx_trust_key *key = nx_trust_set_find(set, check->says.key_id);

    if (nx_trust_set_revoked(set, check->says.key_id) ||
        (key && nx_trust_set_revoked(set, key->thumbprint)))
        return refuse(check, NEXUS_REFUSED_REVOKED, check->says.key_id, "the key was revoked");
    if (!key && check->event->capability)
        return by_captoken(check, authority);
    if (!key)
        return refuse(check, NEXUS_REFUSED_UNKNOWN_KEY, check->says.key_id, "the key is not known");
    *authority =
        (struct authority){key->key.bytes, &key->subjects, key->not_before, key->not_after, false};
    return NEXUS_OK;
}

/* The signer's clock decides whether the key was in its time; the stream's, which the signer cannot
 * set, bounds how far that may be from the truth. */
static int check_rights(struct check *check, const struct authority *authority)
{
    const struct nx_checker *checker = check->checker;
    int64_t stored = check->event->stored, issued = check->says.issued;

    if (issued > stored + checker->ahead)
        return refuse(check, NEXUS_REFUSED_TIME, NX_SIGNATURE_HEADER,
                      "the event was signed after it was stored: a clock is wrong");
    if (issued < authority->not_before)
        return refuse(check, NEXUS_REFUSED_TIME, check->says.key_id,
                      "the event was signed before the time of its key or capability");
    if (issued > authority->not_after || stored - checker->late > authority->not_after)
        return refuse(check, NEXUS_REFUSED_TIME, check->says.key_id,
                      "the time of its key or capability was over");
    if (!nx_patterns_match(authority->subjects, check->event->subject))
        return refuse(check, NEXUS_REFUSED_NOT_ALLOWED, check->event->subject,
                      "the key may not publish this subject");
    return NEXUS_OK;
}

/* ---- the signature */

static int wrong(struct check *check)
{
    return refuse(check, NEXUS_REFUSED_SIGNATURE, NX_SIGNATURE_HEADER,
                  "the signature does not fit: subject, message id, body or signature was changed");
}

static int verify(struct check *check, const void *payload, size_t length, bool encode,
                  const unsigned char *public_key)
{
    struct nx_buf *work = &check->checker->work;

    nx_buf_reset(work);
    nx_buf_append(work, check->signature.jws, check->signature.protected_length);
    nx_buf_putc(work, '.');
    if (encode)
        nx_base64url_put(work, payload, length);
    else
        nx_buf_append(work, payload, length);
    if (work->failed)
        return nx_no_memory(check->err);
    check->checker->verifications++;
    return nx_ed25519_verify(check->signature.bytes, work->data, work->length, public_key)
               ? NEXUS_OK
               : wrong(check);
}

/* Remembers the tree, with what its first event has proven. */
static void remember(struct check *check, const unsigned char root[NX_HASH_SIZE],
                     const unsigned char leaf[NX_HASH_SIZE],
                     const unsigned char (*path)[NX_HASH_SIZE], const unsigned char *public_key)
{
    struct nx_root *kept =
        nx_roots_add(check->checker, check->signature.jws, check->signature.jws_length);

    if (!kept)
        return;
    memcpy(kept->key_id, check->says.key_id, sizeof(kept->key_id));
    memcpy(kept->public_key, public_key, sizeof(kept->public_key));
    kept->issued = check->says.issued;
    kept->tree.leaves = check->says.leaves;
    nx_merkle_know_root(&kept->tree, root);
    (void)nx_merkle_proves(&kept->tree, check->signature.index, leaf, path);
}

static int verify_tree(struct check *check, const unsigned char *public_key)
{
    const struct nx_signature *signature = &check->signature;
    const struct nx_signed_event *event = check->event;
    unsigned char path[NX_MERKLE_DEPTH_MAX + 1][NX_HASH_SIZE];
    unsigned char leaf[NX_HASH_SIZE], root[NX_HASH_SIZE];
    uint32_t leaves = check->says.leaves;
    size_t size = 0;
    int code;

    if (signature->index >= leaves ||
        signature->path_length > NX_BASE64_LENGTH(sizeof(path[0]) * NX_MERKLE_DEPTH_MAX) ||
        !nx_base64url_read(signature->path, signature->path_length, path, &size) ||
        size != nx_merkle_path_length(leaves, signature->index) * sizeof(path[0]))
        return refuse(check, NEXUS_REFUSED_MALFORMED, NX_SIGNATURE_HEADER,
                      "index and path do not fit the size of the tree");
    nx_merkle_leaf(event->subject, signature->message_id, event->body, event->length, leaf);
    if (check->root && memcmp(check->root->public_key, public_key, NX_ED25519_PUBLIC) == 0)
        return nx_merkle_proves(&check->root->tree, signature->index, leaf,
                                (const unsigned char(*)[NX_HASH_SIZE])path)
                   ? NEXUS_OK
                   : wrong(check);
    nx_merkle_climb(leaves, signature->index, leaf, (const unsigned char(*)[NX_HASH_SIZE])path,
                    root);
    code = verify(check, root, sizeof(root), true, public_key);
    if (code == NEXUS_OK)
        remember(check, root, leaf, (const unsigned char(*)[NX_HASH_SIZE])path, public_key);
    return code;
}

/* ---- all of it */

static int check_signed(struct check *check)
{
    struct authority authority = {0};
    int code = read_header(check);

    if (code != NEXUS_OK)
        return code;
    memcpy(check->out->key_id, check->says.key_id, sizeof(check->out->key_id));
    if ((code = check_names(check)) != NEXUS_OK ||
        (code = find_authority(check, &authority)) != NEXUS_OK ||
        (code = check_rights(check, &authority)) != NEXUS_OK)
        return code;
    if (check->signature.tree)
        code = verify_tree(check, authority.public_key);
    else
        code = verify(check, check->event->body, check->event->length, false, authority.public_key);
    if (code == NEXUS_OK)
        check->out->verdict = authority.delegated ? NEXUS_TRUST_DELEGATED : NEXUS_TRUST_VERIFIED;
    return code;
}

static int permit(struct nx_checked *out, enum nexus_trust_verdict verdict)
{
    out->refusal = NEXUS_REFUSED_NOT;
    out->verdict = verdict;
    return NEXUS_OK;
}

int nx_checker_check(struct nx_checker *checker, const struct nx_signed_event *event,
                     struct nx_checked *out, struct nexus_error *err)
{
    struct check check = {.checker = checker, .event = event, .out = out, .err = err};
    bool permits = checker->policy == NEXUS_TRUST_PERMIT;
    int code;

    out->verdict = NEXUS_TRUST_UNCHECKED;
    out->refusal = NEXUS_REFUSED_NOT;
    out->key_id[0] = out->message_id[0] = 0;
    refresh(checker);
    if (!event->signature) {
        if (permits)
            return permit(out, NEXUS_TRUST_UNSIGNED);
        return refuse(&check, NEXUS_REFUSED_UNSIGNED, NX_SIGNATURE_HEADER,
                      "the event is not signed");
    }
    code = check_signed(&check);
    if (permits && code != NEXUS_OK && out->refusal == NEXUS_REFUSED_UNKNOWN_KEY)
        return permit(out, NEXUS_TRUST_UNKNOWN_KEY);
    return code;
}
