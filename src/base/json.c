#include "base/json.h"

#include "base/format.h"
#include "base/limits.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

/* A struct json is a cJSON under another name. No object of type struct json exists. */
static const cJSON *to_cjson(const struct json *value)
{
    return (const cJSON *)(const void *)value;
}

static const struct json *from_cjson(const cJSON *value)
{
    return (const struct json *)(const void *)value;
}

/* A system's cJSON lets a thousand levels pass, which is little enough for its stack and ours. */
/* NOLINTNEXTLINE(misc-no-recursion): `levels` limits the depth */
static bool is_deeper_than(const cJSON *value, unsigned levels)
{
    for (; value != NULL; value = value->next)
        if ((cJSON_IsArray(value) || cJSON_IsObject(value)) &&
            (levels == 0 || is_deeper_than(value->child, levels - 1)))
            return true;
    return false;
}

struct json *json_parse(struct str text)
{
    const char *end = NULL;
    cJSON *document = cJSON_ParseWithLengthOpts(text.data, text.length, &end, false);
    if (document == NULL)
        return NULL;
    struct json *result = (struct json *)(void *)document;
    if (str_trim(str_skip(text, (size_t)(end - text.data))).length > 0 ||
        is_deeper_than(document, LIMIT_JSON_NESTING)) {
        json_free(result);
        return NULL;
    }
    return result;
}

static void wipe_strings(cJSON *value) /* NOLINT(misc-no-recursion): the parser limits the depth */
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
    if (object == NULL || !cJSON_IsObject(to_cjson(object)))
        return NULL;
    return from_cjson(cJSON_GetObjectItemCaseSensitive(to_cjson(object), name));
}

const struct json *json_first(const struct json *array)
{
    return array != NULL && cJSON_IsArray(to_cjson(array)) ? from_cjson(to_cjson(array)->child)
                                                           : NULL;
}

const struct json *json_next(const struct json *element)
{
    return from_cjson(to_cjson(element)->next);
}

bool json_string(const struct json *value, struct str *text)
{
    if (value == NULL || !cJSON_IsString(to_cjson(value)))
        return false;
    *text = str_from(to_cjson(value)->valuestring);
    return true;
}

bool json_integer(const struct json *value, int64_t *number)
{
    if (value == NULL || !cJSON_IsNumber(to_cjson(value)))
        return false;
    double whole = to_cjson(value)->valuedouble;
    if (whole >= 0x1p63)
        *number = INT64_MAX;
    else if (whole > -0x1p63)
        *number = (int64_t)whole;
    else
        *number = INT64_MIN; /* not NaN: JSON cannot express it */
    return true;
}

bool json_true(const struct json *value)
{
    return value != NULL && cJSON_IsTrue(to_cjson(value));
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
