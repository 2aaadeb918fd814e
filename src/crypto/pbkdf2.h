/* Keys from passphrases: PBKDF2 (RFC 8018 §5.2). */
#ifndef WCP_CRYPTO_PBKDF2_H
#define WCP_CRYPTO_PBKDF2_H

#include "crypto/hash.h"

enum { PBKDF2_LONGEST = 64 };

/* Fills `out` with the `size` bytes, 1 to PBKDF2_LONGEST, that HMAC with `hash` derives from
 * `password` and `salt`, each of any length. `iterations` is at least 1; the caller bounds it. The
 * caller wipes `out`. */
void pbkdf2(enum hash hash, struct str password, struct str salt, uint32_t iterations, uint8_t *out,
            size_t size);

#endif
