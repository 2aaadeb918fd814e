#include "base/json.h"

#include "third_party/cjson/config.h"

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
    *number = inside(value)->valuedouble;
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

/* The exponent as it stands, saturating: beyond 999 every number is 0 or too large. */
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

/* `value` with so many zeros more, saturating, or with so many digits less. */
static int64_t shift(int64_t value, int zeros)
{
    for (; zeros > 0 && value != 0 && value != INT64_MAX; zeros--)
        if (__builtin_mul_overflow(value, 10, &value))
            value = INT64_MAX;
    for (; zeros < 0 && value != 0; zeros++)
        value /= 10;
    return value;
}

int64_t json_decimal(const char *text, int places, char **end)
{
    const char *at = text;
    bool negative = *at == '-';
    bool behind_point = false;
    int64_t value = 0;
    int digits = 0;
    int exponent = places;
    if (*at == '-' || *at == '+')
        at++;
    for (; is_digit(*at) || (*at == '.' && !behind_point); at++) {
        if (*at == '.') {
            behind_point = true;
            continue;
        }
        digits++;
        bool fits = value < INT64_MAX / 10;
        if (fits)
            value = value * 10 + (*at - '0');
        exponent += !fits - behind_point;
    }
    if (digits == 0) {
        *end = (char *)(uintptr_t)text;
        return 0;
    }
    if (*at == 'e' || *at == 'E')
        at = read_exponent(at, &exponent);
    value = shift(value, exponent);
    *end = (char *)(uintptr_t)at;
    return negative ? -value : value;
}

int64_t json_whole(const char *text, char **end)
{
    return json_decimal(text, 0, end);
}
