/* Is the certificate that a server shows the right one? A callback for the TLS library's
 * verification. Only tls.c includes this. */
#ifndef WCP_NET_PEER_H
#define WCP_NET_PEER_H

#include "net/refusal.h"

#include <mbedtls/x509_crt.h>

struct peer {
    const char *host;
    bool was_judged; /* the server showed a certificate: its session was not resumed */
    struct refusal refusal;
};

/* For mbedtls_ssl_set_verify, `context` a struct peer: is called for each certificate of the chain,
 * the root first. Beyond what the library checks: the host must be among the subject alternative
 * names (RFC 9525: the common name does not count), an address among those of type iPAddress; and
 * validity is judged at clock_now(), whatever the library found. Remembers what is wrong, in words.
 */
int peer_judge(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/* Adds what the library found besides, as MBEDTLS_X509_BADCERT_ flags. */
void peer_add_flags(struct peer *peer, uint32_t flags);

#endif
