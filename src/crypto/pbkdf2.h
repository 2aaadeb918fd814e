/* Derives keys from passphrases: PBKDF2 (RFC 8018 §5.2). */
#ifndef WCP_CRYPTO_PBKDF2_H
#define WCP_CRYPTO_PBKDF2_H

#include "crypto/hash.h"

enum { PBKDF2_LONGEST_KEY = 64 };

/* Derives `size` bytes, 1 to PBKDF2_LONGEST_KEY, from `password` and `salt` by HMAC with `hash`,
 * and writes them to `out`, which the caller wipes. `password` and `salt` may have any length.
 * `iterations` is at least 1; time grows with it, so the caller must set an upper bound. Aborts as
 * sha256 does. */
void pbkdf2(enum hash hash, struct str password, struct str salt, uint32_t iterations, uint8_t *out,
            size_t size);

#endif
