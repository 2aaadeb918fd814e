/* AWS Certificate Manager: ExportCertificate. */
#ifndef WCP_AWS_ACM_H
#define WCP_AWS_ACM_H

#include "aws/client.h"

enum { ACM_PASSPHRASE_LENGTH = 44 };

/* What ACM holds: PEM texts, the key still encrypted. `chain` may be empty. */
struct exported_certificate {
    struct buf certificate;
    struct buf chain;
    struct buf encrypted_key;
};
void exported_certificate_free(struct exported_certificate *exported);

/* A fresh passphrase: 32 random bytes in base64, appended to a secret buffer. */
bool acm_new_passphrase(struct buf *passphrase);

/* ACM ExportCertificate of `arn`; the key comes encrypted under `passphrase` (4 to 128 ASCII
 * characters without '#', '$', '%'). Errors as aws_client_call; a reply without certificate or key
 * is ERROR_TRANSIENT. Free `exported` in either case. */
bool acm_export_certificate(struct aws_client *acm, const struct credentials *session,
                            const char *arn, struct str passphrase,
                            struct exported_certificate *exported, struct error *error);

/* Reads an ExportCertificate reply; for the call above, tests and the fuzzer. */
bool acm_read_reply(struct str body, struct exported_certificate *exported, struct error *error);

#endif
