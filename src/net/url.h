/* URLs of servers and proxies: scheme, host, port and path (the part of RFC 3986 that endpoints
 * need). */
#ifndef WCP_NET_URL_H
#define WCP_NET_URL_H

#include "base/error.h"
#include "base/str.h"

enum { URL_HOST_SIZE = 256, URL_PATH_SIZE = 1024, URL_USER_INFO_SIZE = 256 };

/* A parsed URL. All texts are terminated. */
struct url {
    bool tls;                           /* the scheme is https */
    char host[URL_HOST_SIZE];           /* lower case; an IPv6 address without its brackets */
    uint16_t port;                      /* 443 (https) or 80 (http) when the URL has none */
    char path[URL_PATH_SIZE];           /* begins with '/' */
    char user_info[URL_USER_INFO_SIZE]; /* a secret: "user:password", percent-decoded; "": none */
};

/* Parses an http or https URL of at most LIMIT_URL bytes. The host is a name of letters, digits,
 * '-', '.' and '_', a dotted-decimal IPv4 address, or a bracketed IPv6 address. The port is 1 to
 * 65535. The last '@' before the path ends the user info. A query, a fragment, a control character,
 * a space, or a byte outside ASCII is an error.
 * `what` names the origin of the URL in the message ("AWS_ENDPOINT_URL_STS"). The message never
 * contains the URL itself, which may contain a password. ERROR_CONFIGURATION. */
bool url_parse(struct str text, const char *what, struct url *url, struct error *error);

/* True for a host name or address of this machine: localhost, 127.0.0.0/8, ::1. */
bool url_host_is_loopback(const char *host);
/* True when `host` is a literal IPv4 or IPv6 address. */
bool url_host_is_address(const char *host);

enum { URL_AUTHORITY_SIZE = URL_HOST_SIZE + 16 };
/* Formats the Host header (RFC 9110 §7.2): "host", or "host:port" when the port is not the scheme's
 * default. An IPv6 address is in brackets. */
void url_authority(const struct url *url, char out[URL_AUTHORITY_SIZE]);
/* Formats "host:port", always with the port: for messages and CONNECT (RFC 9110 §9.3.6). */
void url_host_and_port(const struct url *url, char out[URL_AUTHORITY_SIZE]);

#endif
