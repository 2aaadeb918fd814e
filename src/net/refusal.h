/* Why a server is refused, or refuses us, in words for a person. */
#ifndef WCP_NET_REFUSAL_H
#define WCP_NET_REFUSAL_H

#include "base/error.h"

#include <stdint.h>

enum {
    REFUSED_NOT_YET_VALID = 1,
    REFUSED_EXPIRED = 2,
    REFUSED_WRONG_HOST = 4,
    REFUSED_UNTRUSTED = 8,
    REFUSED_WEAK = 16,  /* its key or a signature is too weak, or of a kind that is not supported */
    REFUSED_USAGE = 32, /* it is not made for servers */
    REFUSED_OTHER = 64, /* the chain cannot be followed */
};

enum { REFUSAL_NAMES_SIZE = 256, REFUSAL_ISSUER_SIZE = 128 };

/* What was found. Texts are terminated; they come from the certificate, as they are. */
struct refusal {
    unsigned reasons;
    int64_t not_before; /* when not yet valid, and expired: of the certificate concerned, the
                           server's own or one above it */
    int64_t not_after;
    bool self_signed;                 /* when untrusted */
    char issuer[REFUSAL_ISSUER_SIZE]; /* when untrusted: the unknown issuer's name */
    char names[REFUSAL_NAMES_SIZE];   /* when of the wrong host: the names it is for */
};

/* Fills `error`: ERROR_CLOCK when `now` cannot be right and the certificate is not valid yet, else
 * ERROR_PERMANENT. */
void refusal_explain(const struct refusal *refusal, const char *host, int64_t now,
                     struct error *error);

/* Says what a fatal alert of the server means (RFC 8446 §6.2); 0 when its number is not known, as
 * it came encrypted. ERROR_PERMANENT when it wants another protocol, cipher or name, else
 * ERROR_TRANSIENT. Always false. */
bool refusal_explain_alert(unsigned alert, struct error *error);

#endif
