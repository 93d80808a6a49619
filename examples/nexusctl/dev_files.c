/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "dev.h"
#include "report.h"

static int fail(const char *path)
{
    report_text("%s: %s", path, strerror(errno));
    return CTL_FAILED;
}

static int write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    bool failed = !file || fputs(text, file) == EOF;

    if (file && fclose(file) != 0)
        failed = true;
    return failed ? fail(path) : CTL_OK;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* What this directory holds is nobody's to commit. */
static int ignore(const struct dev_files *files)
{
    char path[DEV_PATH_SIZE];

    snprintf(path, sizeof(path), "%s/.gitignore", files->directory);
    return is_there(path) ? CTL_OK : write_file(path, "*\n");
}

int dev_open(struct dev_files *files, const char *directory)
{
    char whole[PATH_MAX], path[DEV_PATH_SIZE];

    *files = (struct dev_files){.lock = -1};
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return fail(directory);
    if (!realpath(directory, whole))
        return fail(directory);
    if (strlen(whole) >= sizeof(files->directory)) {
        errno = ENAMETOOLONG;
        return fail(directory);
    }
    memcpy(files->directory, whole, strlen(whole) + 1);
    snprintf(files->store, DEV_PATH_SIZE, "%s/store", files->directory);
    snprintf(files->key, DEV_PATH_SIZE, "%s/key.pem", files->directory);
    snprintf(files->trust, DEV_PATH_SIZE, "%s/trust.json", files->directory);
    snprintf(files->environment, DEV_PATH_SIZE, "%s/env", files->directory);
    snprintf(path, sizeof(path), "%s/lock", files->directory);
    files->lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (files->lock < 0)
        return fail(path);
    if (flock(files->lock, LOCK_EX | LOCK_NB) != 0) {
        report_text("%s: another `nexusctl dev` is running there", directory);
        return CTL_FAILED;
    }
    return ignore(files);
}

void dev_close(struct dev_files *files)
{
    if (files->lock >= 0)
        close(files->lock);
    files->lock = -1;
}

static int make_trust(const struct dev_files *files, const struct nexus_signer *signer,
                      struct nexus_error *err)
{
    static const char *const everything[] = {"nexus.>", NULL};
    struct nexus_trust_rule rule = NEXUS_TRUST_RULE_INIT;
    struct nexus_trust *trust = NULL;
    char *public_key = NULL, *text = NULL;
    int status = CTL_FAILED;

    rule.subjects = everything;
    rule.grants = everything;
    if (nexus_signer_public(signer, NEXUS_KEY_JWK, &public_key, err) == NEXUS_OK &&
        nexus_trust_new(&trust, err) == NEXUS_OK &&
        nexus_trust_add(trust, public_key, &rule, err) == NEXUS_OK &&
        nexus_trust_json(trust, &text, err) == NEXUS_OK)
        status = write_file(files->trust, text);
    else
        report(err);
    nexus_free(text);
    nexus_free(public_key);
    nexus_trust_destroy(trust);
    return status;
}

int dev_make_keys(const struct dev_files *files)
{
    struct nexus_error err = NEXUS_ERROR_INIT;
    struct nexus_signer *signer = NULL;
    int code = NEXUS_OK, status = CTL_OK;

    if (is_there(files->key)) {
        code = nexus_signer_from_file(files->key, NULL, &signer, &err);
    } else {
        code = nexus_signer_generate(NULL, &signer, &err);
        if (!code)
            code = nexus_signer_write(signer, NEXUS_KEY_PEM, files->key, &err);
    }
    if (code)
        status = report(&err);
    else if (!is_there(files->trust))
        status = make_trust(files, signer, &err);
    nexus_signer_destroy(signer);
    return status;
}

/* A value inside single quotes of a shell, where it needs them. */
static void put_value(FILE *out, const char *value)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._:-";

    if (strspn(value, plain) == strlen(value)) {
        fputs(value, out);
        return;
    }
    fputc('\'', out);
    for (; *value; value++)
        if (*value == '\'')
            fputs("'\\''", out);
        else
            fputc(*value, out);
    fputc('\'', out);
}

void dev_put_environment(FILE *out, const struct dev_files *files, const char *url,
                         const char *indent)
{
    const struct {
        const char *name;
        const char *value;
    } variables[] = {
        {"NEXUS_URL", url}, {"NEXUS_SIGNING_KEY", files->key}, {"NEXUS_TRUST", files->trust}};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        fprintf(out, "%sexport %s=", indent, variables[i].name);
        put_value(out, variables[i].value);
        fputc('\n', out);
    }
}

int dev_write_environment(const struct dev_files *files, const char *url)
{
    FILE *file = fopen(files->environment, "w");

    if (!file)
        return fail(files->environment);
    dev_put_environment(file, files, url, "");
    return fclose(file) == 0 ? CTL_OK : fail(files->environment);
}
