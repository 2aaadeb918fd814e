/* URLs of servers and proxies: scheme, host, port, path (RFC 3986, as far as endpoints need it). */
#ifndef WCP_NET_URL_H
#define WCP_NET_URL_H

#include "base/error.h"
#include "base/str.h"

enum { URL_HOST_SIZE = 256, URL_PATH_SIZE = 1024, URL_USER_INFO_SIZE = 256 };

/* All texts terminated. */
struct url {
    bool tls;                           /* https */
    char host[URL_HOST_SIZE];           /* lower case; an IPv6 address without its brackets */
    uint16_t port;                      /* 443 or 80 when the text gives none */
    char path[URL_PATH_SIZE];           /* begins with '/', no query or fragment */
    char user_info[URL_USER_INFO_SIZE]; /* percent-decoded "user:password" before '@', else "" : a
                                           secret */
};

/* Parses "http://…" or "https://…" of at most LIMIT_URL bytes. Host: a name of letters, digits,
 * '-', '.', '_', an IPv4 address in its usual form, or a bracketed IPv6 address; port 1 to 65535;
 * no query or fragment; no control character, space or non-ASCII byte anywhere. `what` names the
 * text's origin in the message ("AWS_ENDPOINT_URL_STS"), which never shows the text itself, since
 * user info may stand in it. ERROR_CONFIGURATION. */
bool url_parse(struct str text, const char *what, struct url *url, struct error *error);

/* True for a host that is this machine: localhost, 127.0.0.0/8, ::1. */
bool url_host_is_loopback(const char *host);
/* True when `host` is a literal IPv4 or IPv6 address. */
bool url_host_is_address(const char *host);

enum { URL_AUTHORITY_SIZE = URL_HOST_SIZE + 16 };
/* "host" or "host:port" for a Host header (RFC 9110 §7.2): the port only when it is not the
 * scheme's own; an IPv6 address in brackets. */
void url_authority(const struct url *url, char out[URL_AUTHORITY_SIZE]);
/* "host:port", always with the port: for messages and CONNECT (RFC 9110 §9.3.6). */
void url_host_and_port(const struct url *url, char out[URL_AUTHORITY_SIZE]);

#endif
