/* SPDX-License-Identifier: Apache-2.0 */
/* What tokens say, for people and for the audit trail. */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "captoken.h"
#include "status.h"

static int malformed(struct nexus_error *err)
{
    return nx_fail(err, NEXUS_E_SIGNATURE, "capability", "is no capability token");
}

/* Appends a part as the JSON that it is. */
static int put_part(struct nx_buf *out, const char *text, size_t length, struct nexus_error *err)
{
    struct nx_json json = NX_JSON_INIT;
    size_t start = out->length, size = 0;
    int code;

    if (!nx_buf_reserve(out, length))
        return nx_no_memory(err);
    if (!nx_base64url_read(text, length, out->data + start, &size))
        return malformed(err);
    code = nx_json_read_depth(&json, out->data + start, size, 8, NULL);
    if (code != NEXUS_OK || json.nodes[0].type != NX_JSON_OBJECT)
        code = code == NEXUS_E_MEMORY ? nx_no_memory(err) : malformed(err);
    nx_json_free(&json);
    out->length += size;
    return code;
}

int nexus_capability_inspect(const char *token, char **out, struct nexus_error *err)
{
    struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH];
    struct nx_buf text = NX_BUF_INIT;
    unsigned count;
    int code = NEXUS_OK;

    if (!token || !out)
        return nx_fail(err, NEXUS_E_INVALID, token ? "out" : "token", "is NULL");
    *out = NULL;
    count = nx_chain_split(token, tokens);
    if (!count)
        return malformed(err);
    for (unsigned i = 0; code == NEXUS_OK && i < count; i++) {
        nx_buf_puts(&text, i ? ",{\"header\":" : "[{\"header\":");
        code = put_part(&text, tokens[i].header, tokens[i].header_length, err);
        nx_buf_puts(&text, ",\"claims\":");
        if (code == NEXUS_OK)
            code = put_part(&text, tokens[i].payload, tokens[i].payload_length, err);
        nx_buf_putc(&text, '}');
    }
    nx_buf_putc(&text, ']');
    if (code != NEXUS_OK) {
        nx_buf_free(&text);
        return code;
    }
    *out = nx_buf_take(&text);
    return *out ? NEXUS_OK : nx_no_memory(err);
}

static void put_list(struct nx_buf *out, const char *name, const struct nx_patterns *list)
{
    nx_buf_printf(out, ",\"%s\":[", name);
    for (unsigned i = 0; i < list->count; i++) {
        nx_buf_puts(out, i ? "," : "");
        nx_json_put_string(out, list->items[i], strlen(list->items[i]));
    }
    nx_buf_putc(out, ']');
}

static void put_text(struct nx_buf *out, const char *name, const char *text)
{
    nx_buf_printf(out, "%s\"%s\":", out->length ? "," : "{", name);
    nx_json_put_string(out, text, strlen(text));
}

int nexus_capability_announce(struct nexus_client *client, const char *token,
                              const struct nexus_publish_options *options,
                              struct nexus_receipt *receipt, struct nexus_error *err)
{
    struct nx_jwt tokens[NEXUS_CAPABILITY_DEPTH];
    struct nx_json json = NX_JSON_INIT;
    struct nx_arena arena = NX_ARENA_INIT;
    struct nx_buf text = NX_BUF_INIT;
    struct nx_claims claims = {0};
    unsigned count;
    int code;

    if (!client || !token)
        return nx_fail(err, NEXUS_E_INVALID, client ? "token" : "client", "is NULL");
    count = nx_chain_split(token, tokens);
    code = count ? nx_jwt_claims(&json, &tokens[count - 1], &arena, &claims, err) : malformed(err);
    if (code == NEXUS_OK) {
        put_text(&text, "token_id", claims.id);
        put_text(&text, "issuer", claims.issuer);
        put_text(&text, "subject", claims.subject);
        put_text(&text, "key_id", claims.key.key_id);
        put_list(&text, "subjects", &claims.subjects);
        put_list(&text, "actions", &claims.actions);
        nx_buf_printf(&text, ",\"not_before\":%lld,\"not_after\":%lld,\"depth\":%u}",
                      (long long)claims.not_before, (long long)claims.not_after, count);
        code = nx_buf_text(&text) ? nexus_publish_json(client, "capTokenIssued", NULL, text.data,
                                                       options, receipt, err)
                                  : nx_no_memory(err);
    }
    nx_buf_free(&text);
    nx_arena_free(&arena);
    nx_json_free(&json);
    return code;
}
