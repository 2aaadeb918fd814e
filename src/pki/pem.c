#include "pki/pem.h"

#include "crypto/base64.h"

enum { LONGEST_LABEL = 64, BYTES_PER_LINE = 48 };

#define BEGIN STR("-----BEGIN ")
#define END STR("-----END ")
#define HYPHENS STR("-----")
#define BYTE_ORDER_MARK STR("\xef\xbb\xbf") /* of UTF-8, as editors of Windows write it */

static bool is_label(struct str text)
{
    if (text.length == 0 || text.length > LONGEST_LABEL)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] != ' ' && !is_digit(text.data[i]) &&
            (text.data[i] < 'A' || text.data[i] > 'Z'))
            return false;
    return true;
}

/* Reads "-----BEGIN label-----", or the same with END. White space may follow. */
static bool read_boundary(struct str line, struct str prefix, struct str *label)
{
    struct str inside = str_skip(str_trim(line), prefix.length);
    if (!str_starts_with(line, prefix) || !str_ends_with(inside, HYPHENS))
        return false;
    *label = str_take(inside, inside.length - HYPHENS.length);
    return is_label(*label);
}

/* Finds the next BEGIN line and reads its label. Returns false with ERROR_NONE at the end of the
 * text, with ERROR_PERMANENT for a damaged BEGIN line or an END line. */
static bool find_begin(struct str *rest, struct str *line, struct str *label, struct error *error)
{
    while (str_next_line(rest, line)) {
        *line = str_skip(*line, str_starts_with(*line, BYTE_ORDER_MARK) ? 3 : 0);
        if (read_boundary(*line, BEGIN, label))
            return true;
        if (str_starts_with(*line, BEGIN))
            return error_set(error, ERROR_PERMANENT, "a PEM block has a damaged BEGIN line");
        if (str_starts_with(*line, END))
            return error_set(error, ERROR_PERMANENT,
                             "a PEM block has an END line but no BEGIN line");
    }
    return error_set(error, ERROR_NONE, "no further PEM block");
}

static bool refuse_block(struct error *error, struct str label, const char *how)
{
    return error_set(error, ERROR_PERMANENT, "the %.*s block %s", (int)label.length, label.data,
                     how);
}

bool pem_next(struct str *rest, struct pem_block *block, struct error *error)
{
    struct str begin_line;
    struct str end_line;
    struct str end_label;
    *block = (struct pem_block){0};
    if (!find_begin(rest, &begin_line, &block->label, error))
        return false;
    /* Base64 has no hyphen, so the first one ends the body. */
    block->body = str_take(*rest, str_index_of(*rest, '-'));
    *rest = str_skip(*rest, block->body.length);
    if (rest->length == 0)
        return refuse_block(error, block->label, "has no END line: it is cut off");
    bool at_line_start = block->body.length == 0 || str_ends_with(block->body, STR("\n"));
    if (!at_line_start || !base64_is_plausible(block->body) || !str_starts_with(*rest, HYPHENS))
        return refuse_block(error, block->label, "contains something other than Base64");
    str_next_line(rest, &end_line);
    if (!read_boundary(end_line, END, &end_label))
        return refuse_block(error, block->label, "has a damaged END line");
    if (!str_equal(end_label, block->label))
        return refuse_block(error, block->label, "has the END line of another block");
    const char *end = end_label.data + end_label.length + HYPHENS.length;
    block->whole = str_bytes(begin_line.data, (size_t)(end - begin_line.data));
    return true;
}

/* Completes the error of a pem_next that returned false: at the end of the text, the error is that
 * a block with this label is missing. */
static bool refuse_missing_block(struct error *error, struct str label)
{
    if (error->kind == ERROR_NONE)
        error_set(error, ERROR_PERMANENT, "there is no %.*s block", (int)label.length, label.data);
    return false;
}

bool pem_find(struct str *rest, struct str label, struct pem_block *block, struct error *error)
{
    while (pem_next(rest, block, error))
        if (str_equal(block->label, label))
            return true;
    return refuse_missing_block(error, label);
}

bool pem_only(struct str text, struct str label, struct pem_block *block, struct error *error)
{
    struct pem_block second;
    if (!pem_next(&text, block, error))
        return refuse_missing_block(error, label);
    if (!str_equal(block->label, label))
        return error_set(error, ERROR_PERMANENT, "the PEM block is labelled %.*s, not %.*s",
                         (int)block->label.length, block->label.data, (int)label.length,
                         label.data);
    if (pem_next(&text, &second, error))
        return refuse_block(error, label, "is followed by another block");
    return error->kind == ERROR_NONE;
}

bool pem_decode(const struct pem_block *block, struct buf *der, struct error *error)
{
    size_t before = der->length;
    if (!base64_decode(block->body, der))
        return refuse_block(error, block->label,
                            der->failed ? "is too large" : "is not valid Base64: it is damaged");
    return der->length > before || refuse_block(error, block->label, "is empty");
}

static void append_boundary(struct buf *out, struct str prefix, struct str label)
{
    buf_append(out, prefix);
    buf_append(out, label);
    buf_append(out, HYPHENS);
    buf_append_byte(out, '\n');
}

bool pem_encode(struct str label, struct str der, struct buf *out)
{
    append_boundary(out, BEGIN, label);
    for (; der.length > 0; der = str_skip(der, BYTES_PER_LINE)) {
        base64_encode(str_take(der, BYTES_PER_LINE), out);
        buf_append_byte(out, '\n');
    }
    append_boundary(out, END, label);
    return !out->failed;
}
