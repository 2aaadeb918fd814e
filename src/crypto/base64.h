/* Base64 (RFC 4648 §4), by the library's functions, whose time does not depend on the bytes:
 * private keys pass here. */
#ifndef WCP_CRYPTO_BASE64_H
#define WCP_CRYPTO_BASE64_H

#include "base/buf.h"

/* Appends `bytes` as text without line breaks; false when the buffer's limit is passed. */
bool base64_encode(struct str bytes, struct buf *out);

/* Appends what `text` stands for. Lines may end in LF or CR LF, with spaces before; nothing else
 * may stand between the characters, and the padding must be right. False, with nothing appended,
 * for other text, or when the buffer's limit is passed (out->failed). */
bool base64_decode(struct str text, struct buf *out);

/* True when every byte is of the alphabet, '=', CR, LF or a space: what base64_decode needs at
 * least. */
bool base64_is_plausible(struct str text);

#endif
