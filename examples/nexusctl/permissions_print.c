/* SPDX-License-Identifier: Apache-2.0 */
/* The rules as configuration for nats-server, in its own language, or as JSON for other tools. */
#include <stdio.h>
#include <string.h>

#include "../json_text.h"
#include "permissions.h"

/* The API of a tenant's own account is in the way of the core's, which therefore has a prefix. */
static void print_local(const struct grants *grants, const char *subject)
{
    static const char api[] = "$JS.API.";
    size_t length = sizeof(api) - 1;

    if (!grants->shared && strncmp(subject, api, length) == 0)
        printf("\"" CORE_API ".%s\"", subject + length);
    else
        printf("\"%s\"", subject);
}

static void print_list(const struct grants *grants, const struct name_list *list,
                       const char *indent, bool *first)
{
    for (size_t i = 0; i < list->count; i++) {
        printf("%s\n%s", *first ? "" : ",", indent);
        print_local(grants, list->names[i]);
        *first = false;
    }
}

static void print_credentials(const struct grants *grants, const char *user)
{
    char variable[128];

    password_variable(user, variable, sizeof(variable));
    if (grants->nkey && strcmp(user, "core") != 0)
        printf("nkey: %s", grants->nkey);
    else
        printf("user: \"%s\", password: $%s", user, variable);
}

/* One user with what it may do. */
static void print_user(const struct grants *grants, const char *tenant, const struct rules *rules,
                       const char *indent)
{
    char deeper[16];
    bool first = true;

    snprintf(deeper, sizeof(deeper), "%s    ", indent);
    printf("%s{ ", indent);
    print_credentials(grants, tenant);
    printf(", permissions: {\n%s  publish: [", indent);
    print_list(grants, &rules->publish, deeper, &first);
    print_list(grants, &rules->pull, deeper, &first);
    print_list(grants, &rules->acks, deeper, &first);
    printf("\n%s  ]\n%s  subscribe: [", indent, indent);
    first = true;
    print_list(grants, &rules->subscribe, deeper, &first);
    printf("\n%s  ]\n%s} }\n", indent, indent);
}

/* ---- an account for each tenant */

static void print_exports(const char *tenant, const struct name_list *list, const char *more)
{
    for (size_t i = 0; i < list->count; i++)
        printf("      { service: \"%s\"%s, accounts: [\"TENANT-%s\"] }\n", list->names[i], more,
               tenant);
}

static void print_imports(const struct grants *grants, const struct name_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        printf("      { service: { account: \"" CORE_ACCOUNT "\", subject: \"%s\" }, to: ",
               list->names[i]);
        print_local(grants, list->names[i]);
        printf(" }\n");
    }
}

static bool print_core(const struct grants *grants)
{
    bool sound = true;

    printf("  # The core: the streams are here. Its user may do everything in it.\n"
           "  \"" CORE_ACCOUNT "\": {\n    jetstream: enabled\n    users: [ { ");
    print_credentials(grants, "core");
    printf(" } ]\n    exports: [\n");
    for (size_t i = 0; sound && i < grants->tenants.count; i++) {
        const char *tenant = grants->tenants.names[i];
        struct rules rules;
        sound = rules_make(grants, tenant, &rules);
        print_exports(tenant, &rules.publish, "");
        print_exports(tenant, &rules.pull, ", response_type: stream");
        print_exports(tenant, &rules.acks, "");
        rules_free(&rules);
    }
    printf("    ]\n  }\n");
    return sound;
}

static bool print_tenant(const struct grants *grants, const char *tenant)
{
    struct rules rules;
    bool sound = rules_make(grants, tenant, &rules);

    printf("  # NEXUS_API_PREFIX=" CORE_API "\n"
           "  \"TENANT-%s\": {\n    users: [\n",
           tenant);
    print_user(grants, tenant, &rules, "      ");
    printf("    ]\n    imports: [\n");
    print_imports(grants, &rules.publish);
    print_imports(grants, &rules.pull);
    print_imports(grants, &rules.acks);
    printf("    ]\n  }\n");
    rules_free(&rules);
    return sound;
}

static bool print_accounts(const struct grants *grants)
{
    bool sound;

    printf("accounts: {\n");
    sound = print_core(grants);
    for (size_t i = 0; sound && !grants->core_only && i < grants->tenants.count; i++)
        sound = print_tenant(grants, grants->tenants.names[i]);
    printf("}\n");
    return sound;
}

/* ---- one account for all */

static bool print_shared(const struct grants *grants)
{
    bool sound = true;

    printf("# One account for all: a tenant that pulls can have its events answered to subjects\n"
           "# that it may not publish to. Receivers must require signatures; or use accounts.\n"
           "authorization: {\n  users: [\n    { ");
    print_credentials(grants, "core");
    printf(" }\n");
    for (size_t i = 0; sound && !grants->core_only && i < grants->tenants.count; i++) {
        const char *tenant = grants->tenants.names[i];
        struct rules rules;
        sound = rules_make(grants, tenant, &rules);
        printf("    # NEXUS_INBOX_PREFIX=_INBOX.%s\n", tenant);
        print_user(grants, tenant, &rules, "    ");
        rules_free(&rules);
    }
    printf("  ]\n}\n");
    return sound;
}

/* ---- as JSON */

static void print_json_list(const char *name, const struct name_list *list, const char *more)
{
    printf("\"%s\":[", name);
    for (size_t i = 0; i < list->count; i++) {
        printf("%s", i ? "," : "");
        json_put_string(stdout, list->names[i]);
    }
    printf("]%s", more);
}

static bool print_json(const struct grants *grants)
{
    bool sound = true;

    printf("{\"contract\":\"%s\",\"form\":\"%s\",\"tenants\":[", nexus_contract_version(),
           grants->shared ? "shared" : "accounts");
    for (size_t i = 0; sound && i < grants->tenants.count; i++) {
        struct rules rules;
        sound = rules_make(grants, grants->tenants.names[i], &rules);
        printf("%s{\"tenant\":", i ? "," : "");
        json_put_string(stdout, grants->tenants.names[i]);
        printf(",\"stream\":");
        json_put_string(stdout, rules.stream);
        printf(",");
        print_json_list("publish", &rules.publish, ",");
        print_json_list("pull", &rules.pull, ",");
        print_json_list("acks", &rules.acks, ",");
        print_json_list("subscribe", &rules.subscribe, "}");
        rules_free(&rules);
    }
    printf("]}\n");
    return sound;
}

bool permissions_print(const struct grants *grants)
{
    if (grants->json)
        return print_json(grants);
    printf("# Generated by nexusctl permissions from version %s of the contract.\n"
           "# Passwords come from the environment of nats-server; letters and digits, a letter "
           "first.\n",
           nexus_contract_version());
    return grants->shared ? print_shared(grants) : print_accounts(grants);
}
