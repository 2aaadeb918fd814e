/* Reads and writes PEM (RFC 7468): Base64 of DER between a BEGIN and an END line. */
#ifndef WCP_PKI_PEM_H
#define WCP_PKI_PEM_H

#include "base/buf.h"
#include "base/error.h"

/* One block of a PEM text, all borrowed from it. */
struct pem_block {
    struct str label; /* such as "CERTIFICATE": upper-case letters, digits and spaces */
    struct str body;  /* Base64 with its line ends; header lines (RFC 1421) are not allowed */
    struct str whole; /* from the first hyphen of the BEGIN line to the last of the END line */
};

/* Finds the next block of `rest` and moves `rest` past it. Skips the text before the block
 * (explanatory text, RFC 7468 §5.2), or the byte order mark. Returns false with kind ERROR_NONE
 * when there is no further block, and with ERROR_PERMANENT when the next one is damaged: an invalid
 * BEGIN line, a missing END line, an END line with another label or without a BEGIN line, or a byte
 * that is not Base64.
 */
bool pem_next(struct str *rest, struct pem_block *block, struct error *error);
/* Finds the next block with this label, and skips others. Returns false with ERROR_PERMANENT when
 * there is none, or when a block before it is damaged. */
bool pem_find(struct str *rest, struct str label, struct pem_block *block, struct error *error);
/* Finds the only block of `text`. Returns false with ERROR_PERMANENT when there is no block or more
 * than one, when it has another label, or when it is damaged. */
bool pem_only(struct str text, struct str label, struct pem_block *block, struct error *error);

/* Decodes the body of a block and appends the DER to `der`. Returns false with ERROR_PERMANENT when
 * the body is empty or not valid Base64, or when the limit of the buffer is too small. */
bool pem_decode(const struct pem_block *block, struct buf *der, struct error *error);
/* Appends `der` as a block: lines of 64 characters, each with an LF, as are the BEGIN and END
 * lines. Returns false when the limit of the buffer is too small. */
bool pem_encode(struct str label, struct str der, struct buf *out);

#endif
