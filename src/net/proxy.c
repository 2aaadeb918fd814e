#include "net/proxy.h"

#include "base/format.h"
#include "base/limits.h"
#include "net/address.h"

#include <stdlib.h>
#include <string.h>

/* An IPv4 or IPv6 address. Size 0: none. */
struct address {
    size_t size;
    uint8_t bytes[ADDRESS_V6_SIZE];
};

/* A destination that is compared with the entries of NO_PROXY. */
struct destination {
    struct str host;
    struct address address;
    uint16_t port;
};

static struct str proxy_variable(const char *upper, const char *lower)
{
    struct str value = str_trim(str_from(getenv(upper)));
    return value.length > 0 ? value : str_trim(str_from(getenv(lower)));
}

static struct address parse_address(struct str text)
{
    struct address address = {0};
    char terminated[ADDRESS_TEXT_SIZE];
    if (text.length >= sizeof terminated)
        return address;
    format_text(terminated, sizeof terminated, "%.*s", (int)text.length, text.data);
    address.size = address_parse(terminated, address.bytes);
    return address;
}

/* Removes the port from "host:port" or "[IPv6]:port". An IPv6 address without brackets has none.
 * False when the entry's port is not `port`. */
static bool strip_matching_port(struct str *entry, uint16_t port)
{
    size_t colon = str_index_of(*entry, ']');
    if (colon == entry->length)
        colon = 0;
    struct str rest = str_skip(*entry, colon);
    colon += str_index_of(rest, ':');
    rest = str_skip(*entry, colon + 1);
    if (colon == entry->length || str_holds(rest, ':'))
        return true;
    uint64_t number = 0;
    *entry = str_take(*entry, colon);
    return str_to_unsigned(rest, UINT16_MAX, &number) && number == port;
}

/* Matches an address, or a network such as 10.0.0.0/8 (RFC 4632) or fd00::/8. Brackets make no
 * difference. */
static bool address_matches(struct str entry, const struct address *destination)
{
    char text[2 * ADDRESS_TEXT_SIZE];
    size_t length = 0;
    for (size_t i = 0; i < entry.length && length < sizeof text; i++)
        if (entry.data[i] != '[' && entry.data[i] != ']')
            text[length++] = entry.data[i];
    entry = str_bytes(text, length);
    size_t slash = str_index_of(entry, '/');
    struct address network = parse_address(str_take(entry, slash));
    uint64_t bits = 8 * network.size;
    if (network.size != destination->size ||
        (slash < length && !str_to_unsigned(str_skip(entry, slash + 1), bits, &bits)))
        return false;
    for (size_t i = 0; i < bits; i++)
        if (((network.bytes[i / 8] ^ destination->bytes[i / 8]) & (0x80 >> i % 8)) != 0)
            return false;
    return true;
}

/* Matches the name itself and its subdomains. A leading "." or "*." and a final "." make no
 * difference. */
static bool name_matches(struct str entry, struct str host)
{
    if (str_starts_with(entry, STR("*.")))
        entry = str_skip(entry, 1);
    if (str_starts_with(entry, STR(".")))
        entry = str_skip(entry, 1);
    if (str_ends_with(entry, STR(".")))
        entry = str_take(entry, entry.length - 1);
    if (entry.length == 0 || entry.length > host.length)
        return false;
    size_t before = host.length - entry.length;
    return str_equal_ignore_case(str_skip(host, before), entry) &&
           (before == 0 || host.data[before - 1] == '.');
}

static bool entry_matches(struct str entry, const struct destination *destination)
{
    if (str_equal(entry, STR("*")))
        return true;
    if (!strip_matching_port(&entry, destination->port))
        return false;
    if (destination->address.size > 0)
        return address_matches(entry, &destination->address);
    return name_matches(entry, destination->host);
}

/* Commas and blanks separate the entries. */
static bool bypasses_proxy(struct str list, const struct destination *destination)
{
    while (list.length > 0) {
        size_t end = 0;
        while (end < list.length && list.data[end] != ',' && !is_space(list.data[end]))
            end++;
        if (end > 0 && entry_matches(str_take(list, end), destination))
            return true;
        list = str_skip(list, end + 1);
    }
    return false;
}

static bool parse_proxy(struct str text, const char *what, struct proxy *proxy, struct error *error)
{
    struct buf with_scheme BUF_AUTO = BUF_SECRET(LIMIT_URL + 1);
    if (str_search(text, STR("://")) == text.length) {
        if (!buf_append(&with_scheme, STR("http://")) || !buf_append(&with_scheme, text))
            return error_no_memory(error);
        text = buf_str(&with_scheme);
    }
    proxy->present = url_parse(text, what, &proxy->url, error);
    return proxy->present ||
           error_advise(error,
                        "write it as http://user:password@host:port (or https://, for a proxy "
                        "that is asked over TLS); in a password, write / ? # %% and blanks as "
                        "%%2F %%3F %%23 %%25 and %%20");
}

bool proxy_choose(const char *configured, const char *host, uint16_t port, struct proxy *proxy,
                  struct error *error)
{
    *proxy = (struct proxy){0};
    struct str text = str_trim(str_from(configured));
    const char *what = "edge.https_proxy";
    if (text.length == 0) {
        what = "HTTPS_PROXY";
        text = proxy_variable("HTTPS_PROXY", "https_proxy");
        if (text.length == 0 || url_host_is_loopback(host))
            return true;
    }
    const struct destination destination = {str_from(host), parse_address(str_from(host)), port};
    if (bypasses_proxy(proxy_variable("NO_PROXY", "no_proxy"), &destination))
        return true;
    return parse_proxy(text, what, proxy, error);
}
