/* HMAC (RFC 2104) whose key is hashed once for any number of messages. PSA's MAC functions hash the
 * key again for each message, which doubles the time of PBKDF2: see pbkdf2.c for the figures. Only
 * hash.c and pbkdf2.c include this. */
#ifndef WCP_CRYPTO_HMAC_H
#define WCP_CRYPTO_HMAC_H

#include "base/str.h"

#include <psa/crypto.h>

/* A key: the states of the hash after its two padded blocks. Every message goes on from clones. */
struct hmac {
    psa_hash_operation_t inner;
    psa_hash_operation_t outer;
    psa_algorithm_t algorithm;
};

/* Prepares `key`, of any length, for HMAC with `algorithm`, a SHA-1 or SHA-2 hash of PSA. Freed by
 * hmac_free, which wipes. */
void hmac_start(struct hmac *hmac, psa_algorithm_t algorithm, struct str key);

/* Writes the code of the message that `first` and `second` make together; `mac` has room for a
 * digest and may be the message itself. */
void hmac_compute(const struct hmac *hmac, struct str first, struct str second, uint8_t *mac);

void hmac_free(struct hmac *hmac);

/* Ends the process unless `status` is success. Hashing cannot fail in a library that has the hash.
 */
void hash_must(psa_status_t status);

#endif
