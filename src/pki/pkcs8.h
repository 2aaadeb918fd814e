/* Encrypted private keys: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958) under PBES2 (RFC 8018). */
#ifndef WCP_PKI_PKCS8_H
#define WCP_PKI_PKCS8_H

#include "base/buf.h"
#include "base/error.h"
#include "crypto/aes_cbc.h"
#include "crypto/pbkdf2.h"

enum { PKCS8_LONGEST_SALT = 64 };

/* How a key is encrypted; `salt`, `iv` (AES_BLOCK_SIZE bytes) and `encrypted` are borrowed from the
 * DER. */
struct pkcs8_encryption {
    enum hash prf;
    struct str salt;
    uint32_t iterations;
    size_t key_size;
    struct str iv;
    struct str encrypted;
};

/* Reads the outside of an EncryptedPrivateKeyInfo, strict DER: PBES2 with PBKDF2 under HMAC-SHA-1
 * (the default), -224, -256, -384 or -512, salt up to PKCS8_LONGEST_SALT bytes, 1 to
 * LIMIT_PBKDF2_ITERATIONS iterations, and AES-128, -192 or -256-CBC. ERROR_PERMANENT for anything
 * else; what is not supported is named with its object identifier. */
bool pkcs8_read_encryption(struct str der, struct pkcs8_encryption *encryption,
                           struct error *error);

/* Decrypts `der`, an EncryptedPrivateKeyInfo as above, and appends the PrivateKeyInfo, of the form
 * that pkcs8_is_private_key demands, to `key`, a secret buffer. ERROR_PERMANENT, for a wrong
 * passphrase too; the message never holds a byte of key or passphrase. */
bool pkcs8_decrypt(struct str der, struct str passphrase, struct buf *key, struct error *error);

/* The same from and to PEM: `pem` holds one ENCRYPTED PRIVATE KEY block and no other; a PRIVATE KEY
 * block is appended (the decrypted DER byte for byte, 64 columns, LF). */
bool pkcs8_decrypt_pem(struct str pem, struct str passphrase, struct buf *key_pem,
                       struct error *error);

/* True when `der` is, to its last byte and in strict DER, a PrivateKeyInfo of version 0 without
 * attributes, whose key is an RSAPrivateKey of two primes (RFC 8017 §A.1.2) or an ECPrivateKey (RFC
 * 5915). Says nothing of the numbers: see certificate_matches_key. */
bool pkcs8_is_private_key(struct str der);

#endif
