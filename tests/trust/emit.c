/* SPDX-License-Identifier: Apache-2.0 */
/* emit KEY FOLDER: signs things with the private key in the file KEY, writes the key to new files
 * in FOLDER, and prints all as one JSON object for implementations that are not ours. */
#include <nexus/nexus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_signature.h"

#define SUBJECT "nexus.salon-001.kb.ingested"
#define EVENTS  7

static struct nexus_error error = NEXUS_ERROR_INIT;

static void ok(int code)
{
    if (code == NEXUS_OK)
        return;
    fprintf(stderr, "%s: %s: %s\n", nexus_status_name(code), error.where, error.message);
    exit(1);
}

static void put(struct nx_buf *out, const char *name, const char *text)
{
    nx_buf_printf(out, "\"%s\":", name);
    nx_json_put_string(out, text, strlen(text));
}

static void put_message(struct nx_buf *out, int number, const char *body, const char *signature)
{
    nx_buf_printf(out, "%s{\"subject\":\"" SUBJECT "\",\"message_id\":\"salon-001:%d\",",
                  out->data[out->length - 1] == '[' ? "" : ",", number);
    put(out, "body", body);
    nx_buf_putc(out, ',');
    put(out, "signature", signature);
    nx_buf_putc(out, '}');
}

static void put_tree(struct nx_buf *out, const struct nexus_signer *signer, unsigned events)
{
    struct nx_buf root = NX_BUF_INIT, work = NX_BUF_INIT, text = NX_BUF_INIT;
    struct nx_merkle tree = {.leaves = events};
    char body[64], id[32];

    for (unsigned i = 0; i < events; i++) {
        snprintf(body, sizeof(body), "{\"tree\":%u,\"event\":%u}", events, i);
        snprintf(id, sizeof(id), "salon-001:%u", i);
        nx_merkle_leaf(SUBJECT, id, body, strlen(body), tree.nodes[i]);
    }
    nx_merkle_build(&tree);
    nx_signature_write_root(&root, &work, signer, &tree, nx_wall_seconds());
    for (unsigned i = 0; i < events; i++) {
        snprintf(body, sizeof(body), "{\"tree\":%u,\"event\":%u}", events, i);
        snprintf(id, sizeof(id), "salon-001:%u", i);
        nx_buf_reset(&text);
        nx_signature_write_leaf(&text, &root, &tree, i, id);
        put_message(out, (int)i, body, text.data);
    }
    nx_buf_free(&root);
    nx_buf_free(&work);
    nx_buf_free(&text);
}

static char *issue(const struct nexus_signer *signer)
{
    const char *subjects[] = {"nexus.salon-001.>", NULL}, *narrower[] = {SUBJECT, NULL};
    struct nexus_capability_grant grant = NEXUS_CAPABILITY_GRANT_INIT;
    struct nexus_signer *holder = NULL;
    char *key, *token, *chain;

    ok(nexus_signer_generate("holder", &holder, &error));
    ok(nexus_signer_public(holder, NEXUS_KEY_JWK, &key, &error));
    grant.issuer = "core";
    grant.subject = "till-1";
    grant.public_key = key;
    grant.subjects = subjects;
    grant.not_after = 4000000000;
    ok(nexus_capability_issue(signer, &grant, &token, &error));
    grant.subjects = narrower;
    ok(nexus_capability_narrow(token, holder, &grant, &chain, &error));
    nexus_free(key);
    nexus_free(token);
    nexus_signer_destroy(holder);
    return chain;
}

static void write_keys(const struct nexus_signer *signer, const char *folder)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/ours.pem", folder);
    ok(nexus_signer_write(signer, NEXUS_KEY_PEM, path, &error));
    snprintf(path, sizeof(path), "%s/ours.jwk", folder);
    ok(nexus_signer_write(signer, NEXUS_KEY_JWK, path, &error));
}

int main(int argc, char **argv)
{
    static const unsigned sizes[] = {1, 2, 3, 5, 8, 13, 32, 33, 64};
    struct nexus_signer *signer = NULL;
    struct nx_buf out = NX_BUF_INIT;
    char *text;

    if (argc != 3)
        return 2;
    ok(nexus_signer_from_file(argv[1], NULL, &signer, &error));
    write_keys(signer, argv[2]);
    nx_buf_puts(&out, "{\"jwk\":");
    ok(nexus_signer_public(signer, NEXUS_KEY_JWK, &text, &error));
    nx_buf_puts(&out, text);
    nexus_free(text);
    nx_buf_putc(&out, ',');
    ok(nexus_signer_public(signer, NEXUS_KEY_PEM, &text, &error));
    put(&out, "pem", text);
    nexus_free(text);
    nx_buf_putc(&out, ',');
    put(&out, "thumbprint", nexus_signer_thumbprint(signer));
    nx_buf_putc(&out, ',');
    text = issue(signer);
    put(&out, "capability", text);
    nexus_free(text);
    ok(nexus_signer_sign_file(signer, argv[1], &text, &error));
    nx_buf_putc(&out, ',');
    put(&out, "file_signature", text);
    nexus_free(text);
    nx_buf_puts(&out, ",\"messages\":[");
    for (int i = 0; i < EVENTS; i++) {
        char body[64], id[32];
        snprintf(body, sizeof(body), "{\"event\":%d,\"text\":\"Анна\"}", i);
        snprintf(id, sizeof(id), "salon-001:%d", i);
        ok(nexus_signer_sign(signer, SUBJECT, id, body, strlen(body), &text, &error));
        put_message(&out, i, body, text);
        nexus_free(text);
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        put_tree(&out, signer, sizes[i]);
    nx_buf_puts(&out, "]}");
    puts(nx_buf_text(&out));
    nx_buf_free(&out);
    nexus_signer_destroy(signer);
    return 0;
}
