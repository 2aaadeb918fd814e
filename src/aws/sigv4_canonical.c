#include "aws/sigv4_internal.h"

enum { LONGEST_QUERY = 16 * 1024 };

bool uri_encode(struct str text, struct str kept, struct buf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (is_alphanumeric(byte) || str_holds(STR("-_.~"), byte) || str_holds(kept, byte)) {
            buf_append_byte(out, byte);
            continue;
        }
        static const char digits[] = "0123456789ABCDEF";
        const char escape[] = {'%', digits[(unsigned char)byte >> 4], digits[byte & 15]};
        buf_append(out, str_bytes(escape, sizeof escape));
    }
    return !out->failed;
}

static void uri_decode(struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        bool escaped = text.data[i] == '%' && text.length - i > 2;
        unsigned high = escaped ? digit_value(text.data[i + 1]) : 16;
        unsigned low = escaped ? digit_value(text.data[i + 2]) : 16;
        if (high < 16 && low < 16) {
            buf_append_byte(out, (char)(high * 16 + low));
            i += 2;
        } else {
            buf_append_byte(out, text.data[i]);
        }
    }
}

/* Removes dot segments (RFC 3986 §5.2.4) and empty segments. Appends each segment after a '/'. */
static void append_normalised(struct str path, struct buf *out)
{
    struct str part;
    size_t start = out->length;
    bool ends_in_directory = str_ends_with(path, STR("/"));
    while (str_next(&path, '/', &part)) {
        ends_in_directory = part.length == 0 || part.data[0] == '.';
        if (str_equal(part, STR(".."))) {
            while (out->length > start && out->data[--out->length] != '/')
                continue;
        } else if (part.length > 0 && !str_equal(part, STR("."))) {
            ends_in_directory = false;
            buf_append_byte(out, '/');
            uri_encode(part, STR(""), out);
        }
    }
    if (out->length == start || ends_in_directory)
        buf_append_byte(out, '/');
}

bool canonical_append_path(struct str path, bool normalise, struct buf *out)
{
    if (normalise)
        append_normalised(path, out);
    else
        uri_encode(path.length == 0 ? STR("/") : path, STR("/"), out);
    return !out->failed;
}

static char identity(char byte)
{
    return byte;
}

/* Compares bytewise, after `map` was applied to each byte. */
static int compare_names(struct str a, struct str b, char (*map)(char byte))
{
    for (size_t i = 0; i < a.length && i < b.length; i++) {
        int difference = (unsigned char)map(a.data[i]) - (unsigned char)map(b.data[i]);
        if (difference != 0)
            return difference;
    }
    return a.length == b.length ? 0 : a.length < b.length ? -1 : 1;
}

/* An encoded parameter: offsets and lengths of its name and value in a buffer. */
struct parameter {
    size_t name, name_length, value, value_length;
};

static struct str parameter_name(const struct buf *text, const struct parameter *parameter)
{
    return str_take(str_skip(buf_str(text), parameter->name), parameter->name_length);
}

static struct str parameter_value(const struct buf *text, const struct parameter *parameter)
{
    return str_take(str_skip(buf_str(text), parameter->value), parameter->value_length);
}

static struct parameter encode_parameter(struct str text, struct buf *encoded)
{
    BUF_AUTO struct buf name = BUF(LONGEST_QUERY);
    BUF_AUTO struct buf value = BUF(LONGEST_QUERY);
    size_t equals = str_index_of(text, '=');
    struct parameter parameter = {.name = encoded->length};
    uri_decode(str_take(text, equals), &name);
    uri_decode(str_skip(text, equals + 1), &value);
    uri_encode(buf_str(&name), STR(""), encoded);
    parameter.name_length = encoded->length - parameter.name;
    parameter.value = encoded->length;
    uri_encode(buf_str(&value), STR(""), encoded);
    parameter.value_length = encoded->length - parameter.value;
    encoded->failed = encoded->failed || name.failed || value.failed;
    return parameter;
}

static bool parameter_precedes(const struct buf *text, const struct parameter *a,
                               const struct parameter *b)
{
    int order = compare_names(parameter_name(text, a), parameter_name(text, b), identity);
    return order < 0 || (order == 0 && compare_names(parameter_value(text, a),
                                                     parameter_value(text, b), identity) < 0);
}

bool canonical_append_query(struct str query, struct buf *out)
{
    BUF_AUTO struct buf encoded = BUF(LONGEST_QUERY);
    struct parameter sorted[SIGV4_MOST_PARAMETERS];
    size_t count = 0;
    struct str part;
    while (str_next(&query, '&', &part)) {
        if (part.length == 0)
            continue;
        if (count == SIGV4_MOST_PARAMETERS)
            return false;
        struct parameter parameter = encode_parameter(part, &encoded);
        if (encoded.failed)
            return false;
        size_t position = count++;
        for (; position > 0 && parameter_precedes(&encoded, &parameter, &sorted[position - 1]);
             position--)
            sorted[position] = sorted[position - 1];
        sorted[position] = parameter;
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_byte(out, '&');
        buf_append(out, parameter_name(&encoded, &sorted[i]));
        buf_append_byte(out, '=');
        buf_append(out, parameter_value(&encoded, &sorted[i]));
    }
    return !out->failed;
}

bool canonical_headers_sort(const struct sigv4_header *headers, size_t count,
                            struct canonical_headers *sorted)
{
    sorted->count = count;
    if (count > SIGV4_MOST_HEADERS)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t position = i;
        for (; position > 0 &&
               compare_names(headers[i].name, sorted->sorted[position - 1]->name, to_lower) < 0;
             position--)
            sorted->sorted[position] = sorted->sorted[position - 1];
        sorted->sorted[position] = &headers[i];
    }
    return true;
}

bool canonical_headers_repeats(const struct canonical_headers *headers, size_t index)
{
    if (index == 0)
        return false;
    return str_equal_ignore_case(headers->sorted[index]->name, headers->sorted[index - 1]->name);
}

bool canonical_append_lower(struct str name, struct buf *out)
{
    for (size_t i = 0; i < name.length; i++)
        buf_append_byte(out, to_lower(name.data[i]));
    return !out->failed;
}

/* Appends the value trimmed, with each run of white space replaced by one space. */
static void append_header_value(struct str value, struct buf *out)
{
    value = str_trim(value);
    for (size_t i = 0; i < value.length; i++) {
        bool space = is_space(value.data[i]);
        if (!space)
            buf_append_byte(out, value.data[i]);
        else if (!is_space(value.data[i - 1]))
            buf_append_byte(out, ' ');
    }
}

bool canonical_append_headers(const struct canonical_headers *headers, struct buf *out)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (canonical_headers_repeats(headers, i)) {
            out->length--; /* remove the newline: this value continues the line */
            buf_append_byte(out, ',');
        } else {
            canonical_append_lower(headers->sorted[i]->name, out);
            buf_append_byte(out, ':');
        }
        append_header_value(headers->sorted[i]->value, out);
        if (!buf_append_byte(out, '\n'))
            return false;
    }
    return true;
}
