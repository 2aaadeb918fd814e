/* The certificate, chain and private key of one export from ACM, decrypted. */
#ifndef WCP_PKI_BUNDLE_H
#define WCP_PKI_BUNDLE_H

#include "base/str.h"

/* PEM texts, borrowed. */
struct bundle {
    struct str certificate;
    struct str chain; /* may be empty */
    struct str key;   /* PKCS#8, not encrypted */
};

#endif
