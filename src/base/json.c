#include "base/json.h"
#include "base/format.h"

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
    double whole = inside(value)->valuedouble;
    if (whole >= 0x1p63)
        *number = INT64_MAX;
    else if (whole > -0x1p63)
        *number = (int64_t)whole;
    else
        *number = INT64_MIN; /* cJSON yields no NaN: its grammar has none */
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
