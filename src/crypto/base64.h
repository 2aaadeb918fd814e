/* Base64 (RFC 4648 §4). The library does the work in a time that does not depend on the values of
 * the bytes: they may be private keys. */
#ifndef WCP_CRYPTO_BASE64_H
#define WCP_CRYPTO_BASE64_H

#include "base/buf.h"

/* Appends `bytes` as Base64 without line breaks. Returns false when the limit of the buffer is too
 * small. */
bool base64_encode(struct str bytes, struct buf *out);

/* Decodes `text` and appends the bytes. Line ends (LF or CR LF) may occur anywhere, also with
 * spaces before them; the padding must be correct. Returns false and appends nothing when the text
 * contains any other character or is damaged. Returns false and sets `out->failed` when the limit
 * of the buffer is too small or memory is short. */
bool base64_decode(struct str text, struct buf *out);

/* Returns true when `text` contains only letters, digits, '+', '/', '=', CR, LF and spaces. Such a
 * text may still be damaged: base64_decode checks the rest. */
bool base64_is_plausible(struct str text);

#endif
