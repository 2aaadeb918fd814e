/* Any bytes are either a document or errors, each with a place in the text; and the same bytes give
 * the same twice. */
#include "base/limits.h"
#include "toml/toml.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

struct outcome {
    struct str text;
    unsigned errors;
    uint32_t last_line;
    uint64_t digest;
};

static void digest(struct outcome *outcome, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        outcome->digest = (outcome->digest ^ ((const uint8_t *)bytes)[i]) * 1099511628211U;
}

/* The length of a line that is counted from 1; the text must have it. */
static size_t length_of_line(struct str text, uint32_t line)
{
    struct str rest = str_starts_with(text, STR("\xef\xbb\xbf")) ? str_skip(text, 3) : text;
    for (uint32_t i = 1; i < line; i++) {
        size_t end = str_index_of(rest, '\n');
        require(end < rest.length);
        rest = str_skip(rest, end + 1);
    }
    return str_index_of(rest, '\n');
}

static void check_report(void *context, uint32_t line, uint32_t column, const char *message)
{
    struct outcome *outcome = context;
    require(line > outcome->last_line);
    require(column >= 1 && column <= length_of_line(outcome->text, line) + 1);
    require(message[0] != '\0');
    outcome->errors++;
    outcome->last_line = line;
    digest(outcome, &line, sizeof line);
    digest(outcome, &column, sizeof column);
    digest(outcome, message, strlen(message));
}

static void check_value(struct outcome *outcome, const struct toml_value *value, unsigned depth)
{
    bool has_text = value->type != TOML_ARRAY && value->type != TOML_TABLE &&
                    value->type != TOML_INTEGER && value->type != TOML_BOOLEAN;
    require(value->line >= 1 && value->column >= 1);
    require(value->type == TOML_STRING || !has_text || value->text.length > 0);
    require(depth <= LIMIT_TOML_NESTING + 1);
    digest(outcome, &value->type, sizeof value->type);
    digest(outcome, &value->integer, sizeof value->integer);
    digest(outcome, value->key.data, value->key.length);
    digest(outcome, value->text.data, value->text.length);
    if (value->type != TOML_ARRAY && value->type != TOML_TABLE)
        require(value->children == NULL);
    for (const struct toml_value *child = value->children; child != NULL; child = child->next) {
        require(value->type == TOML_ARRAY || toml_get(value, child->key) == child);
        check_value(outcome, child, depth + 1);
    }
}

static struct outcome parse(const uint8_t *data, size_t size)
{
    /* A copy that is gone when the document is looked at: it must not borrow from the text. */
    char *copy = malloc(size + 1);
    require(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    struct outcome outcome = {.text = str_bytes(copy, size), .digest = 14695981039346656037U};
    struct toml_document *document = toml_parse(outcome.text, check_report, &outcome);
    free(copy);
    require((document == NULL) == (outcome.errors > 0));
    require(outcome.errors <= TOML_MAX_ERRORS);
    if (document != NULL)
        check_value(&outcome, toml_root(document), 0);
    toml_free(document);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t first = parse(data, size).digest;
    uint64_t second = parse(data, size).digest;
    require(first == second);
    return 0;
}
