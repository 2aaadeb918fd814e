/* What private keys and trust anchors need of DER (X.690): elements read one after another, and
 * nothing that is not the only way to write it. */
#ifndef WCP_CRYPTO_DER_H
#define WCP_CRYPTO_DER_H

#include "base/str.h"

enum der_tag {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_CONTEXT_0 = 0xa0, /* [0], constructed */
    DER_CONTEXT_1 = 0xa1,
};

/* The same as strings, for lists of tags. */
#define DER_TAG_INTEGER "\x02"
#define DER_TAG_BIT_STRING "\x03"
#define DER_TAG_OCTET_STRING "\x04"
#define DER_TAG_OID "\x06"
#define DER_TAG_SEQUENCE "\x30"

enum { DER_OID_TEXT_SIZE = 80 };

/* True when the next element of `rest` has this tag, whatever follows it. */
bool der_next_is(struct str rest, enum der_tag tag);
/* Takes the next element's contents from `rest` and moves `rest` past it. False, with `rest`
 * unmoved, when it has another tag, is cut off, or its length is not definite and as short as
 * possible. */
bool der_next(struct str *rest, enum der_tag tag, struct str *contents);
/* True when `list` is made of elements with these tags in this order, and nothing else: `contents`
 * gets as many. */
bool der_list(struct str list, const char *tags, struct str *contents);
/* True when these are the contents of an INTEGER that is not negative and as short as possible. */
bool der_is_natural(struct str contents);
/* As der_next for such an INTEGER; what does not fit comes as UINT64_MAX. */
bool der_next_number(struct str *rest, uint64_t *number);

/* The contents of an OBJECT IDENTIFIER in dotted form, terminated; cut off where it does not fit or
 * is damaged. */
void der_oid_text(struct str oid, char out[DER_OID_TEXT_SIZE]);

#endif
