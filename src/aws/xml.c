#include "aws/xml.h"

/* True when `text` begins with a byte that ends a tag's name. */
static bool ends_name(struct str text)
{
    return text.length > 0 &&
           (is_space(text.data[0]) || text.data[0] == '>' || text.data[0] == '/');
}

/* Finds the next tag: `opening` ("<" or "</") and `name`. `*at` begins at the tag, `*after` after
 * its name. False when there is none. */
static bool find_tag(struct str text, struct str opening, struct str name, struct str *at,
                     struct str *after)
{
    for (;;) {
        size_t found = str_search(text, opening);
        if (found == text.length)
            return false;
        *at = str_skip(text, found);
        text = str_skip(*at, opening.length);
        *after = str_skip(text, name.length);
        if (str_starts_with(text, name) && ends_name(*after))
            return true;
    }
}

bool xml_element(struct str xml, struct str name, struct str *inner)
{
    struct str at;
    struct str start;
    struct str rest;
    if (!find_tag(xml, STR("<"), name, &at, &start))
        return false;
    size_t end_of_tag = str_index_of(start, '>');
    if (end_of_tag == start.length)
        return false;
    bool empty = end_of_tag > 0 && start.data[end_of_tag - 1] == '/';
    start = str_skip(start, end_of_tag + 1);
    *inner = str_take(start, 0);
    if (empty)
        return true;
    if (!find_tag(start, STR("</"), name, &at, &rest))
        return false;
    *inner = str_take(start, (size_t)(at.data - start.data));
    return true;
}

/* Decodes the number of a character reference: "43" of "&#43;", "x2b" of "&#x2b;". */
static bool decode_number(struct str number, char *byte)
{
    unsigned value = 0;
    unsigned base = 10;
    if (str_starts_with(number, STR("x"))) {
        base = 16;
        number = str_skip(number, 1);
    }
    for (size_t i = 0; i < number.length; i++) {
        unsigned digit = digit_value(number.data[i]);
        if (digit >= base || value > 0x7f)
            return false;
        value = value * base + digit;
    }
    *byte = (char)value;
    return value > 0 && value <= 0x7f;
}

static bool decode_reference(struct str reference, char *byte)
{
    /* Each entry: the byte, then the name of its entity. */
    static const char *const entities[] = {"&amp", "<lt", ">gt", "\"quot", "'apos"};
    if (str_starts_with(reference, STR("#")))
        return decode_number(str_skip(reference, 1), byte);
    for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
        *byte = entities[i][0];
        if (str_equal(reference, str_from(entities[i] + 1)))
            return true;
    }
    return false;
}

bool xml_text(struct str inner, struct buf *out)
{
    while (inner.length > 0) {
        char byte = inner.data[0];
        size_t used = 1;
        if (byte == '<')
            return false;
        if (byte == '&') {
            size_t end = str_index_of(inner, ';');
            if (end == inner.length || !decode_reference(str_skip(str_take(inner, end), 1), &byte))
                return false;
            used = end + 1;
        }
        if (!buf_append_byte(out, byte))
            return false;
        inner = str_skip(inner, used);
    }
    return true;
}
