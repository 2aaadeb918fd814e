/* The built-in root certificates: those that certify AWS's endpoints (third_party/amazon-roots). */
#ifndef WCP_NET_ROOTS_H
#define WCP_NET_ROOTS_H

#include <stddef.h>
#include <stdint.h>

struct root_certificate {
    const uint8_t *der; /* one X.509 certificate */
    size_t length;      /* in bytes */
};

/* Constant data, generated at build time. */
extern const struct root_certificate amazon_roots[];
extern const size_t amazon_root_count;

#endif
