/* IP addresses as text. */
#ifndef WCP_NET_ADDRESS_H
#define WCP_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ADDRESS_V4_SIZE = 4,
    ADDRESS_V6_SIZE = 16,
    ADDRESS_TEXT_SIZE = 46, /* the longest and its terminator */
};

/* Reads a literal IPv4 or IPv6 address into the first bytes of `bytes`, in network order: its size;
 * 0 when it is none. */
size_t address_parse(const char *text, uint8_t bytes[ADDRESS_V6_SIZE]);

/* Writes an address of ADDRESS_V4_SIZE or ADDRESS_V6_SIZE bytes: RFC 5952 §4 for IPv6.
 * (inet_ntop(3) would bring printf.) */
void address_format(const uint8_t *bytes, size_t size, char out[ADDRESS_TEXT_SIZE]);

#endif
