/* The servers of the TLS tests: tls_peer.py, which a test program starts once. */
#ifndef WCP_TESTS_TLS_PEER_H
#define WCP_TESTS_TLS_PEER_H

#include "base/buf.h"

#include <stdint.h>

/* Starts tls_peer.py and waits until it has made its certificates. Returns false when python3 or
 * openssl(1) does not work. */
bool tls_peer_start(void);
void tls_peer_stop(void);

/* Starts a server on 127.0.0.1 and returns its port. tls_peer.py defines the values of
 * `certificate`, `versions` and `behaviour`. */
uint16_t tls_peer_serve(const char *certificate, const char *versions, const char *behaviour);
/* Reads a file that tls_peer.py has made, for example "bundle.pem". */
void tls_peer_file(const char *name, struct buf *contents);

#endif
