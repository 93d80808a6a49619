/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile tokens, in every place where a token can stand. The data file is the first argument. */
#include <nexus/options.h>
#include <nexus/publish.h>
#include <stdio.h>

#include "../unit/unit.h"
#include "delivery_chain.h"
#include "hex.h"
#include "subject.h"
#include "token.h"
#include "trace.h"

#define LEAST 30

static const char *data_file;

/* Publish options can be taken from a delivery; here there are none. */
const struct nx_chain *nx_delivery_chain(const struct nexus_delivery *delivery)
{
    (void)delivery;
    return NULL;
}

struct nx_trace nx_trace_of(const struct nexus_delivery *delivery)
{
    (void)delivery;
    return (struct nx_trace){NULL, NULL};
}

struct vector {
    const char *name;
    char token[8192];
    const char *message;
};

static void unescape(const char *from, char *to)
{
    while (*from) {
        if (from[0] == '\\') {
            ck_assert_int_eq(from[1], 'x');
            *to++ = (char)(nx_hex_digit(from[2]) << 4 | nx_hex_digit(from[3]));
            from += 4;
        } else {
            *to++ = *from++;
        }
    }
    *to = 0;
}

/* Calls `use` for each vector, and returns how many there are. */
static size_t each_vector(void (*use)(const struct vector *vector))
{
    static struct vector vector;
    char line[16384];
    size_t count = 0;
    FILE *file = fopen(data_file, "r");

    ck_assert_msg(file != NULL, "cannot read %s", data_file);
    while (fgets(line, sizeof(line), file)) {
        char *token, *message;
        line[strcspn(line, "\n")] = 0;
        if (line[0] == '#' || line[0] == 0)
            continue;
        token = strchr(line, '\t');
        message = token ? strchr(token + 1, '\t') : NULL;
        ck_assert_msg(message != NULL, "not three columns: %s", line);
        *token++ = *message++ = 0;
        unescape(token, vector.token);
        vector.name = line;
        vector.message = message;
        use(&vector);
        count++;
    }
    fclose(file);
    return count;
}

static void expect(const struct vector *vector, int code, int wanted, const struct nexus_error *err,
                   const char *where)
{
    ck_assert_msg(code == wanted, "%s: %s", vector->name, nexus_status_name(code));
    ck_assert_msg(strcmp(err->message, vector->message) == 0, "%s: %s", vector->name, err->message);
    ck_assert_str_eq(err->where, where);
}

static void check_rule(const struct vector *vector)
{
    struct nexus_error err = NEXUS_ERROR_INIT;

    expect(vector, nexus_check_token("node_id", vector->token, &err), NEXUS_E_SUBJECT, &err,
           "node_id");
    ck_assert_int_eq(nexus_check_token("node_id", vector->token, NULL), NEXUS_E_SUBJECT);
    ck_assert(!nx_token_sound(vector->token, strlen(vector->token)));
}

START_TEST(the_rule_refuses_each_with_its_reason)
{
    ck_assert_uint_ge(each_vector(check_rule), LEAST);
}
END_TEST

/* One channel, one parameter: neither a subject nor a filter comes of it. */
static void check_position(const struct vector *vector, const struct nexus_channel *channel,
                           uint32_t position)
{
    const char *values[NX_PARAMETERS_MAX];
    char out[NEXUS_SUBJECT_MAX + 1] = "untouched";
    struct nexus_error err = NEXUS_ERROR_INIT;
    const char *where = channel->parameters[position].name;

    for (size_t i = 0; i < NX_PARAMETERS_MAX; i++)
        values[i] = "sound";
    values[position] = vector->token;
    expect(vector, nx_subject_render(channel, values, out, &err), NEXUS_E_SUBJECT, &err, where);
    memset(&err, 0, sizeof(err));
    expect(vector, nx_subject_filter(channel, values, out, &err), NEXUS_E_SUBJECT, &err, where);
    ck_assert_str_eq(out, "untouched");
}

/* Nor is a subject with it in that place taken for the channel's, or for another's. */
static void check_received(const struct vector *vector, const struct nexus_channel *channel,
                           uint32_t position)
{
    char subject[16384] = "", *end = subject;
    const char *at = channel->address;
    struct nx_subject parsed;

    for (uint32_t i = 0; i < channel->parameter_count; i++) {
        size_t literal = strcspn(at, "{");
        end += sprintf(end, "%.*s%s", (int)literal, at, i == position ? vector->token : "sound");
        at += literal + strcspn(at + literal, "}") + 1;
    }
    strcpy(end, at);
    ck_assert_msg(!nx_subject_parse(subject, &parsed), "%s: %s", vector->name, subject);
    ck_assert_ptr_null(nexus_channel_by_subject(subject));
}

static size_t positions;

static void check_every_position(const struct vector *vector)
{
    for (size_t i = 0; i < nx_channel_count; i++) {
        for (uint32_t n = 0; n < nx_channels[i].parameter_count; n++, positions++) {
            check_position(vector, &nx_channels[i], n);
            check_received(vector, &nx_channels[i], n);
        }
    }
}

START_TEST(no_channel_takes_one_in_any_position)
{
    size_t with_parameters = 0, count = each_vector(check_every_position);

    for (size_t i = 0; i < nx_channel_count; i++)
        with_parameters += nx_channels[i].parameter_count;
    ck_assert_uint_gt(with_parameters, 1);
    ck_assert_uint_eq(positions, count * with_parameters);
}
END_TEST

static void check_tenant_filter(const struct vector *vector)
{
    const char *values[] = {vector->token};
    char out[NEXUS_SUBJECT_MAX + 1] = "untouched";
    struct nexus_error err = NEXUS_ERROR_INIT;

    expect(vector, nx_subject_filter(NULL, values, out, &err), NEXUS_E_SUBJECT, &err, "tenant_id");
    ck_assert_str_eq(out, "untouched");
}

START_TEST(no_tenants_everything_can_be_asked_for)
{
    ck_assert_uint_ge(each_vector(check_tenant_filter), LEAST);
}
END_TEST

static void check_options(const struct vector *vector)
{
    struct nexus_client_options *client = nexus_client_options_new();
    struct nexus_publish_options *publish = nexus_publish_options_new();
    struct nexus_error err = NEXUS_ERROR_INIT;

    expect(vector, nexus_client_options_set_service(client, vector->token, &err), NEXUS_E_INVALID,
           &err, "service");
    expect(vector, nexus_client_options_set_node(client, vector->token, &err), NEXUS_E_INVALID,
           &err, "node");
    expect(vector, nexus_publish_options_set_tenant(publish, vector->token, &err), NEXUS_E_SUBJECT,
           &err, "tenant");
    expect(vector, nexus_publish_options_set_parameter(publish, "node_id", vector->token, &err),
           NEXUS_E_SUBJECT, &err, "node_id");
    nexus_publish_options_destroy(publish);
    nexus_client_options_destroy(client);
}

START_TEST(no_option_keeps_one)
{
    ck_assert_uint_ge(each_vector(check_options), LEAST);
}
END_TEST

int main(int argc, char **argv)
{
    const TTest *const tests[] = {the_rule_refuses_each_with_its_reason,
                                  no_channel_takes_one_in_any_position,
                                  no_tenants_everything_can_be_asked_for, no_option_keeps_one};

    if (argc != 2)
        return EXIT_FAILURE;
    data_file = argv[1];
    return unit_run("hostile tokens", tests, sizeof(tests) / sizeof(tests[0]));
}
