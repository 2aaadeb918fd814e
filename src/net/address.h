/* IP addresses and their text forms. */
#ifndef WCP_NET_ADDRESS_H
#define WCP_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ADDRESS_V4_SIZE = 4,
    ADDRESS_V6_SIZE = 16,
    ADDRESS_TEXT_SIZE = 46, /* the longest text and its terminator */
};

/* Parses a literal IPv4 or IPv6 address into the first bytes of `bytes`, in network order. Returns
 * its size: ADDRESS_V4_SIZE, ADDRESS_V6_SIZE, or 0 when `text` is not an address. */
size_t address_parse(const char *text, uint8_t bytes[ADDRESS_V6_SIZE]);

/* Formats an address of ADDRESS_V4_SIZE or ADDRESS_V6_SIZE bytes. An IPv6 address has the form that
 * RFC 5952 §4 recommends. */
void address_format(const uint8_t *bytes, size_t size, char out[ADDRESS_TEXT_SIZE]);

#endif
