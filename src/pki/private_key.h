/* Reads a private key in every form of PEM in which programs write RSA and EC keys. */
#ifndef WCP_PKI_PRIVATE_KEY_H
#define WCP_PKI_PRIVATE_KEY_H

#include "base/buf.h"
#include "base/error.h"

/* Reads the first private key of `pem`: PKCS#8, PKCS#1 (RSA PRIVATE KEY), SEC 1 (EC PRIVATE KEY),
 * or PKCS#8 encrypted with `passphrase`, as pkcs8_decrypt reads it. Text, parameters and
 * certificates around it are skipped. Appends the DER of a PrivateKeyInfo that pkcs8_is_private_key
 * accepts to `key`, a secret buffer. `path` names the file in messages. `passphrase.data` is NULL
 * when none is configured. Returns false with ERROR_CONFIGURATION, and the command that converts a
 * form that cannot be read; with ERROR_INTERNAL when memory is short. No message contains a byte of
 * key or passphrase. crypto_start must have been called. */
bool private_key_read(struct str pem, const char *path, struct str passphrase, struct buf *key,
                      struct error *error);

#endif
