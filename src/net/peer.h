/* Verifies the certificate of a TLS server, beyond what the TLS library checks. Only tls.c includes
 * this header. */
#ifndef WCP_NET_PEER_H
#define WCP_NET_PEER_H

#include "net/name_constraints.h"
#include "net/refusal.h"

#include <mbedtls/x509_crt.h>

/* More than the library's longest chain, MBEDTLS_X509_MAX_INTERMEDIATE_CA and a root. */
enum { PEER_MOST_ISSUERS = 16 };

struct peer {
    const char *host;  /* DNS name or IP address that the certificate must name */
    bool leaf_checked; /* peer_verify was called for the leaf: no session was resumed */
    /* Of the issuers that peer_verify has seen, for the certificates below them. */
    struct {
        struct name_constraints constraints;
        const mbedtls_x509_crt *issuer;
    } constrained[PEER_MOST_ISSUERS];
    size_t constrained_count;
    struct refusal refusal;
};

/* A callback for mbedtls_ssl_set_verify; `context` is a struct peer. The library calls it for each
 * certificate of the chain, from the root to the leaf, with the problems that it has found in
 * `flags`. Adds or removes flags: the host must be among the subject alternative names (RFC 9525:
 * the common name does not count; an IP address must match an iPAddress name); the names must lie
 * within the name constraints of each issuer; and clock_now() decides about validity instead of the
 * library's clock. Records all problems in `refusal`. Always
 * returns 0: `flags` decide whether the handshake fails. */
int peer_verify(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/* Records further problems, as MBEDTLS_X509_BADCERT_ flags. */
void peer_add_flags(struct peer *peer, uint32_t flags);

#endif
