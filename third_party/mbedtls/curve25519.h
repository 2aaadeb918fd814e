/* Included in front of the library's ecp.c. Everest's verified X25519, which stands in the
 * library's tree, is four times as fast as its general code for Montgomery curves, but the library
 * calls it for the shared secret of a handshake only, not for the key share. Here it takes the
 * general code's place for both, which leaves that code out of the binary. */
#ifndef WCP_MBEDTLS_CURVE25519_H
#define WCP_MBEDTLS_CURVE25519_H

#include "common.h"

#if defined(__SIZEOF_INT128__)

#include "mbedtls/ecp.h"
#include "mbedtls/platform_util.h"

#include <Hacl_Curve25519.h>

/* R = m * P, for a key and a point that the library has checked. Nothing is blinded: Everest's code
 * takes the same steps for every key. */
static int curve25519_multiply(mbedtls_ecp_group *grp, mbedtls_ecp_point *R, const mbedtls_mpi *m,
                               const mbedtls_ecp_point *P,
                               int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    unsigned char key[32];
    unsigned char point[32];
    unsigned char product[32];
    int ret = mbedtls_mpi_write_binary_le(m, key, sizeof key);
    (void)grp;
    (void)f_rng;
    (void)p_rng;
    if (ret == 0)
        ret = mbedtls_mpi_write_binary_le(&P->X, point, sizeof point);
    if (ret == 0) {
        Hacl_Curve25519_crypto_scalarmult(product, key, point);
        ret = mbedtls_mpi_read_binary_le(&R->X, product, sizeof product);
    }
    /* RFC 7748 §6.1: a product of zero is refused, here as the point at infinity. */
    if (ret == 0)
        ret = mbedtls_mpi_lset(&R->Z, mbedtls_mpi_cmp_int(&R->X, 0) != 0);
    mbedtls_mpi_free(&R->Y);
    mbedtls_platform_zeroize(key, sizeof key);
    mbedtls_platform_zeroize(product, sizeof product);
    return ret;
}

/* The call of ecp_mul_mxz becomes one of the above, its definition that of a function which nothing
 * calls: the name of the first argument, or its type, tells them apart. */
#define ecp_mul_mxz(first, ...) WCP_AT_##first, __VA_ARGS__)
#define WCP_AT_grp curve25519_multiply(grp
#define WCP_AT_mbedtls_ecp_group __attribute__((unused)) ecp_mul_unused(mbedtls_ecp_group

#endif

#endif
