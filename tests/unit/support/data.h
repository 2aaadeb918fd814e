/* The fixed keys and certificates of tests/data, and the few ways in which tests of key material
 * look at bytes. */
#ifndef WCP_TESTS_DATA_H
#define WCP_TESTS_DATA_H

#include "base/buf.h"
#include "base/error.h"

/* A file of tests/data ("keys/p256.pem"), whole; the caller frees it. A file that cannot be read
 * fails the test. */
struct buf data_file(const char *name);

/* The DER of the first block of such a PEM file. */
struct buf data_der(const char *name);

/* The bytes of hexadecimal digits. */
struct buf bytes_of_hex(const char *digits);

/* Fails the test with both values shown, in hexadecimal or as text. */
void assert_hex(const uint8_t *bytes, size_t size, const char *expected);
void assert_same_text(struct str actual, struct str expected);

/* Fails unless `error` is ERROR_PERMANENT and its message contains `part`. */
void assert_permanent(const struct error *error, const char *part);

#endif
