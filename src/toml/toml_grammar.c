#include "toml/toml_internal.h"

#include "base/format.h"
#include "base/limits.h"

#include <string.h>

/* After an error that leaves a bracket open, lines are read a second time; they may fail again
 * without a report. MAX_FAILURES is enough for any file that a person wrote, and it bounds the time
 * for others. */
enum { MAX_FAILURES = 200, SHOWN_SIZE = 60 };

/* One part of a key, and its place. */
struct key {
    struct str name;
    struct toml_place place;
};

static bool read_value(struct toml_reader *reader, struct toml_node *node);

/* --- keys --- */

/* Reads one part of a key, and the white space after it. */
static bool read_key(struct toml_reader *reader, struct key *key)
{
    key->place = toml_here(reader);
    if (toml_at_quote(reader)) {
        if (!toml_read_string(reader, false, &key->name))
            return false;
    } else {
        struct str bare = toml_bare_key(reader);
        if (bare.length == 0)
            return toml_expected(reader, "a key");
        char *name = toml_allocate(reader, bare.length);
        if (name == NULL)
            return false;
        memcpy(name, bare.data, bare.length);
        key->name = str_bytes(name, bare.length);
        reader->at += bare.length;
    }
    toml_skip_space(reader);
    return true;
}

/* --- tables --- */

/* Returns a new member of `table`. When the table has a member of that name, this is reported
 * unless `silent`, and the new member is not put into the tree: parsing can then continue. */
static struct toml_node *new_member(struct toml_reader *reader, struct toml_node *table,
                                    const struct key *key, bool silent)
{
    struct toml_node **slot;
    const struct toml_node *earlier = toml_find(table, key->name, &slot);
    struct toml_node *member = toml_new_node(reader, table, key->place);
    if (member == NULL)
        return NULL;
    member->value.key = key->name;
    if (earlier == NULL) {
        if (slot != NULL)
            *slot = member;
        toml_append(table, member);
    } else if (!silent) {
        struct str name = str_take(key->name, SHOWN_SIZE);
        toml_report_error(reader, key->place, "'%.*s' is already defined, as %s in line %u",
                          (int)name.length, name.data, toml_type_name(earlier->value.type),
                          earlier->value.line);
    }
    return member;
}

static bool set_container_type(struct toml_reader *reader, struct toml_node *node,
                               enum toml_type type, enum toml_origin origin)
{
    node->value.type = type;
    node->origin = (uint8_t)origin;
    if (node->depth <= LIMIT_TOML_NESTING)
        return true;
    return toml_report_error(reader, ((struct toml_place){node->value.line, node->value.column}),
                             "expected at most %d levels of arrays and tables", LIMIT_TOML_NESTING);
}

static struct toml_node *new_container(struct toml_reader *reader, struct toml_node *table,
                                       const struct key *key, enum toml_type type,
                                       enum toml_origin origin)
{
    /* A header that could not be read may be the only reason why later headers contradict each
     * other. */
    bool silent = reader->header_lost && origin != TOML_FROM_DOTTED;
    struct toml_node *member = new_member(reader, table, key, silent);
    return member != NULL && set_container_type(reader, member, type, origin) ? member : NULL;
}

static struct toml_node *find_member(const struct toml_node *table, const struct key *key)
{
    struct toml_node **slot;
    return toml_find(table, key->name, &slot);
}

static bool has_origin(const struct toml_node *node, enum toml_type type, enum toml_origin origin)
{
    return node != NULL && node->value.type == type && node->origin == origin;
}

/* Returns the table that a part of a dotted key names, the last part excepted; makes it when it
 * does not exist. `origin` is TOML_FROM_SUBTABLE in a header and TOML_FROM_DOTTED before a value.
 * Returns NULL after an error. */
static struct toml_node *enter_table(struct toml_reader *reader, struct toml_node *table,
                                     const struct key *key, enum toml_origin origin)
{
    struct toml_node *known = find_member(table, key);
    bool in_header = origin == TOML_FROM_SUBTABLE;
    if (in_header && has_origin(known, TOML_ARRAY, TOML_FROM_HEADER))
        return known->last;
    if (has_origin(known, TOML_TABLE, TOML_FROM_DOTTED) ||
        (in_header && has_origin(known, TOML_TABLE, TOML_FROM_HEADER)))
        return known;
    if (has_origin(known, TOML_TABLE, TOML_FROM_SUBTABLE)) {
        known->origin = (uint8_t)origin;
        return known;
    }
    return new_container(reader, table, key, TOML_TABLE, origin);
}

/* Returns the table that [header] opens: `key` is the last part of its name. */
static struct toml_node *open_table(struct toml_reader *reader, struct toml_node *parent,
                                    const struct key *key)
{
    struct toml_node *table = find_member(parent, key);
    if (!has_origin(table, TOML_TABLE, TOML_FROM_SUBTABLE))
        return new_container(reader, parent, key, TOML_TABLE, TOML_FROM_HEADER);
    table->origin = TOML_FROM_HEADER;
    table->value.line = key->place.line;
    table->value.column = key->place.column;
    return table;
}

/* Returns the new element that [[header]] opens in an array of tables. */
static struct toml_node *open_element(struct toml_reader *reader, struct toml_node *parent,
                                      const struct key *key)
{
    struct toml_node *array = find_member(parent, key);
    if (!has_origin(array, TOML_ARRAY, TOML_FROM_HEADER))
        array = new_container(reader, parent, key, TOML_ARRAY, TOML_FROM_HEADER);
    if (array == NULL)
        return NULL;
    struct toml_node *element = toml_new_node(reader, array, key->place);
    if (element == NULL)
        return NULL;
    toml_append(array, element);
    return set_container_type(reader, element, TOML_TABLE, TOML_FROM_HEADER) ? element : NULL;
}

/* Reads a key, which may be dotted, and enters from `table` the tables that its parts before the
 * last name. Returns the innermost table, and the last part in `last`. NULL: an error, which has
 * been reported. */
static struct toml_node *read_path(struct toml_reader *reader, struct toml_node *table,
                                   enum toml_origin origin, struct key *last)
{
    while (table != NULL) {
        toml_skip_space(reader);
        if (!read_key(reader, last))
            return NULL;
        if (!toml_accept(reader, '.'))
            return table;
        table = enter_table(reader, table, last, origin);
    }
    return NULL;
}

/* Reads [header] or [[header]]; `table` is then the table to which the next lines belong. */
static bool read_header(struct toml_reader *reader, struct toml_node *root,
                        struct toml_node **table)
{
    struct key key = {0};
    toml_accept(reader, '[');
    bool is_array = toml_accept(reader, '[');
    struct toml_node *parent = read_path(reader, root, TOML_FROM_SUBTABLE, &key);
    if (parent == NULL)
        return false;
    if (!toml_accept(reader, ']') || (is_array && !toml_accept(reader, ']')))
        return toml_expected(reader, is_array ? "']]' after the name" : "']' after the name");
    *table = is_array ? open_element(reader, parent, &key) : open_table(reader, parent, &key);
    return *table != NULL;
}

/* --- values --- */

/* Reads "key = value"; the key may be dotted. */
static bool read_member(struct toml_reader *reader, struct toml_node *table)
{
    struct key key = {0};
    struct toml_node *parent = read_path(reader, table, TOML_FROM_DOTTED, &key);
    if (parent == NULL)
        return false;
    if (!toml_accept(reader, '='))
        return toml_expected(reader, "'=' after the key");
    toml_skip_space(reader);
    struct toml_node *member = new_member(reader, parent, &key, false);
    return member != NULL && read_value(reader, member);
}

static bool read_element(struct toml_reader *reader, struct toml_node *array)
{
    struct toml_node *element = toml_new_node(reader, array, toml_here(reader));
    if (element == NULL)
        return false;
    toml_append(array, element);
    return read_value(reader, element);
}

/* Reads an array or inline table. set_container_type() bounds the depth of the recursion. */
static bool read_container(struct toml_reader *reader, struct toml_node *node, enum toml_type type)
{
    uint32_t line = reader->line;
    char close = type == TOML_ARRAY ? ']' : '}';
    reader->at++;
    reader->open++;
    if (!set_container_type(reader, node, type, TOML_FROM_VALUE))
        return false;
    for (bool separated = true; toml_skip_blank(reader), !toml_accept(reader, close);) {
        if (!separated || reader->at == reader->end) {
            char what[64];
            format_text(what, sizeof what, "',' or the '%c' that ends the %s of line %u", close,
                        type == TOML_ARRAY ? "array" : "table", line);
            return toml_expected(reader, what);
        }
        if (type == TOML_ARRAY ? !read_element(reader, node) : !read_member(reader, node))
            return false;
        toml_skip_blank(reader);
        separated = toml_accept(reader, ',');
    }
    reader->open--;
    return true;
}

static bool read_value(struct toml_reader *reader, struct toml_node *node)
{
    if (toml_at_quote(reader))
        return toml_read_string(reader, true, &node->value.text);
    if (toml_peek(reader) == '[')
        return read_container(reader, node, TOML_ARRAY);
    if (toml_peek(reader) == '{')
        return read_container(reader, node, TOML_TABLE);
    return toml_read_scalar(reader, &node->value);
}

/* --- the document --- */

static bool read_statement(struct toml_reader *reader, struct toml_node *root,
                           struct toml_node **table)
{
    if (toml_peek(reader) == '[') {
        if (!read_header(reader, root, table)) {
            /* The next lines go to a table outside of the tree, where they cannot contradict
             * others. */
            reader->header_lost = true;
            *table = toml_new_node(reader, root, toml_here(reader));
            return false;
        }
    } else if (!read_member(reader, *table)) {
        return false;
    }
    toml_skip_space(reader);
    return toml_at_line_end(reader) || toml_expected(reader, "the end of the line");
}

void toml_read_document(struct toml_reader *reader, struct toml_node *root)
{
    struct toml_node *table = root;
    unsigned failures = 0;
    root->value.line = 1;
    root->value.column = 1;
    set_container_type(reader, root, TOML_TABLE, TOML_FROM_HEADER);
    while (reader->errors < TOML_MAX_ERRORS && failures < MAX_FAILURES) {
        toml_skip_blank(reader);
        if (reader->at == reader->end)
            return;
        const struct toml_reader start = *reader;
        if (!read_statement(reader, root, &table)) {
            toml_recover(reader, &start);
            failures++;
        }
    }
}
