#include "base/json.h"

#include "base/format.h"
#include "base/limits.h"

#include <cJSON.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* A struct json is a cJSON under another name. No object of type struct json exists. */
static const cJSON *to_cjson(const struct json *value)
{
    return (const cJSON *)(const void *)value;
}

static const struct json *from_cjson(const cJSON *value)
{
    return (const struct json *)(const void *)value;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* What precedes each block. It keeps the alignment. */
union block_head {
    size_t size; /* of the block */
    max_align_t alignment;
};

static void *allocate_block(size_t size)
{
    union block_head *head = size > SIZE_MAX - sizeof *head ? NULL : malloc(sizeof *head + size);
    if (head == NULL)
        return NULL;
    head->size = size;
    return head + 1;
}

/* Any block may hold a part of a secret, also of a text that turns out not to be JSON, which the
 * parser frees by itself. */
static void wipe_and_free_block(void *block)
{
    if (block == NULL)
        return;
    union block_head *head = (union block_head *)block - 1;
    wipe(block, head->size);
    free(head);
}

/* --- parsing ---------------------------------------------------------------------------------- */

/* Returns the index of the quote that ends the string whose first byte is at `index`; the length
 * of the text when it does not end. */
static size_t end_of_string(struct str text, size_t index)
{
    while (index < text.length && text.data[index] != '"')
        index += text.data[index] == '\\' ? 2 : 1;
    return index < text.length ? index : text.length;
}

/* cJSON allocates a node for each value, so four bytes of text may cost a hundred of memory; and it
 * recurses. In what is no JSON, the count is right up to the error, where cJSON stops. */
static bool is_within_bounds(struct str text)
{
    size_t values = 1;
    size_t depth = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        bool opens = byte == '[' || byte == '{';
        if (byte == '"')
            i = end_of_string(text, i + 1);
        values += opens || byte == ',';
        depth += opens;
        if (values > LIMIT_JSON_VALUES || depth > LIMIT_JSON_NESTING)
            return false;
        depth -= depth > 0 && (byte == ']' || byte == '}');
    }
    return true;
}

struct json *json_parse(struct str text, const char *what, struct error *error)
{
    static cJSON_Hooks hooks = {allocate_block, wipe_and_free_block};
    const char *end = NULL;
    if (!is_within_bounds(text)) {
        error_set(error, ERROR_TRANSIENT, "%s has more than %u values, or nests them too deeply",
                  what, (unsigned)LIMIT_JSON_VALUES);
        return NULL;
    }
    cJSON_InitHooks(&hooks);
    errno = 0;
    cJSON *document = cJSON_ParseWithLengthOpts(text.data, text.length, &end, false);
    if (document != NULL && str_trim(str_skip(text, (size_t)(end - text.data))).length == 0)
        return (struct json *)(void *)document;
    if (document == NULL && errno == ENOMEM) {
        error_no_memory(error);
        error_context(error, "%s cannot be parsed", what);
        return NULL;
    }
    json_free((struct json *)(void *)document);
    error_set(error, ERROR_TRANSIENT, "%s is not JSON", what);
    return NULL;
}

void json_free(struct json *document)
{
    cJSON_Delete((cJSON *)(void *)document);
}

void json_free_at(struct json **document)
{
    json_free(*document);
}

const struct json *json_member(const struct json *object, const char *name)
{
    if (object == NULL || !cJSON_IsObject(to_cjson(object)))
        return NULL;
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(to_cjson(object), name);
    return cJSON_IsNull(member) ? NULL : from_cjson(member);
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
