/* Explains to a person why a TLS connection was refused: by us, or by the server. */
#ifndef WCP_NET_REFUSAL_H
#define WCP_NET_REFUSAL_H

#include "base/error.h"

#include <stdint.h>

/* The reasons to refuse a certificate, as bits. */
enum {
    REFUSED_NOT_YET_VALID = 1,
    REFUSED_EXPIRED = 2,
    REFUSED_WRONG_HOST = 4,
    REFUSED_UNTRUSTED = 8,     /* no trust anchor has issued it */
    REFUSED_WEAK = 16,         /* its key or a signature is too weak or of a type not supported */
    REFUSED_USAGE = 32,        /* its key usage does not permit TLS servers */
    REFUSED_OTHER = 64,        /* its chain could not be verified for another reason */
    REFUSED_NAMES = 128,       /* the name constraints of an issuer do not permit its names */
    REFUSED_CONSTRAINTS = 256, /* the name constraints of an issuer are damaged or not supported */
};

enum { REFUSAL_NAMES_SIZE = 256, REFUSAL_ISSUER_SIZE = 128 };

/* The results of a verification. Texts are terminated; they are copied from the certificate and may
 * contain control characters. */
struct refusal {
    unsigned reasons;   /* REFUSED_ bits; 0 when the chain is valid */
    int64_t not_before; /* with REFUSED_NOT_YET_VALID, seconds since 1970; of the
                           certificate concerned: the server's or an issuer's */
    int64_t not_after;  /* the same with REFUSED_EXPIRED */
    /* With one of these two: the name of the issuer concerned; "" when it is the server's. */
    char ended_authority[REFUSAL_ISSUER_SIZE];
    bool self_signed;                 /* with REFUSED_UNTRUSTED */
    char issuer[REFUSAL_ISSUER_SIZE]; /* with REFUSED_UNTRUSTED: the name of the unknown issuer */
    /* With REFUSED_NAMES and REFUSED_CONSTRAINTS: the name of that issuer. */
    char constrained_by[REFUSAL_ISSUER_SIZE];
    char names[REFUSAL_NAMES_SIZE]; /* with REFUSED_WRONG_HOST: the names in the certificate */
};

/* Sets an error that states all reasons to refuse the certificate of `host` at the time `now`, with
 * an advice; the message is printable. The kind is ERROR_CLOCK when the certificate is not yet
 * valid and `now` is before this program was built, else ERROR_PERMANENT. */
void refusal_explain(const struct refusal *refusal, const char *host, int64_t now,
                     struct error *error);

/* Sets an error of kind ERROR_PERMANENT: the library could not read a certificate of the server,
 * for the reason `code`. `unknown_extension`: because of a critical extension. Returns false. */
bool refusal_explain_unreadable(bool unknown_extension, int code, struct error *error);

/* Sets an error that explains a fatal alert of the server (RFC 8446 §6.2). `alert` is 0 when its
 * number is not known, since it arrived encrypted. The kind is ERROR_PERMANENT when the server
 * requires another protocol version, cipher or host name, else ERROR_TRANSIENT. Always returns
 * false. */
bool refusal_explain_alert(unsigned alert, struct error *error);

#endif
