/* How fast this machine is, beside the one that the CPU budgets were set on: three pieces of work
 * whose times there are known, made of the library in its plain configuration, at -Os. Prints a
 * line for each: microseconds there, microseconds here (the least of many runs), name. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <arpa/inet.h>
#include <mbedtls/ecp.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RUNS = 40 };

static int fixed_bytes(void *unused, unsigned char *out, size_t size)
{
    (void)unused;
    memset(out, 0x55, size);
    return 0;
}

/* --- opening a key: PBKDF2 with 2048 iterations, looped over the compression function --- */

static void start(mbedtls_sha256_context *state, uint8_t pad)
{
    uint8_t block[64];
    memset(block, pad, sizeof block);
    mbedtls_sha256_init(state);
    mbedtls_sha256_starts(state, 0);
    mbedtls_internal_sha256_process(state, block);
}

/* The digest in `block`, with its padding behind it, goes on from `from`; the result replaces it.
 */
static void hash_digest(const mbedtls_sha256_context *from, uint8_t block[64])
{
    mbedtls_sha256_context state = *from;
    mbedtls_internal_sha256_process(&state, block);
    for (unsigned i = 0; i < 8; i++) {
        uint32_t word = htonl(state.state[i]);
        memcpy(block + (size_t)4 * i, &word, sizeof word);
    }
}

static void stretch_key(void)
{
    mbedtls_sha256_context inner;
    mbedtls_sha256_context outer;
    uint8_t block[64] = {[32] = 0x80, [62] = 3};
    uint8_t sum[32] = {0};
    start(&inner, 0x36);
    start(&outer, 0x5c);
    for (unsigned round = 0; round < 2048; round++) {
        hash_digest(&inner, block);
        hash_digest(&outer, block);
        for (unsigned i = 0; i < sizeof sum; i++)
            sum[i] ^= block[i];
    }
    volatile uint8_t used = sum[0];
    (void)used;
}

/* --- a key share and a shared secret in the library's own X25519 --- */

static void agree_on_key(void)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi key;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&key);
    mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_CURVE25519);
    mbedtls_ecp_gen_privkey(&group, &key, fixed_bytes, NULL);
    for (unsigned i = 0; i < 2; i++)
        mbedtls_ecp_mul(&group, &point, &key, &group.G, fixed_bytes, NULL);
    mbedtls_mpi_free(&key);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
}

/* --- the public operation of an RSA key of 2048 bits, unknown until then --- */

static void check_signature(void)
{
    uint8_t modulus[256];
    uint8_t signature[256];
    mbedtls_rsa_context key;
    memset(modulus, 0xa5, sizeof modulus);
    memset(signature, 0x5a, sizeof signature);
    mbedtls_rsa_init(&key);
    mbedtls_rsa_import_raw(&key, modulus, sizeof modulus, NULL, 0, NULL, 0, NULL, 0,
                           (const uint8_t *)"\1\0\1", 3);
    mbedtls_rsa_complete(&key);
    mbedtls_rsa_public(&key, signature, signature);
    mbedtls_rsa_free(&key);
}

/* --- measuring --- */

static double microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void measure(const char *name, double there, void (*work)(void))
{
    double least = 0;
    for (unsigned run = 0; run < RUNS; run++) {
        double begun = microseconds();
        work();
        double taken = microseconds() - begun;
        least = run == 0 || taken < least ? taken : least;
    }
    printf("%.1f %.1f %s\n", there, least, name);
}

int main(void)
{
    measure("PBKDF2-SHA-256, 2048 iterations", 543, stretch_key);
    measure("X25519, key share and secret", 648, agree_on_key);
    measure("RSA 2048, one signature", 75, check_signature);
    return 0;
}
