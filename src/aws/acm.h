/* AWS Certificate Manager: the ExportCertificate call. */
#ifndef WCP_AWS_ACM_H
#define WCP_AWS_ACM_H

#include "aws/client.h"

/* Length of a passphrase from acm_new_passphrase: 32 bytes in base64. */
enum { ACM_PASSPHRASE_LENGTH = 44 };

/* An exported certificate as PEM texts. `chain` may be empty; the key is still encrypted. */
struct exported_certificate {
    struct buf certificate;
    struct buf chain;
    struct buf encrypted_key;
};
void exported_certificate_free(struct exported_certificate *exported);

/* Appends a new passphrase, 32 random bytes in base64, to a secret buffer. Returns false
 * when the generator fails or the buffer's limit is exceeded. crypto_start must have been called.
 */
bool acm_new_passphrase(struct buf *passphrase);

/* Exports the certificate `arn` with ACM ExportCertificate. ACM encrypts the key under
 * `passphrase`: 4 to 128 ASCII characters without '#', '$' and '%'. Errors are those of
 * aws_client_call; ERROR_TRANSIENT for a reply that is not JSON or has no certificate or key;
 * ERROR_PERMANENT for a text that exceeds its limit. The caller frees `exported` in every case. */
bool acm_export_certificate(struct aws_client *acm, const struct credentials *session,
                            const char *arn, struct str passphrase,
                            struct exported_certificate *exported, struct error *error);

/* Parses the body of an ExportCertificate reply. Public for tests and the fuzzer. */
bool acm_read_reply(struct str body, struct exported_certificate *exported, struct error *error);

#endif
