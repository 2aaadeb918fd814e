/* AWS Signature Version 4, in the Authorization header. */
#ifndef WCP_AWS_SIGV4_H
#define WCP_AWS_SIGV4_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/hash.h"

enum { SIGV4_MOST_HEADERS = 32, SIGV4_MOST_PARAMETERS = 64 };

struct sigv4_header {
    struct str name;
    struct str value;
};

/* A request as it is to be sent. Every header given is signed: Host and X-Amz-Date must be among
 * them, and X-Amz-Security-Token when there is a token. */
struct sigv4_request {
    struct str method;
    struct str path;     /* begins with '/'; decoded: percent-encoding is applied here, once */
    struct str query;    /* without '?', as canonical_append_query makes it */
    bool normalise_path; /* resolve "." and "..", fold "//" (every service but S3) */
    const struct sigv4_header *headers;
    size_t header_count; /* at most SIGV4_MOST_HEADERS */
    struct str body;
};

/* For whom, when and what is signed. The secret is borrowed. */
struct sigv4_scope {
    struct str access_key_id;
    struct str secret_access_key;
    struct str region;
    struct str service;
    int64_t time; /* seconds since 1970, the same as in X-Amz-Date */
};

/* The four steps of the specification, each appending to `out`; false when a bound or the buffer's
 * limit is passed. */
bool sigv4_canonical_request(const struct sigv4_request *request, struct buf *out);
bool sigv4_string_to_sign(const struct sigv4_scope *scope, struct str canonical_request,
                          struct buf *out);
void sigv4_signature(const struct sigv4_scope *scope, struct str string_to_sign,
                     char out[SHA256_HEX_SIZE]);
/* The value of the Authorization header, by all of the above. */
bool sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct buf *out);

/* Appends `text` percent-encoded: every byte but A-Z a-z 0-9 - _ . ~ and those in `kept`. */
bool uri_encode(struct str text, struct str kept, struct buf *out);

#endif
