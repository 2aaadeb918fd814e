/* A certificate with its private key, by which a machine proves who it is. */
#ifndef WCP_PKI_IDENTITY_H
#define WCP_PKI_IDENTITY_H

#include "crypto/asn1.h"
#include "crypto/hash.h"
#include "pki/certificate.h"

/* The caller frees it with identity_free, which wipes the key. */
struct identity {
    struct buf leaf;  /* Base64 of the DER, without line ends */
    struct buf chain; /* the same for each further certificate, joined by commas; may be empty */
    struct buf key;   /* PrivateKeyInfo: a secret */
    bool is_rsa;      /* else the key is on an elliptic curve */
    char serial[ASN1_DECIMAL_SIZE]; /* serial number of the leaf, in decimal */
    struct certificate_facts facts; /* of the leaf */
};

/* Reads leaf and further certificates from `certificate_pem`, with any text around the blocks, and
 * proves that `identity->key`, which private_key_read has filled, belongs to the leaf
 * (certificate_matches_der). `path` names the file in messages. `now` is the time at which all
 * certificates must be valid. Returns false with ERROR_CONFIGURATION; with ERROR_TRANSIENT when a
 * certificate is not valid yet; with ERROR_INTERNAL when memory is short. crypto_start must have
 * been called. */
bool identity_read(struct str certificate_pem, const char *path, int64_t now,
                   struct identity *identity, struct error *error);
void identity_free(struct identity *identity);
#define IDENTITY_AUTO __attribute__((cleanup(identity_free)))

/* Appends the signature of `message` in lower-case hexadecimal digits: SHA-256 with PKCS#1 v1.5 or
 * ECDSA. Returns false when the library cannot sign, or memory is short. */
bool identity_sign(const struct identity *identity, struct str message, struct buf *out);

#endif
