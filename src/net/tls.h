/* TLS 1.2 and 1.3 client over a connected socket. The TLS library stays behind this header;
 * crypto_start (crypto/crypto.h) comes first. */
#ifndef WCP_NET_TLS_H
#define WCP_NET_TLS_H

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"

#include <sys/types.h>

/* What all connections of a process share: trust anchors, parameters, resumable sessions by host.
 */
struct tls_context;

/* Trust anchors from PEM text (every CERTIFICATE block; one that does not parse is an error), or
 * the built-in Amazon roots when `ca_pem` is empty. NULL with ERROR_CONFIGURATION or
 * ERROR_INTERNAL. Freed by tls_context_free. */
struct tls_context *tls_context_new(struct str ca_pem, struct error *error);
void tls_context_free(struct tls_context *context);

/* From now on this context's connections verify NOTHING: whoever answers is taken, with whatever
 * certificate. They serve to look at that certificate (tls_peer_certificate) and can therefore
 * neither write nor read; no session is kept, since a resumed one shows no certificate. Only for
 * the question which certificate a server presents (served_at). */
void tls_context_look_only(struct tls_context *context);

struct tls;

/* Handshakes on `socket` (non-blocking; stays the caller's) before `deadline`, verifies chain,
 * validity at clock_now() and host name (DNS name or IP address against the subject alternative
 * names), offers X25519 first and a session kept from an earlier connection to the same host. NULL
 * with ERROR_TRANSIENT (peer gone, timed out), ERROR_PERMANENT (certificate expired, not yet valid,
 * wrong host, untrusted issuer, no common version or cipher), each with the reason in words and
 * advice. */
struct tls *tls_connect(struct tls_context *context, int socket, const char *host,
                        struct deadline deadline, struct error *error);

/* Writes all of `bytes` before `deadline`. */
bool tls_write(struct tls *tls, struct str bytes, struct deadline deadline, struct error *error);
/* Reads at least one byte, at most `size`: the count; 0 at the end of the stream (`clean` tells
 * whether by close_notify); -1 on error. */
ssize_t tls_read(struct tls *tls, void *out, size_t size, struct deadline deadline, bool *clean,
                 struct error *error);
/* Keeps the session for resumption in the context, says goodbye without waiting, frees. The socket
 * stays open. NULL is allowed. */
void tls_close(struct tls *tls);

/* True when a session from an earlier connection to the host was resumed: no certificate was shown
 * and verified anew. */
bool tls_is_resumed(const struct tls *tls);
/* DER of the leaf that the peer presented, valid until tls_close. */
struct str tls_peer_certificate(const struct tls *tls);

#endif
