#include "net/url.h"

#include "base/format.h"
#include "base/limits.h"
#include "net/address.h"

#include <string.h>

static bool has_only_visible_ascii(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
            return false;
    return true;
}

static bool parse_scheme(struct str *text, struct url *url)
{
    const struct str secure = STR("https://");
    const struct str plain = STR("http://");
    url->tls = str_equal_ignore_case(str_take(*text, secure.length), secure);
    if (!url->tls && !str_equal_ignore_case(str_take(*text, plain.length), plain))
        return false;
    url->port = url->tls ? 443 : 80;
    *text = str_skip(*text, url->tls ? secure.length : plain.length);
    return true;
}

/* Percent-decodes (RFC 3986 §2.1) into a terminated text. Returns the fault, or NULL. */
static const char *decode_user_info(struct str text, char out[URL_USER_INFO_SIZE])
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        unsigned byte = (unsigned char)text.data[i];
        if (byte == '%') {
            struct str digits = str_take(str_skip(text, i + 1), 2);
            unsigned high = digits.length == 2 ? digit_value(digits.data[0]) : 16;
            unsigned low = high < 16 ? digit_value(digits.data[1]) : 16;
            if (low == 16)
                return "its user name or password has a % without two hexadecimal digits after it; "
                       "the character % itself is written %25";
            byte = high * 16 + low;
            i += 2;
        }
        if (byte < ' ' || byte == 0x7f)
            return "its user name or password contains a control character";
        if (length + 1 >= URL_USER_INFO_SIZE)
            return "its user name and password are too long";
        out[length++] = (char)byte;
    }
    out[length] = '\0';
    return NULL;
}

static void copy_lower(struct str text, char *out)
{
    for (size_t i = 0; i < text.length; i++)
        out[i] = to_lower(text.data[i]);
    out[text.length] = '\0';
}

/* True when the last label is a number: inet_aton(3) reads such names ("127.1") as addresses. */
static bool ends_in_number(struct str name)
{
    struct str label = name;
    for (struct str rest = name; str_next(&rest, '.', &label);)
        continue;
    uint64_t number = 0;
    return str_to_unsigned(label, UINT64_MAX, &number) ||
           str_equal_ignore_case(str_take(label, 2), STR("0x"));
}

static bool is_host_name(struct str name)
{
    struct str label;
    for (struct str rest = name; str_next(&rest, '.', &label);) {
        if (label.length == 0 || label.length > 63)
            return false;
        for (size_t i = 0; i < label.length; i++)
            if (!is_alphanumeric(label.data[i]) && label.data[i] != '-' && label.data[i] != '_')
                return false;
    }
    return !ends_in_number(name);
}

/* Parses the host at the start of `text` ("host" or "host:port") and removes it from `text`. */
static bool parse_host(struct str *text, struct url *url)
{
    bool bracketed = text->length > 0 && text->data[0] == '[';
    size_t end = bracketed ? str_index_of(*text, ']') : str_index_of(*text, ':');
    if (bracketed && end == text->length)
        return false;
    struct str host = bracketed ? str_skip(str_take(*text, end), 1) : str_take(*text, end);
    if (host.length == 0 || host.length >= URL_HOST_SIZE)
        return false;
    copy_lower(host, url->host);
    *text = str_skip(*text, bracketed ? end + 1 : end);
    uint8_t address[ADDRESS_V6_SIZE];
    size_t size = address_parse(url->host, address);
    if (bracketed)
        return size == ADDRESS_V6_SIZE;
    return size == ADDRESS_V4_SIZE || is_host_name(host);
}

static bool parse_port(struct str text, struct url *url)
{
    uint64_t port = 0;
    if (text.length == 0)
        return true;
    if (text.data[0] != ':' || !str_to_unsigned(str_skip(text, 1), UINT16_MAX, &port) || port == 0)
        return false;
    url->port = (uint16_t)port;
    return true;
}

static bool parse_path(struct str text, struct url *url)
{
    if (text.length == 0)
        text = STR("/");
    if (text.length >= URL_PATH_SIZE)
        return false;
    memcpy(url->path, text.data, text.length);
    url->path[text.length] = '\0';
    return true;
}

/* Returns the fault of a URL, or NULL. The fault does not quote the URL: when it does not parse, a
 * password may be anywhere in it. */
static const char *parse(struct str text, struct url *url)
{
    if (text.length > LIMIT_URL)
        return "it is too long";
    if (!has_only_visible_ascii(text))
        return "it contains a space, a control character or a byte outside ASCII";
    if (!parse_scheme(&text, url))
        return "it begins with neither https:// nor http://";
    if (str_holds(text, '?') || str_holds(text, '#'))
        return "it has a query or a fragment";
    size_t slash = str_index_of(text, '/');
    struct str authority = str_take(text, slash);
    size_t at = authority.length; /* of the last @: a password may contain others */
    while (at > 0 && authority.data[at - 1] != '@')
        at--;
    if (at > 0) {
        const char *fault = decode_user_info(str_take(authority, at - 1), url->user_info);
        if (fault != NULL)
            return fault;
        authority = str_skip(authority, at);
    }
    if (!parse_host(&authority, url))
        return "its host is neither a name nor an address";
    if (!parse_port(authority, url))
        return "its port is not a number from 1 to 65535";
    return parse_path(str_skip(text, slash), url) ? NULL : "its path is too long";
}

bool url_parse(struct str text, const char *what, struct url *url, struct error *error)
{
    *url = (struct url){0};
    const char *why = parse(text, url);
    return why == NULL ||
           error_refuse(error, ERROR_CONFIGURATION, "write it as https://host:port/path",
                        "%s is not a usable URL: %s", what, why);
}

bool url_host_is_loopback(const char *host)
{
    static const uint8_t v6_loopback[ADDRESS_V6_SIZE] = {[ADDRESS_V6_SIZE - 1] = 1};
    uint8_t address[ADDRESS_V6_SIZE];
    size_t size = address_parse(host, address);
    if (size == ADDRESS_V4_SIZE)
        return address[0] == 127;
    if (size == ADDRESS_V6_SIZE)
        return memcmp(address, v6_loopback, sizeof address) == 0;
    return str_equal_ignore_case(str_from(host), STR("localhost"));
}

bool url_host_is_address(const char *host)
{
    uint8_t address[ADDRESS_V6_SIZE];
    return address_parse(host, address) > 0;
}

static size_t host_in_brackets(const struct url *url, char out[URL_AUTHORITY_SIZE])
{
    bool v6 = str_index_of(str_from(url->host), ':') < strlen(url->host);
    return format_text(out, URL_AUTHORITY_SIZE, v6 ? "[%s]" : "%s", url->host);
}

void url_host_and_port(const struct url *url, char out[URL_AUTHORITY_SIZE])
{
    size_t length = host_in_brackets(url, out);
    format_text(out + length, URL_AUTHORITY_SIZE - length, ":%u", url->port);
}

void url_authority(const struct url *url, char out[URL_AUTHORITY_SIZE])
{
    if (url->port == (url->tls ? 443 : 80))
        host_in_brackets(url, out);
    else
        url_host_and_port(url, out);
}
