/* Included in front of the library's ssl_tls12_client.c. A TLS 1.2 server with an RSA key signs
 * with PSS when we offer that, and for TLS 1.3 we must; the library takes such a signature in
 * TLS 1.2 only where PSA has RSA-PSS as well. It verifies it without PSA, though: so that file
 * alone is told so, and PSA's copy of RSA stays out. */
#ifndef WCP_MBEDTLS_TLS12_PSS_H
#define WCP_MBEDTLS_TLS12_PSS_H

#include "common.h"

#include "psa/crypto.h"

#define PSA_WANT_ALG_RSA_PSS 1

#endif
