/* TLS sessions that later connections resume. Only tls.c includes this header. */
#ifndef WCP_NET_SESSIONS_H
#define WCP_NET_SESSIONS_H

#include "net/url.h"

#include <mbedtls/ssl.h>

enum { SESSIONS = 4 }; /* hosts: a proxy or STS, and the regions of a batch */

struct sessions {
    struct {
        char host[URL_HOST_SIZE]; /* "" when this place is free */
        mbedtls_ssl_session session;
    } list[SESSIONS];
    unsigned next; /* the place of the next new host, modulo SESSIONS */
};

void sessions_init(struct sessions *sessions);
void sessions_free(struct sessions *sessions);

/* Returns the last session with `host`, or NULL. */
const mbedtls_ssl_session *sessions_find(const struct sessions *sessions, const char *host);
/* Stores the session of `ssl` in place of the last one with `host`. */
void sessions_store(struct sessions *sessions, const char *host, const mbedtls_ssl_context *ssl);
/* Forgets the session with `host`, if there is one. */
void sessions_drop(struct sessions *sessions, const char *host);

#endif
