#include "aws/acm.h"

#include "base/json.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "crypto/random_secret.h"

enum { PASSPHRASE_BYTES = 32 };

void exported_certificate_free(struct exported_certificate *exported)
{
    buf_free(&exported->certificate);
    buf_free(&exported->chain);
    buf_free(&exported->encrypted_key);
}

bool acm_new_passphrase(struct buf *passphrase)
{
    uint8_t bytes[PASSPHRASE_BYTES];
    bool done = random_secret(bytes, sizeof bytes) &&
                base64_encode(str_bytes(bytes, sizeof bytes), passphrase);
    wipe(bytes, sizeof bytes);
    return done;
}

#define ADVICE_ENDPOINT "check that the endpoint is AWS's; it is tried again"

static bool copy_member(const struct json *document, const char *name, size_t limit, bool required,
                        struct buf *out, struct error *error)
{
    struct str text = {0};
    *out = BUF(limit);
    if (!json_string(json_member(document, name), &text) && !required)
        return true;
    if (text.length == 0 && required) {
        return error_refuse(error, ERROR_TRANSIENT, ADVICE_ENDPOINT,
                            "the reply to ExportCertificate has no %s", name);
    }
    if (text.length > limit)
        return error_set(error, ERROR_PERMANENT,
                         "%s in the reply to ExportCertificate is longer than %zu bytes", name,
                         limit);
    return buf_append(out, text) || error_no_memory(error);
}

bool acm_read_reply(struct str body, struct exported_certificate *exported, struct error *error)
{
    JSON_AUTO struct json *document = json_parse(body, "the reply to ExportCertificate", error);
    if (document == NULL) {
        if (error->kind == ERROR_TRANSIENT)
            error_advise(error, "%s", ADVICE_ENDPOINT);
        return false;
    }
    return copy_member(document, "Certificate", LIMIT_CERTIFICATE_PEM, true, &exported->certificate,
                       error) &&
           copy_member(document, "CertificateChain", LIMIT_PEM_FILE, false, &exported->chain,
                       error) &&
           copy_member(document, "PrivateKey", LIMIT_KEY_PEM, true, &exported->encrypted_key,
                       error);
}

static bool write_body(const char *arn, struct str passphrase, struct buf *body)
{
    buf_append(body, STR("{\"CertificateArn\":"));
    json_append_string(body, str_from(arn));
    buf_append(body, STR(",\"Passphrase\":\""));
    base64_encode(passphrase, body);
    return buf_append(body, STR("\"}"));
}

bool acm_export_certificate(struct aws_client *acm, const struct credentials *session,
                            const char *arn, struct str passphrase,
                            struct exported_certificate *exported, struct error *error)
{
    struct http_response response = {0};
    BUF_AUTO struct buf body = BUF_SECRET(8 * 1024);
    if (!write_body(arn, passphrase, &body))
        return error_no_memory(error);
    const struct aws_call call = {
        .content_type = STR("application/x-amz-json-1.1"),
        .target = STR("CertificateManager.ExportCertificate"),
        .body = buf_str(&body),
        .reply_limit = LIMIT_ACM_BODY,
    };
    bool done = aws_client_call(acm, session, &call, &response, error) &&
                acm_read_reply(buf_str(&response.body), exported, error);
    http_response_free(&response);
    return done ||
           error_context(error, "the certificate cannot be exported from ACM in %s", acm->region);
}
