/* A TLS 1.2 and 1.3 client over a connected socket. The TLS library stays behind this header.
 * crypto_start (crypto/crypto.h) must have been called. */
#ifndef WCP_NET_TLS_H
#define WCP_NET_TLS_H

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"

#include <sys/types.h>

/* What all connections of a process share: trust anchors, parameters, and sessions to resume. */
struct tls_context;

/* Returns a context that trusts the CERTIFICATE blocks of `ca_pem`, or the built-in Amazon roots
 * when `ca_pem` is empty. The caller frees it with tls_context_free. Returns NULL with an error of
 * trust_load, or with ERROR_INTERNAL when memory is short. */
struct tls_context *tls_context_new(struct str ca_pem, struct error *error);
/* Frees the context, after all its connections are closed. NULL is allowed. */
void tls_context_free(struct tls_context *context);

/* Switches off ALL verification for the connections of this context: any server is accepted, with
 * any certificate. The connections serve only to read that certificate (tls_peer_certificate), to
 * see what a server presents (served_at): tls_write and tls_read fail. No session is stored, since
 * a server presents no certificate when it resumes one. */
void tls_context_disable_verification(struct tls_context *context);

/* One connection. */
struct tls;

/* Performs the handshake on `socket`, which is connected and non-blocking, or, when `below` is not
 * NULL, within that connection, before `deadline` and within LIMIT_HANDSHAKE_MS. Both remain the
 * caller's, who closes them later. Verifies the chain, its validity at clock_now(),
 * and that `host`, a DNS name or an IP address, is among the subject alternative names. Resumes the
 * last session with the same host if there is one. The caller closes the connection with tls_close.
 *
 * Returns NULL with an error that states the reason and an advice: ERROR_TRANSIENT when the server
 * closed the connection or did not answer in time; ERROR_PERMANENT when the certificate is expired,
 * not yet valid, for another host or from an unknown issuer, or when there is no TLS version or
 * cipher in common; ERROR_CLOCK when it is not yet valid because the clock was never set;
 * ERROR_INTERNAL when memory is short. */
struct tls *tls_connect(struct tls_context *context, int socket, struct tls *below,
                        const char *host, struct deadline deadline, struct error *error);

/* Writes all of `bytes` before `deadline`. Returns false with an error, usually ERROR_TRANSIENT,
 * when that fails. */
bool tls_write(struct tls *tls, struct str bytes, struct deadline deadline, struct error *error);
/* Waits for at least one byte and reads at most `size` bytes. Returns their count, 0 at the end of
 * the stream, or -1 with an error, usually ERROR_TRANSIENT. At the end of the stream, `clean` is
 * true when the server announced it by close_notify. */
ssize_t tls_read(struct tls *tls, void *out, size_t size, struct deadline deadline, bool *clean,
                 struct error *error);
/* Stores the session in the context, sends close_notify without waiting, and frees the connection.
 * The socket stays open. NULL is allowed. */
void tls_close(struct tls *tls);

/* Returns true when the connection resumed a session, so that the server presented no certificate.
 * It was verified when the session began. */
bool tls_is_resumed(const struct tls *tls);
/* Returns the DER of the server's certificate, valid until tls_close. Empty when the server has
 * presented none. */
struct str tls_peer_certificate(const struct tls *tls);

#endif
