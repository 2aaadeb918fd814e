/* What ACM holds of one certificate, in the clear. */
#ifndef WCP_PKI_BUNDLE_H
#define WCP_PKI_BUNDLE_H

#include "base/str.h"

/* PEM texts, borrowed. `chain` may be empty; `key` is PKCS#8. */
struct bundle {
    struct str certificate;
    struct str chain;
    struct str key;
};

#endif
