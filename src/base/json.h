/* JSON in (RFC 8259, bounded depth) and strings out. cJSON stays behind this header. */
#ifndef WCP_BASE_JSON_H
#define WCP_BASE_JSON_H

#include "base/buf.h"

struct json; /* a value; belongs to the document it is part of */

/* Parses a whole document; trailing bytes other than white space are an error. NULL when it is
 * none, or memory is short. The result is freed by json_free, which wipes every string in it. */
struct json *json_parse(struct str text);
void json_free(struct json *document);
void json_free_at(struct json **document);
#define JSON_AUTO __attribute__((cleanup(json_free_at)))

/* The member `name` of an object, compared exactly; NULL when `object` is NULL, no object, or has
 * none. */
const struct json *json_member(const struct json *object, const char *name);
/* The first element of an array, and the one after an element; NULL at the end. */
const struct json *json_first(const struct json *array);
const struct json *json_next(const struct json *element);

/* True when `value` is a string: `text` then borrows it. A string with an escaped NUL ends there.
 */
bool json_string(const struct json *value, struct str *text);
/* True when `value` is a number: its integer part, rounded towards zero, saturating at the ends of
 * int64_t. Exact up to 2^53, as numbers are doubles (RFC 8259 §6). */
bool json_integer(const struct json *value, int64_t *number);
/* True when `value` is the literal true. */
bool json_true(const struct json *value);

/* Appends `text` as a JSON string with its quotes; bytes that are no UTF-8 are the caller's to
 * avoid (make_printable). */
void json_append_string(struct buf *out, struct str text);

#endif
