/* X25519 as the library's elliptic curves have it since Everest's code stands in for theirs
 * (third_party/mbedtls/curve25519.h), against RFC 7748. */

#include <mbedtls/ecp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { KEY_SIZE = 32 };

static int no_blinding(void *unused, unsigned char *out, size_t size)
{
    (void)unused;
    memset(out, 1, size);
    return 0;
}

/* `scalar` times the point with that coordinate, little-endian; false when the library refuses
 * either, or when the product is the point at infinity. */
static bool multiply(const uint8_t scalar[KEY_SIZE], const uint8_t point[KEY_SIZE],
                     uint8_t product[KEY_SIZE])
{
    mbedtls_ecp_keypair key;
    mbedtls_ecp_point of;
    mbedtls_ecp_point to;
    size_t length = 0;
    mbedtls_ecp_keypair_init(&key);
    mbedtls_ecp_point_init(&of);
    mbedtls_ecp_point_init(&to);
    assert_int_equal(mbedtls_ecp_read_key(MBEDTLS_ECP_DP_CURVE25519, &key, scalar, KEY_SIZE), 0);
    mbedtls_ecp_group *group = &key.MBEDTLS_PRIVATE(grp);
    assert_int_equal(mbedtls_ecp_point_read_binary(group, &of, point, KEY_SIZE), 0);
    bool done = mbedtls_ecp_mul(group, &to, &key.MBEDTLS_PRIVATE(d), &of, no_blinding, NULL) == 0 &&
                mbedtls_ecp_is_zero(&to) == 0;
    if (done)
        assert_int_equal(mbedtls_ecp_point_write_binary(group, &to, MBEDTLS_ECP_PF_COMPRESSED,
                                                        &length, product, KEY_SIZE),
                         0);
    mbedtls_ecp_point_free(&to);
    mbedtls_ecp_point_free(&of);
    mbedtls_ecp_keypair_free(&key);
    return done;
}

static const uint8_t alice[KEY_SIZE] =
    "\x77\x07\x6d\x0a\x73\x18\xa5\x7d\x3c\x16\xc1\x72\x51\xb2\x66\x45"
    "\xdf\x4c\x2f\x87\xeb\xc0\x99\x2a\xb1\x77\xfb\xa5\x1d\xb9\x2c\x2a";
static const uint8_t alice_public[KEY_SIZE] =
    "\x85\x20\xf0\x09\x89\x30\xa7\x54\x74\x8b\x7d\xdc\xb4\x3e\xf7\x5a"
    "\x0d\xbf\x3a\x0d\x26\x38\x1a\xf4\xeb\xa4\xa9\x8e\xaa\x9b\x4e\x6a";
static const uint8_t bob[KEY_SIZE] =
    "\x5d\xab\x08\x7e\x62\x4a\x8a\x4b\x79\xe1\x7f\x8b\x83\x80\x0e\xe6"
    "\x6f\x3b\xb1\x29\x26\x18\xb6\xfd\x1c\x2f\x8b\x27\xff\x88\xe0\xeb";
static const uint8_t bob_public[KEY_SIZE] =
    "\xde\x9e\xdb\x7d\x7b\x7d\xc1\xb4\xd3\x5b\x61\xc2\xec\xe4\x35\x37"
    "\x3f\x83\x43\xc8\x5b\x78\x67\x4d\xad\xfc\x7e\x14\x6f\x88\x2b\x4f";
static const uint8_t shared[KEY_SIZE] =
    "\x4a\x5d\x9d\x5b\xa4\xce\x2d\xe1\x72\x8e\x3b\xf4\x80\x35\x0f\x25"
    "\xe0\x7e\x21\xc9\x47\xd1\x9e\x33\x76\xf0\x9b\x3c\x1e\x16\x17\x42";
static const uint8_t base_point[KEY_SIZE] = {9};

static void the_key_shares_are_those_of_rfc_7748(void **state)
{
    (void)state;
    uint8_t product[KEY_SIZE];
    assert_true(multiply(alice, base_point, product));
    assert_memory_equal(product, alice_public, KEY_SIZE);
    assert_true(multiply(bob, base_point, product));
    assert_memory_equal(product, bob_public, KEY_SIZE);
}

static void both_sides_find_the_secret_of_rfc_7748(void **state)
{
    (void)state;
    uint8_t product[KEY_SIZE];
    assert_true(multiply(alice, bob_public, product));
    assert_memory_equal(product, shared, KEY_SIZE);
    assert_true(multiply(bob, alice_public, product));
    assert_memory_equal(product, shared, KEY_SIZE);
}

/* RFC 7748 §5.2: the first of the iterated vectors, whose scalar is also the point. */
static void scalars_are_clamped_and_points_reduced(void **state)
{
    (void)state;
    static const uint8_t expected[KEY_SIZE] =
        "\x42\x2c\x8e\x7a\x62\x27\xd7\xbc\xa1\x35\x0b\x3e\x2b\xb7\x27\x9f"
        "\x78\x97\xb8\x7b\xb6\x85\x4b\x78\x3c\x60\xe8\x03\x11\xae\x30\x79";
    uint8_t product[KEY_SIZE];
    assert_true(multiply(base_point, base_point, product));
    assert_memory_equal(product, expected, KEY_SIZE);
}

/* RFC 7748 §6.1: a peer could force the secret to be zero. */
static void points_of_small_order_are_refused(void **state)
{
    (void)state;
    static const uint8_t points[][KEY_SIZE] = {
        {0},
        {1},
        "\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a"
        "\xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
        "\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b"
        "\x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
        "\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        "\xed\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    };
    uint8_t product[KEY_SIZE];
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        assert_false(multiply(alice, points[i], product));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_shares_are_those_of_rfc_7748),
        cmocka_unit_test(both_sides_find_the_secret_of_rfc_7748),
        cmocka_unit_test(scalars_are_clamped_and_points_reduced),
        cmocka_unit_test(points_of_small_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
