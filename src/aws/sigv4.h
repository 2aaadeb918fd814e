/* AWS Signature Version 4, in the Authorization header. */
#ifndef WCP_AWS_SIGV4_H
#define WCP_AWS_SIGV4_H

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "pki/identity.h"

enum { SIGV4_MOST_HEADERS = 32, SIGV4_MOST_PARAMETERS = 64 };

struct sigv4_header {
    struct str name;
    struct str value;
};

/* The request to sign. Every header in `headers` is signed. Host and X-Amz-Date must be among them,
 * and X-Amz-Security-Token when there is a session token. */
struct sigv4_request {
    struct str method;
    struct str path;     /* begins with '/'; not percent-encoded: it is encoded here, once */
    struct str query;    /* without '?', in the form that canonical_append_query makes */
    bool normalise_path; /* resolve "." and "..", merge "//" (for every service but S3) */
    const struct sigv4_header *headers;
    size_t header_count; /* at most SIGV4_MOST_HEADERS */
    struct str body;
};

/* The key, time and scope of a signature. All texts are borrowed. An identity signs as IAM Roles
 * Anywhere has it (AWS4-X509-RSA-SHA256, AWS4-X509-ECDSA-SHA256), in place of the access key. */
struct sigv4_scope {
    struct str access_key_id;
    struct str secret_access_key;
    struct str region;
    struct str service;
    int64_t time;                    /* seconds since 1970, the same as in X-Amz-Date */
    const struct identity *identity; /* NULL: the access key signs */
};

/* The steps of the specification. Each appends to `out`, or fills it. False: a bound or the
 * buffer's limit is exceeded. */
bool sigv4_canonical_request(const struct sigv4_request *request, struct buf *out);
bool sigv4_string_to_sign(const struct sigv4_scope *scope, struct str canonical_request,
                          struct buf *out);
void sigv4_signature(const struct sigv4_scope *scope, struct str string_to_sign,
                     char out[SHA256_HEX_SIZE]);
/* Appends the value of the Authorization header, computed by the three steps above. With an
 * identity, its key signs the string to sign itself. Returns false when that fails, too. */
bool sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct buf *out);

/* Appends `text` percent-encoded. The bytes A-Z a-z 0-9 - _ . ~ and those in `kept` are appended
 * unchanged. */
bool uri_encode(struct str text, struct str kept, struct buf *out);

#endif
