/* Trust anchors: the built-in Amazon roots, or the certificates of a CA bundle. */
#ifndef WCP_NET_TRUST_H
#define WCP_NET_TRUST_H

#include "base/error.h"
#include "base/str.h"

#include <mbedtls/x509_crt.h>

struct trust {
    mbedtls_x509_crt anchors; /* a list, for mbedtls_ssl_conf_ca_chain */
};

/* Loads all CERTIFICATE blocks of `pem` as trust anchors, or the built-in roots when `pem` is
 * empty. Skips text around the blocks and blocks that are comments (#). Skips with a warning that
 * names its number and line: a damaged certificate, an OpenSSL TRUSTED CERTIFICATE, and one with a
 * key, signature or critical extension that is not supported; it could not verify anything.
 * Critical name constraints are supported. 150 certificates need about 0.4 MB. Returns false with
 * ERROR_CONFIGURATION when no anchor remains; with ERROR_INTERNAL when memory is short. The caller
 * calls trust_free in either case. */
bool trust_load(struct trust *trust, struct str pem, struct error *error);
void trust_free(struct trust *trust);

#endif
