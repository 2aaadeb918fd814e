/* What X.509 tells us: names, validity, and whether a private key belongs to a certificate. Mbed
 * TLS stays behind this header. */
#ifndef WCP_PKI_CERTIFICATE_H
#define WCP_PKI_CERTIFICATE_H

#include "base/buf.h"
#include "base/error.h"

enum { CERTIFICATE_NAME_SIZE = 256 };

/* What logs, status and checks need of a leaf. Texts are terminated, cut to fit and printable. */
struct certificate_facts {
    char name[CERTIFICATE_NAME_SIZE];   /* first DNS subject alternative name, else the common name,
                                           else "" */
    char issuer[CERTIFICATE_NAME_SIZE]; /* the issuer's common name, else its organisation, else ""
                                         */
    int64_t not_before;                 /* seconds since 1970 */
    int64_t not_after;
};

/* Reads the first CERTIFICATE block of `pem`. ERROR_PERMANENT when there is none or it is no X.509
 * certificate. */
bool certificate_read(struct str pem, struct certificate_facts *facts, struct error *error);

/* Proves that `key_pem` (one PRIVATE KEY block, PKCS#8: RSA of 2048 to 4096 bits, or EC on P-256,
 * P-384, P-521) is sound and belongs to the leaf, the first block of `certificate_pem`: the leaf's
 * public key equals the private key's, and the private numbers fit the public ones (how that is
 * proved: library_key_is_sound in crypto/mbedtls_version.h). ERROR_PERMANENT otherwise.
 * crypto_start must have been called. */
bool certificate_matches_key(struct str certificate_pem, struct str key_pem, struct error *error);

/* Checks that `pem` holds nothing but CERTIFICATE blocks that parse as X.509, at least `fewest` and
 * at most LIMIT_CHAIN_CERTIFICATES, with nothing but white space around them; `what` names it in
 * the message ("the certificate chain in ACM's reply"). */
bool certificate_list_is_sound(struct str pem, const char *what, size_t fewest,
                               struct error *error);

#endif
