#include "base/json.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

/* struct json is cJSON under another name: no value of that type ever exists. */
static const cJSON *inside(const struct json *value)
{
    return (const cJSON *)(const void *)value;
}

static const struct json *outside(const cJSON *value)
{
    return (const struct json *)(const void *)value;
}

struct json *json_parse(struct str text)
{
    const char *end = NULL;
    cJSON *document = cJSON_ParseWithLengthOpts(text.data, text.length, &end, false);
    if (document == NULL)
        return NULL;
    struct json *result = (struct json *)(void *)document;
    if (str_trim(str_skip(text, (size_t)(end - text.data))).length > 0) {
        json_free(result);
        return NULL;
    }
    return result;
}

/* Depth is bounded by the parser's nesting limit. */
static void wipe_strings(cJSON *value) /* NOLINT(misc-no-recursion): bounded as said above */
{
    for (; value != NULL; value = value->next) {
        if (value->valuestring != NULL)
            wipe(value->valuestring, strlen(value->valuestring));
        wipe_strings(value->child);
    }
}

void json_free(struct json *document)
{
    cJSON *root = (cJSON *)(void *)document;
    wipe_strings(root);
    cJSON_Delete(root);
}

void json_free_at(struct json **document)
{
    json_free(*document);
}

const struct json *json_member(const struct json *object, const char *name)
{
    if (object == NULL || !cJSON_IsObject(inside(object)))
        return NULL;
    return outside(cJSON_GetObjectItemCaseSensitive(inside(object), name));
}

const struct json *json_first(const struct json *array)
{
    return array != NULL && cJSON_IsArray(inside(array)) ? outside(inside(array)->child) : NULL;
}

const struct json *json_next(const struct json *element)
{
    return outside(inside(element)->next);
}

bool json_string(const struct json *value, struct str *text)
{
    if (value == NULL || !cJSON_IsString(inside(value)))
        return false;
    *text = str_from(inside(value)->valuestring);
    return true;
}

bool json_integer(const struct json *value, int64_t *number)
{
    if (value == NULL || !cJSON_IsNumber(inside(value)))
        return false;
    double real = inside(value)->valuedouble;
    const double bound = 9.2e18;
    *number = real >= bound ? INT64_MAX : real <= -bound ? INT64_MIN : (int64_t)real;
    return true;
}

bool json_true(const struct json *value)
{
    return value != NULL && cJSON_IsTrue(inside(value));
}

void json_append_string(struct buf *out, struct str text)
{
    buf_append_byte(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            buf_format(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            buf_format(out, "\\u%04x", byte);
        else
            buf_append_byte(out, (char)byte);
    }
    buf_append_byte(out, '"');
}

/* The exponent as it stands, saturating: beyond 999 every double is 0 or infinite anyway. */
static const char *read_exponent(const char *at, int *exponent)
{
    const char *digits = at + 1;
    bool negative = *digits == '-';
    if (*digits == '-' || *digits == '+')
        digits++;
    if (!is_digit(*digits))
        return at;
    int value = 0;
    for (; is_digit(*digits); digits++)
        value = value > 99 ? 999 : value * 10 + (*digits - '0');
    *exponent += negative ? -value : value;
    return digits;
}

double json_strtod(const char *text, char **end)
{
    const char *at = text;
    bool negative = *at == '-';
    bool behind_point = false;
    double value = 0;
    int digits = 0;
    int exponent = 0;
    if (*at == '-' || *at == '+')
        at++;
    for (; is_digit(*at) || (*at == '.' && !behind_point); at++) {
        if (*at == '.') {
            behind_point = true;
            continue;
        }
        value = value * 10 + (*at - '0');
        digits++;
        exponent -= behind_point ? 1 : 0;
    }
    if (digits == 0) {
        *end = (char *)(uintptr_t)text;
        return 0;
    }
    if (*at == 'e' || *at == 'E')
        at = read_exponent(at, &exponent);
    double power = 1;
    for (int i = exponent < 0 ? -exponent : exponent; i > 0 && power < 1e300; i--)
        power *= 10;
    value = exponent < 0 ? value / power : value * power;
    *end = (char *)(uintptr_t)at;
    return negative ? -value : value;
}
