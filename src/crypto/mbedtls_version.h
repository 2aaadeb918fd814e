/* The functions that differ between Mbed TLS 3.6 and 4.x. Only mbedtls_version.c checks the version
 * of the library. docs/mbedtls-4.md lists the differences. */
#ifndef WCP_CRYPTO_MBEDTLS_VERSION_H
#define WCP_CRYPTO_MBEDTLS_VERSION_H

#include "base/str.h"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>

/* Parses a private key of `size` bytes of DER (PKCS#8) into `key`, which must be initialised.
 * Returns 0, or an error code of the library. */
int library_parse_key(mbedtls_pk_context *key, const unsigned char *der, size_t size);

/* Returns true when the private numbers of `key` fit each other and the public key. `key` was
 * parsed from `pkcs8`, a PrivateKeyInfo that pkcs8_is_private_key has accepted. `public_key` is the
 * certificate's; the caller has checked that it equals the public half of `key`. */
bool library_key_is_sound(mbedtls_pk_context *public_key, mbedtls_pk_context *key,
                          struct str pkcs8);

/* Signs a SHA-256 digest: PKCS#1 v1.5 with an RSA key, else ECDSA in DER. `signature` has
 * MBEDTLS_PK_SIGNATURE_MAX_SIZE bytes. Returns 0, or an error code of the library. */
int library_sign(mbedtls_pk_context *key, const unsigned char *digest, unsigned char *signature,
                 size_t *length);

/* Makes TLS connections with `config` draw their random bytes from PSA. */
void library_use_random(mbedtls_ssl_config *config);

/* Makes mbedtls_ssl_read return MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET when a TLS 1.3 session
 * ticket arrives. */
void library_signal_tickets(mbedtls_ssl_config *config);

/* Returns true when `code`, an error code of the pk, x509 or ssl functions, says that memory is
 * short. */
bool library_lacks_memory(int code);

/* Returns true when `code`, of a handshake, says that a certificate could not be parsed, or its
 * key. */
bool library_cannot_read(int code);
/* The same because of a critical extension that the library does not know, or that is damaged. */
bool library_misses_extension(int code);

#endif
