/* Trust anchors: the built-in Amazon roots, or those of a CA bundle. */
#ifndef WCP_NET_TRUST_H
#define WCP_NET_TRUST_H

#include "base/error.h"
#include "base/str.h"

#include <mbedtls/x509_crt.h>

struct trust {
    mbedtls_x509_crt anchors; /* a list, for mbedtls_ssl_conf_ca_chain */
};

/* Parses every CERTIFICATE block of `pem`, or the built-in roots when it is empty. An anchor whose
 * key or extensions the library does not know is left out: it could verify nothing. A bundle of 150
 * takes about 0.4 MB. ERROR_CONFIGURATION when a block is damaged or no anchor is left,
 * ERROR_INTERNAL without memory. Freed by trust_free in either case. */
bool trust_load(struct trust *trust, struct str pem, struct error *error);
void trust_free(struct trust *trust);

#endif
