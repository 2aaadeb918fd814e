/* Decrypts private keys: PKCS#8 EncryptedPrivateKeyInfo (RFC 5958) with PBES2 (RFC 8018). */
#ifndef WCP_PKI_PKCS8_H
#define WCP_PKI_PKCS8_H

#include "base/buf.h"
#include "base/error.h"
#include "crypto/aes_cbc.h"
#include "crypto/pbkdf2.h"

enum { PKCS8_LONGEST_SALT = 64 }; /* bytes */

/* The encryption of a key. The strings are borrowed from the DER. */
struct pkcs8_encryption {
    enum hash prf; /* the pseudo-random function is HMAC with this hash */
    struct str salt;
    uint32_t iterations;
    size_t key_size;      /* of the AES key, in bytes */
    struct str iv;        /* AES_BLOCK_SIZE bytes */
    struct str encrypted; /* a positive multiple of AES_BLOCK_SIZE bytes */
};

/* Reads how `der`, an EncryptedPrivateKeyInfo in strict DER, is encrypted. Supports PBES2 with
 * PBKDF2 by HMAC-SHA-1 (the default), -224, -256, -384 or -512, a salt of up to PKCS8_LONGEST_SALT
 * bytes, 1 to LIMIT_PBKDF2_ITERATIONS iterations, and AES-128, -192 or -256-CBC. Returns false with
 * ERROR_PERMANENT for anything else; the message has the object identifier of an algorithm that is
 * not supported. */
bool pkcs8_read_encryption(struct str der, struct pkcs8_encryption *encryption,
                           struct error *error);

/* Decrypts `der`, an EncryptedPrivateKeyInfo as above, and appends the PrivateKeyInfo to `key`, a
 * secret buffer. Returns false with ERROR_PERMANENT when the encryption cannot be read, when the
 * passphrase is wrong, when pkcs8_is_private_key does not accept the result, or when the limit of
 * the buffer is too small; with ERROR_INTERNAL when memory is short. No message contains a byte of
 * the key or the passphrase. crypto_start must have been called. */
bool pkcs8_decrypt(struct str der, struct str passphrase, struct buf *key, struct error *error);

/* The same from PEM to PEM. `pem` must contain one ENCRYPTED PRIVATE KEY block and no other.
 * Appends a PRIVATE KEY block, as pem_encode writes it, with exactly the decrypted DER. */
bool pkcs8_decrypt_pem(struct str pem, struct str passphrase, struct buf *key_pem,
                       struct error *error);

/* Returns true when `der` is a PrivateKeyInfo in strict DER, with nothing after it, of version 0
 * and without attributes, and the key in it is an RSAPrivateKey with two primes (RFC 8017 §A.1.2)
 * or an ECPrivateKey (RFC 5915). Does not check the numbers of the key: certificate_matches_key
 * does. */
bool pkcs8_is_private_key(struct str der);

/* Returns true when the key of a PrivateKeyInfo that pkcs8_is_private_key accepts is an RSA key;
 * false: it is on an elliptic curve. */
bool pkcs8_is_rsa(struct str der);

/* Appends to `key`, a secret buffer, the PrivateKeyInfo of an RSAPrivateKey (RFC 8017 §A.1.2) or of
 * an ECPrivateKey (RFC 5915) that names its curve. Returns false when it is not one, or memory is
 * short. */
bool pkcs8_wrap_rsa(struct str der, struct buf *key);
bool pkcs8_wrap_ec(struct str der, struct buf *key);

#endif
