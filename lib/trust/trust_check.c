/* SPDX-License-Identifier: Apache-2.0 */
/* Signing and checking single messages outside of a client. */
#include <string.h>

#include "checker.h"
#include "status.h"
#include "struct_size.h"

static int take_arguments(struct nexus_trust *trust, const struct nexus_signed_message *theirs,
                          struct nexus_signed_message *message, struct nexus_error *err)
{
    int code;

    if (!trust || !theirs)
        return nx_fail(err, NEXUS_E_INVALID, trust ? "message" : "trust", "is NULL");
    code = nx_struct_take(message, sizeof(*message), theirs, "message", err);
    if (code != NEXUS_OK)
        return code;
    if (!message->subject || (!message->body && message->length))
        return nx_fail(err, NEXUS_E_INVALID, message->subject ? "body" : "subject", "is NULL");
    return NEXUS_OK;
}

static int give(struct nexus_check_result *out, const struct nx_checked *checked,
                struct nexus_error *err)
{
    struct nexus_check_result ours;

    if (!out)
        return NEXUS_OK;
    memset(&ours, 0, sizeof(ours)); /* what lies behind the members, too */
    ours.verdict = checked->verdict;
    ours.refusal = checked->refusal;
    memcpy(ours.key_id, checked->key_id, strlen(checked->key_id));
    return nx_struct_give(out, out->size, &ours, sizeof(ours), err);
}

int nexus_trust_check(struct nexus_trust *trust, const struct nexus_signed_message *message,
                      struct nexus_check_result *out, struct nexus_error *err)
{
    struct nexus_signed_message ours = NEXUS_SIGNED_MESSAGE_INIT;
    int code = take_arguments(trust, message, &ours, err);
    struct nx_signed_event event;
    struct nx_checked checked = {0};
    struct nx_checker *checker;

    if (code == NEXUS_OK)
        code = give(out, &checked, err);
    if (code != NEXUS_OK)
        return code;
    event = (struct nx_signed_event){ours.subject,
                                     ours.message_id,
                                     ours.signature,
                                     ours.capability,
                                     ours.body ? ours.body : "",
                                     ours.length,
                                     ours.stored ? ours.stored : nx_wall_seconds()};
    checker = nx_checker_new(trust, NEXUS_TRUST_REQUIRE);
    if (!checker)
        return nx_no_memory(err);
    code = nx_checker_check(checker, &event, &checked, err);
    (void)give(out, &checked, NULL);
    nx_checker_free(checker);
    return code;
}

int nexus_signer_sign(const struct nexus_signer *signer, const char *subject,
                      const char *message_id, const void *body, size_t length, char **out,
                      struct nexus_error *err)
{
    struct nx_buf text = NX_BUF_INIT, work = NX_BUF_INIT;

    if (!signer || !subject || !message_id || !out || (!body && length))
        return nx_fail(err, NEXUS_E_INVALID,
                       !signer       ? "signer"
                       : !subject    ? "subject"
                       : !message_id ? "message_id"
                       : !out        ? "out"
                                     : "body",
                       "is NULL");
    *out = NULL;
    if (!nx_pattern_sound(subject, strlen(subject)) || strpbrk(subject, "*>"))
        return nx_fail(err, NEXUS_E_INVALID, "subject", "is no concrete subject");
    if (!nx_signed_id_sound(message_id))
        return nx_fail(err, NEXUS_E_INVALID, "message_id",
                       "must be 1 to %d printable ASCII characters without spaces and quotes",
                       NX_SIGNED_ID_MAX);
    nx_signature_write_single(&text, &work, signer, subject, message_id, body, length,
                              nx_wall_seconds());
    nx_buf_free(&work);
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}
