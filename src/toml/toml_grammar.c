#include "toml/toml_internal.h"

#include "base/format.h"
#include "base/limits.h"

#include <string.h>

/* After an error that leaves a bracket open, lines are read again, and may fail again unseen. This
 * many times is enough for any file that a person wrote, and keeps others from taking long. */
enum { MOST_FAILURES = 200, SHOWN_SIZE = 60 };

/* A key and where it stands. */
struct key {
    struct str name;
    struct toml_place place;
};

static bool read_value(struct toml_reader *reader, struct toml_node *node);

/* --- keys --- */

/* Reads one part of a key, and the white space behind it. */
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

/* A new member of `table`. An earlier one of the same name is reported unless `quiet`; the new one
 * then stays outside of the tree, so that parsing can go on. */
static struct toml_node *new_member(struct toml_reader *reader, struct toml_node *table,
                                    const struct key *key, bool quiet)
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
    } else if (!quiet) {
        struct str name = str_take(key->name, SHOWN_SIZE);
        toml_complain(reader, key->place, "'%.*s' is already defined, as %s in line %u",
                      (int)name.length, name.data, toml_type_name(earlier->value.type),
                      earlier->value.line);
    }
    return member;
}

static bool become_table(struct toml_reader *reader, struct toml_node *node, enum toml_type type,
                         enum toml_origin origin)
{
    node->value.type = type;
    node->origin = (uint8_t)origin;
    if (node->depth <= LIMIT_TOML_NESTING)
        return true;
    return toml_complain(reader, ((struct toml_place){node->value.line, node->value.column}),
                         "expected at most %d levels of arrays and tables", LIMIT_TOML_NESTING);
}

static struct toml_node *new_container(struct toml_reader *reader, struct toml_node *table,
                                       const struct key *key, enum toml_type type,
                                       enum toml_origin origin)
{
    /* After a header that could not be read, later ones may contradict each other for that reason
     * alone. */
    bool quiet = reader->lost && origin != TOML_FROM_DOTTED;
    struct toml_node *member = new_member(reader, table, key, quiet);
    return member != NULL && become_table(reader, member, type, origin) ? member : NULL;
}

static struct toml_node *find_member(const struct toml_node *table, const struct key *key)
{
    struct toml_node **slot;
    return toml_find(table, key->name, &slot);
}

static bool is_made_by(const struct toml_node *node, enum toml_type type, enum toml_origin origin)
{
    return node != NULL && node->value.type == type && node->origin == origin;
}

/* The table that one part of a key, but the last, names; NULL when parsing cannot go on. `origin`
 * says whether it is the key of a header or of a value. */
static struct toml_node *enter(struct toml_reader *reader, struct toml_node *table,
                               const struct key *key, enum toml_origin origin)
{
    struct toml_node *known = find_member(table, key);
    bool in_header = origin == TOML_FROM_SUBTABLE;
    if (in_header && is_made_by(known, TOML_ARRAY, TOML_FROM_HEADER))
        return known->last;
    if (is_made_by(known, TOML_TABLE, TOML_FROM_DOTTED) ||
        (in_header && is_made_by(known, TOML_TABLE, TOML_FROM_HEADER)))
        return known;
    if (is_made_by(known, TOML_TABLE, TOML_FROM_SUBTABLE)) {
        known->origin = (uint8_t)origin;
        return known;
    }
    return new_container(reader, table, key, TOML_TABLE, origin);
}

static struct toml_node *open_table(struct toml_reader *reader, struct toml_node *parent,
                                    const struct key *key)
{
    struct toml_node *table = find_member(parent, key);
    if (!is_made_by(table, TOML_TABLE, TOML_FROM_SUBTABLE))
        return new_container(reader, parent, key, TOML_TABLE, TOML_FROM_HEADER);
    table->origin = TOML_FROM_HEADER;
    table->value.line = key->place.line;
    table->value.column = key->place.column;
    return table;
}

static struct toml_node *open_element(struct toml_reader *reader, struct toml_node *parent,
                                      const struct key *key)
{
    struct toml_node *array = find_member(parent, key);
    if (!is_made_by(array, TOML_ARRAY, TOML_FROM_HEADER))
        array = new_container(reader, parent, key, TOML_ARRAY, TOML_FROM_HEADER);
    if (array == NULL)
        return NULL;
    struct toml_node *element = toml_new_node(reader, array, key->place);
    if (element == NULL)
        return NULL;
    toml_append(array, element);
    return become_table(reader, element, TOML_TABLE, TOML_FROM_HEADER) ? element : NULL;
}

/* Reads [header] or [[header]]; `table` is then the one that the following lines belong to. */
static bool read_header(struct toml_reader *reader, struct toml_node *root,
                        struct toml_node **table)
{
    struct key key = {0};
    struct toml_node *parent = root;
    toml_take(reader, '[');
    bool is_array = toml_take(reader, '[');
    for (;;) {
        toml_skip_space(reader);
        if (!read_key(reader, &key))
            return false;
        if (!toml_take(reader, '.'))
            break;
        parent = enter(reader, parent, &key, TOML_FROM_SUBTABLE);
        if (parent == NULL)
            return false;
    }
    if (!toml_take(reader, ']') || (is_array && !toml_take(reader, ']')))
        return toml_expected(reader, is_array ? "']]' after the name" : "']' after the name");
    *table = is_array ? open_element(reader, parent, &key) : open_table(reader, parent, &key);
    return *table != NULL;
}

/* --- values --- */

/* Reads "key = value", where the key may be dotted. */
static bool read_member(struct toml_reader *reader, struct toml_node *table)
{
    struct key key = {0};
    for (;;) {
        if (!read_key(reader, &key))
            return false;
        if (!toml_take(reader, '.'))
            break;
        table = enter(reader, table, &key, TOML_FROM_DOTTED);
        if (table == NULL)
            return false;
        toml_skip_space(reader);
    }
    if (!toml_take(reader, '='))
        return toml_expected(reader, "'=' after the key");
    toml_skip_space(reader);
    struct toml_node *member = new_member(reader, table, &key, false);
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

/* Reads an array or inline table. The recursion is bounded by what become_table() allows. */
static bool read_container(struct toml_reader *reader, struct toml_node *node, enum toml_type type)
{
    uint32_t line = reader->line;
    char close = type == TOML_ARRAY ? ']' : '}';
    reader->at++;
    reader->open++;
    if (!become_table(reader, node, type, TOML_FROM_VALUE))
        return false;
    for (bool separated = true; toml_skip_blank(reader), !toml_take(reader, close);) {
        if (!separated || reader->at == reader->end) {
            char what[64];
            format_text(what, sizeof what, "',' or the '%c' that ends the %s of line %u", close,
                        type == TOML_ARRAY ? "array" : "table", line);
            return toml_expected(reader, what);
        }
        if (type == TOML_ARRAY ? !read_element(reader, node) : !read_member(reader, node))
            return false;
        toml_skip_blank(reader);
        separated = toml_take(reader, ',');
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
            /* What follows goes to a table of its own, where it contradicts nothing. */
            reader->lost = true;
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
    become_table(reader, root, TOML_TABLE, TOML_FROM_HEADER);
    while (reader->errors < TOML_MOST_ERRORS && failures < MOST_FAILURES) {
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
