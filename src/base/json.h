/* Reads JSON (RFC 8259) and writes JSON strings. No other file uses cJSON, the parser behind it. */
#ifndef WCP_BASE_JSON_H
#define WCP_BASE_JSON_H

#include "base/buf.h"
#include "base/error.h"

/* A JSON value. It belongs to the document that contains it. */
struct json;

/* Parses a whole document. `what` names it in the message, for example "the reply to AssumeRole".
 * Returns NULL with ERROR_TRANSIENT when it is not JSON, when anything but white space follows it,
 * or when it has more than LIMIT_JSON_NESTING levels of arrays and objects or more than
 * LIMIT_JSON_VALUES values; the two bounds are checked before memory is allocated. Returns NULL
 * with ERROR_INTERNAL when memory is short. The caller frees the document with json_free. All
 * of its memory is wiped, also that of a text that is not JSON. */
struct json *json_parse(struct str text, const char *what, struct error *error);
void json_free(struct json *document);
/* Frees the document at the end of the block that declares it. */
#define JSON_AUTO __attribute__((cleanup(json_free_at)))
void json_free_at(struct json **document);

/* Returns the member `name` of an object; names are case-sensitive. Returns NULL when `object` is
 * NULL, is no object, or has no such member, or one that is null. */
const struct json *json_member(const struct json *object, const char *name);
/* Return the first element of an array, and the element after `element`; NULL at the end.
 * json_first also returns NULL when `array` is NULL or no array. */
const struct json *json_first(const struct json *array);
const struct json *json_next(const struct json *element);

/* Returns true when `value` is a string; `text` then borrows it. An escaped NUL ends the text. */
bool json_string(const struct json *value, struct str *text);
/* Returns true when `value` is a number; `number` is then its integer part, rounded towards zero
 * and limited to the range of int64_t. It is exact up to 2^53, as JSON numbers are doubles (RFC
 * 8259 §6). */
bool json_integer(const struct json *value, int64_t *number);
/* Returns true when `value` is the literal true. */
bool json_true(const struct json *value);

/* Appends `text` as a JSON string with its quotes. The text must be valid UTF-8, see
 * make_printable. */
void json_append_string(struct buf *out, struct str text);

#endif
