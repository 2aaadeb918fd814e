/* Reads TOML from its input and writes the tagged JSON of the toml-test suite, or, when the text is
 * invalid, its errors as "line:column: message" to stderr with exit status 1. */
#include "base/limits.h"
#include "toml/toml.h"

#include <stdio.h>
#include <stdlib.h>

static const char *tag_of(enum toml_type type)
{
    static const char *const tags[] = {
        [TOML_STRING] = "string",
        [TOML_INTEGER] = "integer",
        [TOML_FLOAT] = "float",
        [TOML_BOOLEAN] = "bool",
        [TOML_OFFSET_DATETIME] = "datetime",
        [TOML_LOCAL_DATETIME] = "datetime-local",
        [TOML_LOCAL_DATE] = "date-local",
        [TOML_LOCAL_TIME] = "time-local",
    };
    return tags[type];
}

static void write_string(struct str text)
{
    putchar('"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < 0x20 || byte == '"' || byte == '\\')
            printf("\\u%04x", byte);
        else
            putchar(byte);
    }
    putchar('"');
}

static void write_value(const struct toml_value *value);

static void write_children(const struct toml_value *parent, char open, char close)
{
    putchar(open);
    for (const struct toml_value *child = parent->children; child != NULL; child = child->next) {
        if (parent->type == TOML_TABLE) {
            write_string(child->key);
            putchar(':');
        }
        write_value(child);
        if (child->next != NULL)
            putchar(',');
    }
    putchar(close);
}

static void write_value(const struct toml_value *value)
{
    if (value->type == TOML_TABLE) {
        write_children(value, '{', '}');
        return;
    }
    if (value->type == TOML_ARRAY) {
        write_children(value, '[', ']');
        return;
    }
    printf("{\"type\":\"%s\",\"value\":", tag_of(value->type));
    if (value->type == TOML_INTEGER)
        printf("\"%lld\"", (long long)value->integer);
    else if (value->type == TOML_BOOLEAN)
        printf("\"%s\"", value->boolean ? "true" : "false");
    else
        write_string(value->text);
    putchar('}');
}

static void report(void *context, uint32_t line, uint32_t column, const char *message)
{
    (void)context;
    fprintf(stderr, "%u:%u: %s\n", line, column, message);
}

int main(void)
{
    static char text[LIMIT_CONFIGURATION + 1];
    size_t length = fread(text, 1, sizeof text, stdin);
    struct toml_document *document = toml_parse(str_bytes(text, length), report, NULL);
    if (document == NULL)
        return EXIT_FAILURE;
    write_value(toml_root(document));
    putchar('\n');
    toml_free(document);
    return EXIT_SUCCESS;
}
