/* PEM: text armour around DER (RFC 7468), read and written. */
#ifndef WCP_PKI_PEM_H
#define WCP_PKI_PEM_H

#include "base/buf.h"
#include "base/error.h"

/* One block of a PEM text, all borrowed from it. */
struct pem_block {
    struct str label; /* "CERTIFICATE": upper-case letters, digits and spaces */
    struct str body;  /* base64 with its line breaks, header lines (RFC 1421) not allowed */
    struct str whole; /* from the first hyphen of BEGIN to the last of END */
};

/* Finds the next block of `rest` and moves `rest` past it. Text before a block is skipped
 * (explanatory text, RFC 7468 §5.2). False with kind ERROR_NONE at the end; false with
 * ERROR_PERMANENT for a block that is damaged: a BEGIN line that is none, no matching END,
 * mismatched labels, a byte outside the base64 alphabet, END without BEGIN. */
bool pem_next(struct str *rest, struct pem_block *block, struct error *error);
/* As pem_next; false when no block with `label` follows (ERROR_PERMANENT, message names the label).
 * Others are skipped. */
bool pem_find(struct str *rest, struct str label, struct pem_block *block, struct error *error);
/* The only block of `text`; false when there is none, a second, or its label is not `label`
 * (ERROR_PERMANENT). */
bool pem_only(struct str text, struct str label, struct pem_block *block, struct error *error);

/* Decodes a block's body to DER, appended to `der`; false when it is empty or no base64
 * (ERROR_PERMANENT), or the buffer's limit is passed. */
bool pem_decode(const struct pem_block *block, struct buf *der, struct error *error);
/* Appends the DER as a block: 64 columns, LF, a final LF. False past the buffer's limit. */
bool pem_encode(struct str label, struct str der, struct buf *out);

#endif
