#include "aws/sigv4.h"

#include "aws/sigv4_internal.h"
#include "base/format.h"

#include <string.h>

enum { LONGEST_CANONICAL_REQUEST = 128 * 1024, DATE_LENGTH = 8 };

/* Appends the names of the signed headers: sorted, in lower case, each once, joined by ';'. */
static bool append_signed_headers(const struct canonical_headers *headers, struct buf *out)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (canonical_headers_repeats(headers, i))
            continue;
        if (i > 0)
            buf_append_byte(out, ';');
        canonical_append_lower(headers->sorted[i]->name, out);
    }
    return !out->failed;
}

bool sigv4_canonical_request(const struct sigv4_request *request, struct buf *out)
{
    struct canonical_headers headers;
    char body_hash[SHA256_HEX_SIZE];
    if (!canonical_headers_sort(request->headers, request->header_count, &headers))
        return false;
    sha256_hex(request->body, body_hash);
    buf_append(out, request->method);
    buf_append_byte(out, '\n');
    if (!canonical_append_path(request->path, request->normalise_path, out))
        return false;
    buf_append_byte(out, '\n');
    buf_append(out, request->query);
    buf_append_byte(out, '\n');
    canonical_append_headers(&headers, out);
    buf_append_byte(out, '\n');
    append_signed_headers(&headers, out);
    return buf_format(out, "\n%s", body_hash);
}

static const char *algorithm(const struct sigv4_scope *scope)
{
    if (scope->identity == NULL)
        return "AWS4-HMAC-SHA256";
    return scope->identity->is_rsa ? "AWS4-X509-RSA-SHA256" : "AWS4-X509-ECDSA-SHA256";
}

static void append_credential_scope(const struct sigv4_scope *scope, struct buf *out)
{
    char date[CLOCK_COMPACT_SIZE];
    clock_format_compact(scope->time, date);
    buf_format(out, "%.*s/%.*s/%.*s/aws4_request", DATE_LENGTH, date, (int)scope->region.length,
               scope->region.data, (int)scope->service.length, scope->service.data);
}

bool sigv4_string_to_sign(const struct sigv4_scope *scope, struct str canonical_request,
                          struct buf *out)
{
    char date[CLOCK_COMPACT_SIZE];
    char hash[SHA256_HEX_SIZE];
    clock_format_compact(scope->time, date);
    sha256_hex(canonical_request, hash);
    buf_format(out, "%s\n%s\n", algorithm(scope), date);
    append_credential_scope(scope, out);
    return buf_format(out, "\n%s", hash);
}

void sigv4_signature(const struct sigv4_scope *scope, struct str string_to_sign,
                     char out[SHA256_HEX_SIZE])
{
    BUF_AUTO struct buf secret = BUF_SECRET(LONGEST_CANONICAL_REQUEST);
    char date[CLOCK_COMPACT_SIZE];
    uint8_t key[SHA256_SIZE];
    uint8_t next[SHA256_SIZE];
    clock_format_compact(scope->time, date);
    buf_append(&secret, STR("AWS4"));
    buf_append(&secret, scope->secret_access_key);
    hmac_sha256(buf_str(&secret), str_bytes(date, DATE_LENGTH), key);
    const struct str steps[] = {scope->region, scope->service, STR("aws4_request"), string_to_sign};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        hmac_sha256(str_bytes(key, sizeof key), steps[i], next);
        memcpy(key, next, sizeof key);
    }
    hex_encode(key, sizeof key, out);
    wipe(key, sizeof key);
    wipe(next, sizeof next);
}

static bool append_signature(const struct sigv4_scope *scope, struct str string_to_sign,
                             struct buf *out)
{
    char signature[SHA256_HEX_SIZE];
    if (scope->identity != NULL)
        return identity_sign(scope->identity, string_to_sign, out);
    sigv4_signature(scope, string_to_sign, signature);
    return buf_append_text(out, signature);
}

bool sigv4_authorization(const struct sigv4_request *request, const struct sigv4_scope *scope,
                         struct buf *out)
{
    BUF_AUTO struct buf canonical = BUF_SECRET(LONGEST_CANONICAL_REQUEST);
    BUF_AUTO struct buf to_sign = BUF(LONGEST_CANONICAL_REQUEST);
    struct canonical_headers headers;
    struct str key_id =
        scope->identity != NULL ? str_from(scope->identity->serial) : scope->access_key_id;
    if (!sigv4_canonical_request(request, &canonical) ||
        !sigv4_string_to_sign(scope, buf_str(&canonical), &to_sign) ||
        !canonical_headers_sort(request->headers, request->header_count, &headers))
        return false;
    buf_format(out, "%s Credential=%.*s/", algorithm(scope), (int)key_id.length, key_id.data);
    append_credential_scope(scope, out);
    buf_append(out, STR(", SignedHeaders="));
    append_signed_headers(&headers, out);
    buf_append(out, STR(", Signature="));
    return append_signature(scope, buf_str(&to_sign), out);
}
