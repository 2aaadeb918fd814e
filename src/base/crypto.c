/* The library calls the state of its hashes private; a key is stretched from two such states. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include "base/crypto.h"

#include "base/random.h"
#include "base/sha_x86.h"

#include <mbedtls/aes.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <psa/crypto.h>

#include <string.h>

/* --- hashes (FIPS 180-4) over the library's compression functions ----------------------------- */

enum { LARGEST_BLOCK = 128, LARGEST_DIGEST = 64 };

/* Every hash's state fits; what it does not use stays zero. */
union state {
    uint32_t narrow[8];
    uint64_t wide[8];
};

struct hasher {
    union state state;
    const struct algorithm *algorithm;
    uint64_t total; /* bytes taken in */
    uint8_t block[LARGEST_BLOCK];
    union { /* what the library's functions work on */
        mbedtls_sha1_context sha1;
        mbedtls_sha256_context sha256;
        mbedtls_sha512_context sha512;
    } context;
};

typedef void stretching(const uint32_t inner[8], const uint32_t outer[8], uint32_t digest[8],
                        uint32_t rounds);

struct algorithm {
    size_t block_size;
    size_t digest_size;
    bool is_wide; /* words of 64 bits */
    void (*start)(struct hasher *hasher);
    void (*compress)(struct hasher *hasher, const uint8_t *block);
    stretching *stretch_x86; /* NULL: none */
};

/* The library's functions below fail only for hashes that are not built in: these all are. */
static void start_sha1(struct hasher *hasher)
{
    mbedtls_sha1_starts(&hasher->context.sha1);
    memcpy(hasher->state.narrow, hasher->context.sha1.state, sizeof hasher->context.sha1.state);
}

static void start_sha256(struct hasher *hasher)
{
    mbedtls_sha256_starts(&hasher->context.sha256, hasher->algorithm->digest_size == 28);
    memcpy(hasher->state.narrow, hasher->context.sha256.state, sizeof hasher->state.narrow);
}

static void start_sha512(struct hasher *hasher)
{
    mbedtls_sha512_starts(&hasher->context.sha512, hasher->algorithm->digest_size == 48);
    memcpy(hasher->state.wide, hasher->context.sha512.state, sizeof hasher->state.wide);
}

static void compress_sha1(struct hasher *hasher, const uint8_t *block)
{
    mbedtls_sha1_context *context = &hasher->context.sha1;
    memcpy(context->state, hasher->state.narrow, sizeof context->state);
    mbedtls_internal_sha1_process(context, block);
    memcpy(hasher->state.narrow, context->state, sizeof context->state);
}

static void compress_sha256(struct hasher *hasher, const uint8_t *block)
{
    mbedtls_sha256_context *context = &hasher->context.sha256;
    memcpy(context->state, hasher->state.narrow, sizeof context->state);
    mbedtls_internal_sha256_process(context, block);
    memcpy(hasher->state.narrow, context->state, sizeof context->state);
}

static void compress_sha512(struct hasher *hasher, const uint8_t *block)
{
    mbedtls_sha512_context *context = &hasher->context.sha512;
    memcpy(context->state, hasher->state.wide, sizeof context->state);
    mbedtls_internal_sha512_process(context, block);
    memcpy(hasher->state.wide, context->state, sizeof context->state);
}

static const struct algorithm algorithms[] = {
    [HASH_SHA1] = {64, 20, false, start_sha1, compress_sha1, sha1_x86_stretch},
    [HASH_SHA224] = {64, 28, false, start_sha256, compress_sha256, NULL},
    [HASH_SHA256] = {64, 32, false, start_sha256, compress_sha256, sha256_x86_stretch},
    [HASH_SHA384] = {128, 48, true, start_sha512, compress_sha512, NULL},
    [HASH_SHA512] = {128, 64, true, start_sha512, compress_sha512, NULL},
};

static void hasher_start(struct hasher *hasher, enum hash hash)
{
    *hasher = (struct hasher){.algorithm = &algorithms[hash]};
    hasher->algorithm->start(hasher);
}

static void hasher_add(struct hasher *hasher, struct str bytes)
{
    size_t block_size = hasher->algorithm->block_size;
    while (bytes.length > 0) {
        size_t used = hasher->total % block_size;
        struct str part = str_take(bytes, block_size - used);
        if (part.length == block_size) {
            hasher->algorithm->compress(hasher, (const uint8_t *)part.data);
        } else {
            memcpy(hasher->block + used, part.data, part.length);
            if (used + part.length == block_size)
                hasher->algorithm->compress(hasher, hasher->block);
        }
        hasher->total += part.length;
        bytes = str_skip(bytes, part.length);
    }
}

/* Big-endian. */
static void put_word(uint8_t *out, uint32_t word)
{
    out[0] = (uint8_t)(word >> 24);
    out[1] = (uint8_t)(word >> 16);
    out[2] = (uint8_t)(word >> 8);
    out[3] = (uint8_t)word;
}

static void put_double_word(uint8_t *out, uint64_t words)
{
    put_word(out, (uint32_t)(words >> 32));
    put_word(out + 4, (uint32_t)words);
}

/* Writes the state as a digest. */
static void put_digest(const struct hasher *hasher, uint8_t *out)
{
    size_t size = hasher->algorithm->digest_size;
    if (hasher->algorithm->is_wide)
        for (size_t i = 0; i < size / 8; i++)
            put_double_word(out + i * 8, hasher->state.wide[i]);
    else
        for (size_t i = 0; i < size / 4; i++)
            put_word(out + i * 4, hasher->state.narrow[i]);
}

/* Puts what ends a message of `total` bytes behind the `used` that its last block holds already. */
static void pad_block(struct hasher *hasher, size_t used, uint64_t total)
{
    size_t block_size = hasher->algorithm->block_size;
    memset(hasher->block + used, 0, block_size - used);
    put_double_word(hasher->block + block_size - 8, total * 8);
}

static void hasher_finish(struct hasher *hasher, uint8_t *digest)
{
    size_t block_size = hasher->algorithm->block_size;
    size_t used = hasher->total % block_size;
    hasher->block[used++] = 0x80;
    if (used > block_size - (hasher->algorithm->is_wide ? 16 : 8)) {
        memset(hasher->block + used, 0, block_size - used);
        hasher->algorithm->compress(hasher, hasher->block);
        used = 0;
    }
    pad_block(hasher, used, hasher->total);
    hasher->algorithm->compress(hasher, hasher->block);
    put_digest(hasher, digest);
}

void sha256(struct str message, uint8_t digest[SHA256_SIZE])
{
    struct hasher hasher;
    hasher_start(&hasher, HASH_SHA256);
    hasher_add(&hasher, message);
    hasher_finish(&hasher, digest);
    wipe(&hasher, sizeof hasher);
}

void sha256_hex(struct str message, char out[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    sha256(message, digest);
    hex_encode(digest, sizeof digest, out);
}

/* --- HMAC (RFC 2104) and what stands on it ---------------------------------------------------- */

/* A key, kept as the two states that its padded block leads to: nothing is hashed twice. */
struct hmac {
    struct hasher hasher;
    union state inner;
    union state outer;
};

static union state state_after_key(struct hasher *hasher, const uint8_t *key, uint8_t pad)
{
    size_t block_size = hasher->algorithm->block_size;
    for (size_t i = 0; i < block_size; i++)
        hasher->block[i] = key[i] ^ pad;
    hasher->algorithm->start(hasher);
    hasher->algorithm->compress(hasher, hasher->block);
    return hasher->state;
}

static void hmac_start(struct hmac *hmac, enum hash hash, struct str key)
{
    struct hasher *hasher = &hmac->hasher;
    uint8_t block[LARGEST_BLOCK] = {0};
    hasher_start(hasher, hash);
    if (key.length > hasher->algorithm->block_size) {
        hasher_add(hasher, key);
        hasher_finish(hasher, block);
    } else if (key.length > 0) {
        memcpy(block, key.data, key.length);
    }
    hmac->inner = state_after_key(hasher, block, 0x36);
    hmac->outer = state_after_key(hasher, block, 0x5c);
    wipe(block, sizeof block);
}

static void hmac_continue(struct hmac *hmac, const union state *state)
{
    hmac->hasher.state = *state;
    hmac->hasher.total = hmac->hasher.algorithm->block_size;
}

/* After hmac_continue from the inner state and hasher_add of the message. */
static void hmac_finish(struct hmac *hmac, uint8_t *mac)
{
    hasher_finish(&hmac->hasher, mac);
    hmac_continue(hmac, &hmac->outer);
    hasher_add(&hmac->hasher, str_bytes(mac, hmac->hasher.algorithm->digest_size));
    hasher_finish(&hmac->hasher, mac);
}

void hmac_sha256(struct str key, struct str message, uint8_t mac[SHA256_SIZE])
{
    struct hmac hmac;
    hmac_start(&hmac, HASH_SHA256, key);
    hmac_continue(&hmac, &hmac.inner);
    hasher_add(&hmac.hasher, message);
    hmac_finish(&hmac, mac);
    wipe(&hmac, sizeof hmac);
}

/* The rounds after the first, whose result is the hasher's state: it becomes the exclusive or of
 * all results. Both messages of an HMAC of a digest fill one block and are padded alike, so that a
 * round is two compressions. */
static void stretch(struct hmac *hmac, uint32_t rounds)
{
    struct hasher *hasher = &hmac->hasher;
    const struct algorithm *algorithm = hasher->algorithm;
    union state sum = hasher->state;
    hasher->block[algorithm->digest_size] = 0x80;
    pad_block(hasher, algorithm->digest_size + 1, algorithm->block_size + algorithm->digest_size);
    for (uint32_t round = 0; round < rounds; round++) {
        put_digest(hasher, hasher->block);
        hasher->state = hmac->inner;
        algorithm->compress(hasher, hasher->block);
        put_digest(hasher, hasher->block);
        hasher->state = hmac->outer;
        algorithm->compress(hasher, hasher->block);
        for (size_t i = 0; i < 8; i++)
            sum.wide[i] ^= hasher->state.wide[i];
    }
    hasher->state = sum;
    wipe(&sum, sizeof sum);
}

/* The `index`th part of the derived key (RFC 8018's function F), as long as a digest. */
static void pbkdf2_part(struct hmac *hmac, struct str salt, uint32_t iterations, uint32_t index,
                        bool through_x86, uint8_t *part)
{
    struct hasher *hasher = &hmac->hasher;
    uint8_t suffix[4];
    put_word(suffix, index);
    hmac_continue(hmac, &hmac->inner);
    hasher_add(hasher, salt);
    hasher_add(hasher, str_bytes(suffix, sizeof suffix));
    hmac_finish(hmac, part);
    if (through_x86)
        hasher->algorithm->stretch_x86(hmac->inner.narrow, hmac->outer.narrow, hasher->state.narrow,
                                       iterations - 1);
    else
        stretch(hmac, iterations - 1);
    put_digest(hasher, part);
}

static void pbkdf2_through(bool x86, enum hash hash, struct str password, struct str salt,
                           uint32_t iterations, uint8_t *out, size_t size)
{
    struct hmac hmac;
    uint8_t part[LARGEST_DIGEST];
    hmac_start(&hmac, hash, password);
    for (uint32_t index = 1; size > 0; index++) {
        pbkdf2_part(&hmac, salt, iterations, index, x86, part);
        struct str taken = str_take(str_bytes(part, hmac.hasher.algorithm->digest_size), size);
        memcpy(out, taken.data, taken.length);
        out += taken.length;
        size -= taken.length;
    }
    wipe(part, sizeof part);
    wipe(&hmac, sizeof hmac);
}

void pbkdf2(enum hash hash, struct str password, struct str salt, uint32_t iterations, uint8_t *out,
            size_t size)
{
    bool x86 = algorithms[hash].stretch_x86 != NULL && sha_x86_is_supported();
    pbkdf2_through(x86, hash, password, salt, iterations, out, size);
}

void pbkdf2_portable(enum hash hash, struct str password, struct str salt, uint32_t iterations,
                     uint8_t *out, size_t size)
{
    pbkdf2_through(false, hash, password, salt, iterations, out, size);
}

/* --- AES -------------------------------------------------------------------------------------- */

/* Takes off PKCS#7 padding (RFC 5652 §6.3), looking at the whole last block whatever it holds. */
static bool remove_padding(const uint8_t *data, size_t *length)
{
    uint8_t count = data[*length - 1];
    bool wrong = count == 0 || count > AES_BLOCK_SIZE;
    for (size_t i = 0; i < AES_BLOCK_SIZE; i++)
        wrong |= (i < count) & (data[*length - 1 - i] != count);
    if (wrong)
        return false;
    *length -= count;
    return true;
}

bool aes_cbc_decrypt(const uint8_t *key, size_t key_size, const uint8_t iv[AES_BLOCK_SIZE],
                     uint8_t *data, size_t *length)
{
    if (*length == 0 || *length % AES_BLOCK_SIZE != 0)
        return false;
    uint8_t chain[AES_BLOCK_SIZE];
    memcpy(chain, iv, sizeof chain);
    mbedtls_aes_context context;
    mbedtls_aes_init(&context);
    bool done =
        mbedtls_aes_setkey_dec(&context, key, (unsigned)key_size * 8) == 0 &&
        mbedtls_aes_crypt_cbc(&context, MBEDTLS_AES_DECRYPT, *length, chain, data, data) == 0;
    mbedtls_aes_free(&context); /* wipes */
    return done && remove_padding(data, length);
}

/* --- the library's own needs ------------------------------------------------------------------ */

/* Where the library gets random bytes from; its own pools and generators are not built in. */
psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t *context,
                                             uint8_t *output, size_t output_size,
                                             size_t *output_length)
{
    (void)context;
    *output_length = 0;
    if (!random_fill(output, output_size))
        return PSA_ERROR_INSUFFICIENT_ENTROPY;
    *output_length = output_size;
    return PSA_SUCCESS;
}

bool crypto_start(void)
{
    return psa_crypto_init() == PSA_SUCCESS;
}
