/* The library calls the state of its hashes private; a key is stretched from two such states. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include "crypto/crypto.h"

#include "base/random.h"
#include "crypto/sha1.h"
#include "crypto/sha256.h"
#include "crypto/sha_x86.h"

#include <arpa/inet.h>
#include <mbedtls/aes.h>
#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>
#include <psa/crypto.h>

#include <string.h>

/* --- hashes (FIPS 180-4): one way to call the library's two and ours
 * --------------------------------- */

enum { LARGEST_BLOCK = 128 };

/* A message that is being hashed. A copy goes on from where the original was. */
struct hasher {
    enum hash hash;
    union {
        struct sha1 sha1;
        mbedtls_sha256_context sha256;
        mbedtls_sha512_context sha512;
    } context;
};

static size_t block_size_of(enum hash hash)
{
    return hash >= HASH_SHA384 ? 128 : 64;
}

static size_t digest_size_of(enum hash hash)
{
    static const uint8_t sizes[] = {20, 28, 32, 48, 64};
    return sizes[hash];
}

/* The library's functions fail only for hashes that are not built in: these all are. */
static void hasher_start(struct hasher *hasher, enum hash hash)
{
    *hasher = (struct hasher){.hash = hash};
    if (hash == HASH_SHA1)
        sha1_start(&hasher->context.sha1);
    else if (hash <= HASH_SHA256)
        mbedtls_sha256_starts(&hasher->context.sha256, hash == HASH_SHA224);
    else
        mbedtls_sha512_starts(&hasher->context.sha512, hash == HASH_SHA384);
}

static void hasher_add(struct hasher *hasher, const void *bytes, size_t size)
{
    if (hasher->hash == HASH_SHA1)
        sha1_add(&hasher->context.sha1, bytes, size);
    else if (hasher->hash <= HASH_SHA256)
        mbedtls_sha256_update(&hasher->context.sha256, bytes, size);
    else
        mbedtls_sha512_update(&hasher->context.sha512, bytes, size);
}

static void hasher_finish(struct hasher *hasher, uint8_t *digest)
{
    if (hasher->hash == HASH_SHA1)
        sha1_finish(&hasher->context.sha1, digest);
    else if (hasher->hash <= HASH_SHA256)
        mbedtls_sha256_finish(&hasher->context.sha256, digest);
    else
        mbedtls_sha512_finish(&hasher->context.sha512, digest);
}

void sha256(struct str message, uint8_t digest[SHA256_SIZE])
{
    mbedtls_sha256((const uint8_t *)message.data, message.length, digest, 0);
}

void sha256_hex(struct str message, char out[SHA256_HEX_SIZE])
{
    uint8_t digest[SHA256_SIZE];
    sha256(message, digest);
    hex_encode(digest, sizeof digest, out);
}

/* --- HMAC (RFC 2104) and what stands on it ---------------------------------------------------- */

/* A key, kept as what its padded block leads to: it is not hashed again for each message. */
struct hmac {
    struct hasher inner;
    struct hasher outer;
};

static void start_with_key(struct hasher *hasher, enum hash hash, const uint8_t *key, uint8_t pad)
{
    uint8_t block[LARGEST_BLOCK];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    hasher_start(hasher, hash);
    hasher_add(hasher, block, block_size_of(hash));
    wipe(block, sizeof block);
}

static void hmac_start(struct hmac *hmac, enum hash hash, struct str key)
{
    uint8_t block[LARGEST_BLOCK] = {0};
    if (key.length > block_size_of(hash)) {
        hasher_start(&hmac->inner, hash);
        hasher_add(&hmac->inner, key.data, key.length);
        hasher_finish(&hmac->inner, block);
    } else if (key.length > 0) {
        memcpy(block, key.data, key.length);
    }
    start_with_key(&hmac->inner, hash, block, 0x36);
    start_with_key(&hmac->outer, hash, block, 0x5c);
    wipe(block, sizeof block);
}

/* `hasher` is a copy of the inner one, to which the message was added. */
static void hmac_finish(const struct hmac *hmac, struct hasher *hasher, uint8_t *mac)
{
    hasher_finish(hasher, mac);
    *hasher = hmac->outer;
    hasher_add(hasher, mac, digest_size_of(hasher->hash));
    hasher_finish(hasher, mac);
}

void hmac_sha256(struct str key, struct str message, uint8_t mac[SHA256_SIZE])
{
    struct hmac hmac;
    hmac_start(&hmac, HASH_SHA256, key);
    struct hasher hasher = hmac.inner;
    hasher_add(&hasher, message.data, message.length);
    hmac_finish(&hmac, &hasher, mac);
    wipe(&hasher, sizeof hasher);
    wipe(&hmac, sizeof hmac);
}

/* Turns a digest's words between the order of bytes that hashes have and the machine's. */
static void swap_words(uint32_t words[8])
{
    for (size_t i = 0; i < 8; i++)
        words[i] = ntohl(words[i]);
}

/* As stretch, in the processor's own instructions: SHA-1 and SHA-256 only. */
static void stretch_x86(const struct hmac *hmac, uint32_t rounds, uint64_t *sum)
{
    uint32_t words[8];
    memcpy(words, sum, sizeof words);
    swap_words(words);
    if (hmac->inner.hash == HASH_SHA1)
        sha1_x86_stretch(hmac->inner.context.sha1.state, hmac->outer.context.sha1.state, words,
                         rounds);
    else
        sha256_x86_stretch(hmac->inner.context.sha256.state, hmac->outer.context.sha256.state,
                           words, rounds);
    swap_words(words);
    memcpy(sum, words, sizeof words);
    wipe(words, sizeof words);
}

/* The rounds after the first, whose result `sum` holds: it becomes the exclusive or of all. */
static void stretch(const struct hmac *hmac, uint32_t rounds, uint64_t *sum)
{
    uint64_t result[PBKDF2_LONGEST / 8];
    struct hasher hasher;
    memcpy(result, sum, sizeof result);
    for (uint32_t round = 0; round < rounds; round++) {
        hasher = hmac->inner;
        hasher_add(&hasher, result, digest_size_of(hasher.hash));
        hmac_finish(hmac, &hasher, (uint8_t *)result);
        for (size_t i = 0; i < PBKDF2_LONGEST / 8; i++)
            sum[i] ^= result[i];
    }
    wipe(result, sizeof result);
    wipe(&hasher, sizeof hasher);
}

/* The `index`th part of the derived key (RFC 8018's function F), as long as a digest. */
static void pbkdf2_part(const struct hmac *hmac, struct str salt, uint32_t iterations,
                        uint32_t index, bool through_x86, uint64_t *part)
{
    struct hasher hasher = hmac->inner;
    const uint32_t suffix = htonl(index);
    hasher_add(&hasher, salt.data, salt.length);
    hasher_add(&hasher, &suffix, sizeof suffix);
    hmac_finish(hmac, &hasher, (uint8_t *)part);
    if (through_x86)
        stretch_x86(hmac, iterations - 1, part);
    else
        stretch(hmac, iterations - 1, part);
}

static void pbkdf2_through(bool x86, enum hash hash, struct str password, struct str salt,
                           uint32_t iterations, uint8_t *out, size_t size)
{
    struct hmac hmac;
    uint64_t part[PBKDF2_LONGEST / 8] = {0};
    hmac_start(&hmac, hash, password);
    for (uint32_t index = 1; size > 0; index++) {
        pbkdf2_part(&hmac, salt, iterations, index, x86, part);
        size_t taken = digest_size_of(hash) < size ? digest_size_of(hash) : size;
        memcpy(out, part, taken);
        out += taken;
        size -= taken;
    }
    wipe(part, sizeof part);
    wipe(&hmac, sizeof hmac);
}

void pbkdf2(enum hash hash, struct str password, struct str salt, uint32_t iterations, uint8_t *out,
            size_t size)
{
    bool x86 = (hash == HASH_SHA1 || hash == HASH_SHA256) && sha_x86_is_supported();
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

#if defined(MBEDTLS_SHA256_PROCESS_ALT)
int mbedtls_internal_sha256_process(mbedtls_sha256_context *ctx, const unsigned char data[64])
{
    sha256_block(ctx->state, data);
    return 0;
}
#endif

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
