/* Trust anchors: the built-in Amazon roots, or those of a CA bundle. They stay DER until one is
 * asked for, so that a bundle of 150 costs its size and no more, and the built-in ones no memory at
 * all. */
#ifndef WCP_NET_TRUST_H
#define WCP_NET_TRUST_H

#include "base/buf.h"
#include "base/error.h"

struct trust {
    struct buf bundle; /* certificates in DER, one behind the other; empty: the built-in roots */
};

/* Takes every CERTIFICATE block of `pem`, or the built-in roots when it is empty.
 * ERROR_CONFIGURATION when there is none, one is damaged or they are larger than LIMIT_PEM_FILE.
 * Freed by trust_free in either case. */
bool trust_load(struct trust *trust, struct str pem, struct error *error);
void trust_free(struct trust *trust);

/* The next anchor (DER, borrowed); `cursor` begins at 0. False at the end. */
bool trust_next(const struct trust *trust, size_t *cursor, struct str *der);
/* As trust_next; only those whose subject is `name`, a DER Name compared byte for byte (RFC 5280
 * §7.1 allows it). */
bool trust_next_named(const struct trust *trust, struct str name, size_t *cursor, struct str *der);

#endif
