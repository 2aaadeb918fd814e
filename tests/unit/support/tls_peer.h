/* The other end of TLS tests: tls_peer.py, started once for a test program. */
#ifndef WCP_TESTS_TLS_PEER_H
#define WCP_TESTS_TLS_PEER_H

#include "base/buf.h"

#include <stdint.h>

/* Makes certificates and waits until servers may be asked for; false says that python3 or
 * openssl(1) does not work. */
bool tls_peer_start(void);
void tls_peer_stop(void);

/* A server on 127.0.0.1: its port. `certificate`, `versions` and `behaviour` are those of
 * tls_peer.py. */
uint16_t tls_peer_serve(const char *certificate, const char *versions, const char *behaviour);
/* Reads one of the files that were made, for instance "bundle.pem". */
void tls_peer_file(const char *name, struct buf *contents);

#endif
