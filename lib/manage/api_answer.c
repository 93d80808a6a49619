/* SPDX-License-Identifier: Apache-2.0 */
/* What the answers of the JetStream API mean in our terms. */
#include "requests.h"

int nx_answer_error(const cJSON *answer, const char **text)
{
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(answer, "error");
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(error, "err_code");
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(error, "description");

    if (text)
        *text = cJSON_IsString(words) ? words->valuestring : "no reason given";
    if (!cJSON_IsObject(error))
        return 0;
    return cJSON_IsNumber(number) && number->valueint > 0 ? number->valueint : -1;
}

static const struct {
    int number;
    int code;
} meanings[] = {
    {NX_API_STREAM_MISSING, NEXUS_E_NOT_FOUND},
    {NX_API_CONSUMER_MISSING, NEXUS_E_NOT_FOUND},
    {NX_API_STREAM_DIFFERS, NEXUS_E_CONFLICT},
    {NX_API_SUBJECTS_TAKEN, NEXUS_E_CONFLICT},
    {NX_API_CONSUMER_DIFFERS, NEXUS_E_CONFLICT},
    {NX_API_CONSUMER_EXISTS, NEXUS_E_CONFLICT},
    {10039, NEXUS_E_UNSUPPORTED}, /* JetStream is not enabled for the account */
    {10076, NEXUS_E_UNSUPPORTED}, /* JetStream is not enabled */
};

int nx_answer_fail(const cJSON *answer, const char *subject, struct nexus_error *err)
{
    const char *text;
    int number = nx_answer_error(answer, &text);
    int code = NEXUS_E_STREAM;

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (meanings[i].number == number)
            code = meanings[i].code;
    return nx_fail(err, code, subject, "the server says: %s (%d)", text, number);
}

int nx_request_fail(int code, const char *subject, struct nexus_error *err)
{
    switch (code) {
    case NEXUS_E_TIMEOUT:
        return nx_fail(err, code, subject, "the server did not answer in time");
    case NEXUS_E_UNSUPPORTED:
        return nx_fail(err, code, subject, "nobody answers: JetStream is off or out of reach");
    case NEXUS_E_PERMISSION:
        return nx_fail(err, code, subject, "the server forbids this subject to these credentials");
    case NEXUS_E_CLOSED:
        return nx_fail(err, code, "client", "the client has been closed");
    default:
        return nx_fail(err, code, subject, "the answer is not a JSON object of at most %d bytes",
                       NX_ANSWER_MAX);
    }
}
