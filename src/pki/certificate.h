/* Reads X.509 certificates, and proves that a private key belongs to one. Mbed TLS stays behind
 * this header; crypto_start must have been called. */
#ifndef WCP_PKI_CERTIFICATE_H
#define WCP_PKI_CERTIFICATE_H

#include "base/buf.h"
#include "base/error.h"
#include "crypto/hash.h"

enum { CERTIFICATE_NAME_SIZE = 256 };

/* The properties of a leaf that logs, status and checks show. Texts are terminated and printable; a
 * text that is too long is cut. */
struct certificate_facts {
    char name[CERTIFICATE_NAME_SIZE];   /* the first DNS subject alternative name, else the
                                           common name, else "" */
    char issuer[CERTIFICATE_NAME_SIZE]; /* the common name of the issuer, else its organisation,
                                           else "" */
    int64_t not_before;                 /* seconds since 1970 */
    int64_t not_after;
};

/* Reads the first CERTIFICATE block of `pem`. Returns false with ERROR_PERMANENT when there is
 * none, or it is not an X.509 certificate; with ERROR_INTERNAL when memory is short. */
bool certificate_read(struct str pem, struct certificate_facts *facts, struct error *error);

/* Proves that the private key in `key_pem` belongs to the leaf, the first block of
 * `certificate_pem`: the public keys of both are equal, and the private numbers fit the public ones
 * (library_key_is_sound in crypto/mbedtls_version.h says how). `key_pem` must contain one PRIVATE
 * KEY block: PKCS#8, RSA of 2048 to 4096 bits, or EC on P-256, P-384 or P-521. Unless `facts` is
 * NULL, they are read from the leaf as by certificate_read. Returns false with ERROR_PERMANENT
 * otherwise; with ERROR_INTERNAL when memory is short. */
bool certificate_matches_key(struct str certificate_pem, struct str key_pem,
                             struct certificate_facts *facts, struct error *error);

/* The same for the DER of a PrivateKeyInfo, as pkcs8_is_private_key accepts it. */
bool certificate_matches_der(struct str certificate_pem, struct str key_der,
                             struct certificate_facts *facts, struct error *error);

/* Signs a SHA-256 digest with the key of a PrivateKeyInfo, and appends the signature: PKCS#1 v1.5
 * with an RSA key, else ECDSA in DER. Returns false when the library cannot sign. */
bool certificate_key_sign(struct str key_der, const uint8_t digest[SHA256_SIZE],
                          struct buf *signature);

/* Checks that `pem` contains only CERTIFICATE blocks that parse as X.509, with nothing but white
 * space around them: at least `fewest`, at most LIMIT_CHAIN_CERTIFICATES. `what` names the text in
 * messages, for example "the certificate chain in ACM's reply". Returns false with ERROR_PERMANENT
 * otherwise; with ERROR_INTERNAL when memory is short. */
bool certificate_list_is_sound(struct str pem, const char *what, size_t fewest,
                               struct error *error);

#endif
