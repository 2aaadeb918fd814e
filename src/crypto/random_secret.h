/* Random bytes for secrets, by the library's generator. */
#ifndef WCP_CRYPTO_RANDOM_SECRET_H
#define WCP_CRYPTO_RANDOM_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Fills `size` bytes with psa_generate_random. The caller wipes them. Returns false when the
 * generator fails. crypto_start must have been called. */
bool random_secret(void *out, size_t size);

#endif
