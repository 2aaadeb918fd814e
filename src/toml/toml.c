#include "toml/toml_internal.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 4000 };

/* The document allocates memory in chunks and frees them together. */
struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    uint64_t words[];
};

struct toml_document {
    struct toml_node root;
    struct chunk *chunks;
};

static struct chunk *new_chunk(struct chunk *next, size_t size)
{
    struct chunk *chunk = calloc(1, sizeof *chunk + size);
    if (chunk != NULL) {
        chunk->next = next;
        chunk->size = size;
    }
    return chunk;
}

void *toml_allocate(struct toml_reader *reader, size_t size)
{
    struct chunk **chunks = &reader->document->chunks;
    size = (size + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    if (*chunks == NULL || (*chunks)->size - (*chunks)->used < size) {
        struct chunk *chunk = new_chunk(*chunks, size < CHUNK_SIZE ? CHUNK_SIZE : size);
        if (chunk == NULL) {
            toml_no_memory(reader);
            return NULL;
        }
        *chunks = chunk;
    }
    char *memory = (char *)(*chunks)->words + (*chunks)->used;
    (*chunks)->used += size;
    return memory;
}

struct toml_node *toml_new_node(struct toml_reader *reader, const struct toml_node *parent,
                                struct toml_place place)
{
    struct toml_node *node = toml_allocate(reader, sizeof *node);
    if (node == NULL)
        return NULL;
    node->value.line = place.line;
    node->value.column = place.column;
    node->depth = (uint8_t)(parent->depth + 1);
    return node;
}

void toml_append(struct toml_node *parent, struct toml_node *node)
{
    if (parent->last == NULL)
        parent->value.children = &node->value;
    else
        parent->last->value.next = &node->value;
    parent->last = node;
}

/* FNV-1a. */
static uint32_t hash_of(struct str key)
{
    uint32_t hash = 2166136261;
    for (size_t i = 0; i < key.length; i++)
        hash = (hash ^ (uint8_t)key.data[i]) * 16777619;
    return hash;
}

/* The members of a table also form a binary search tree with the first member as its root. At each
 * step, the next bit of the key's hash chooses the branch. A search among n members takes about log
 * n steps without balancing. */
struct toml_node *toml_find(const struct toml_node *table, struct str key, struct toml_node ***slot)
{
    uint32_t hash = hash_of(key);
    struct toml_node *member = (struct toml_node *)table->value.children;
    *slot = NULL;
    while (member != NULL && !str_equal(member->value.key, key)) {
        *slot = &member->branch[hash >> 31];
        hash <<= 1;
        member = **slot;
    }
    return member;
}

struct toml_document *toml_parse(struct str text, toml_report report, void *context)
{
    struct toml_document *document = calloc(1, sizeof *document);
    struct toml_reader reader = {
        .line = 1, .report = report, .context = context, .document = document};
    if (document == NULL) {
        toml_no_memory(&reader);
    } else if (text.length > LIMIT_CONFIGURATION) {
        toml_report_error(&reader, ((struct toml_place){1, 1}),
                          "the text is %zu bytes long, expected at most %d", text.length,
                          LIMIT_CONFIGURATION);
    } else {
        toml_start_reading(&reader, text);
        toml_read_document(&reader, &document->root);
    }
    if (reader.errors == 0)
        return document;
    toml_free(document);
    return NULL;
}

void toml_free(struct toml_document *document)
{
    if (document == NULL)
        return;
    for (struct chunk *chunk = document->chunks; chunk != NULL;) {
        struct chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(document);
}

const struct toml_value *toml_root(const struct toml_document *document)
{
    return &document->root.value;
}

const struct toml_value *toml_get(const struct toml_value *table, struct str key)
{
    struct toml_node **slot;
    if (table == NULL || table->type != TOML_TABLE)
        return NULL;
    const struct toml_node *member = toml_find((const struct toml_node *)table, key, &slot);
    return member == NULL ? NULL : &member->value;
}

const char *toml_type_name(enum toml_type type)
{
    static const char *const names[] = {
        [TOML_STRING] = "a string",
        [TOML_INTEGER] = "an integer",
        [TOML_FLOAT] = "a float",
        [TOML_BOOLEAN] = "a boolean",
        [TOML_OFFSET_DATETIME] = "a date and time with an offset",
        [TOML_LOCAL_DATETIME] = "a date and time",
        [TOML_LOCAL_DATE] = "a date",
        [TOML_LOCAL_TIME] = "a time",
        [TOML_ARRAY] = "an array",
        [TOML_TABLE] = "a table",
    };
    return names[type];
}
