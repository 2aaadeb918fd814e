#include "crypto/sha1.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <string.h>

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

/* The function and constant of a quarter of the steps (FIPS 180-4 §4.1.1, §4.2.1). */
static uint32_t mix(unsigned step, uint32_t b, uint32_t c, uint32_t d)
{
    if (step < 20)
        return ((b & (c ^ d)) ^ d) + 0x5a827999;
    if (step < 40)
        return (b ^ c ^ d) + 0x6ed9eba1;
    if (step < 60)
        return ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    return (b ^ c ^ d) + 0xca62c1d6;
}

/* §6.1.2 */
static void compress(uint32_t state[5], const uint8_t block[SHA1_BLOCK_SIZE])
{
    uint32_t schedule[80];
    memcpy(schedule, block, SHA1_BLOCK_SIZE);
    for (unsigned i = 0; i < 16; i++)
        schedule[i] = ntohl(schedule[i]);
    for (unsigned i = 16; i < 80; i++)
        schedule[i] =
            rotate(schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (unsigned i = 0; i < 80; i++) {
        uint32_t next = rotate(a, 5) + mix(i, b, c, d) + e + schedule[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    wipe(schedule, sizeof schedule);
}

void sha1_start(struct sha1 *sha1)
{
    *sha1 = (struct sha1){
        .state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
    };
}

void sha1_add(struct sha1 *sha1, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        size_t used = sha1->length % SHA1_BLOCK_SIZE;
        size_t taken = SHA1_BLOCK_SIZE - used < size ? SHA1_BLOCK_SIZE - used : size;
        memcpy(sha1->block + used, at, taken);
        sha1->length += taken;
        at += taken;
        size -= taken;
        if (used + taken == SHA1_BLOCK_SIZE)
            compress(sha1->state, sha1->block);
    }
}

void sha1_finish(struct sha1 *sha1, uint8_t digest[SHA1_SIZE])
{
    static const uint8_t padding[SHA1_BLOCK_SIZE] = {0x80};
    uint64_t bits = sha1->length * 8;
    const uint32_t length[2] = {htonl((uint32_t)(bits >> 32)), htonl((uint32_t)bits)};
    size_t used = sha1->length % SHA1_BLOCK_SIZE;
    sha1_add(sha1, padding, (used < 56 ? 56 : 120) - used);
    sha1_add(sha1, length, sizeof length);
    for (unsigned i = 0; i < 5; i++) {
        uint32_t word = htonl(sha1->state[i]);
        memcpy(digest + (size_t)4 * i, &word, sizeof word);
    }
}
