/* HMAC (RFC 2104) that hashes the key once for any number of messages. PSA's MAC functions hash the
 * key again for each message, which doubles the time of PBKDF2 (pbkdf2.c has the figures). Only
 * hash.c and pbkdf2.c include this header. */
#ifndef WCP_CRYPTO_HMAC_H
#define WCP_CRYPTO_HMAC_H

#include "base/str.h"

#include <psa/crypto.h>

/* A prepared key: the hash states after the inner and the outer padded key. Each message is hashed
 * by clones of them. */
struct hmac {
    psa_hash_operation_t inner;
    psa_hash_operation_t outer;
    psa_algorithm_t algorithm;
};

/* Prepares `key`, which may have any length. `algorithm` is a SHA-1 or SHA-2 hash, such as
 * PSA_ALG_SHA_256. The caller frees the result with hmac_free. */
void hmac_start(struct hmac *hmac, psa_algorithm_t algorithm, struct str key);

/* Writes the HMAC of the message `first` followed by `second`. `mac` has room for a digest; it may
 * be the memory of `first` or `second`. */
void hmac_compute(const struct hmac *hmac, struct str first, struct str second, uint8_t *mac);

/* Ends the hash operations and wipes the key. */
void hmac_free(struct hmac *hmac);

/* Aborts the process unless `status` is PSA_SUCCESS. Hashing fails only when the library was built
 * without the algorithm. */
void hash_require_success(psa_status_t status);

#endif
