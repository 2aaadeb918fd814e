/* What private keys need of DER (X.690): elements read one after another by the library's ASN.1
 * functions, which take BER's longer forms of a length, too; here only the shortest is taken, so
 * that there is one way to write a key. */
#ifndef WCP_CRYPTO_ASN1_H
#define WCP_CRYPTO_ASN1_H

#include "base/str.h"

enum asn1_tag {
    ASN1_INTEGER = 0x02,
    ASN1_BIT_STRING = 0x03,
    ASN1_OCTET_STRING = 0x04,
    ASN1_NULL = 0x05,
    ASN1_OID = 0x06,
    ASN1_SEQUENCE = 0x30,
    ASN1_CONTEXT_0 = 0xa0, /* [0], constructed */
    ASN1_CONTEXT_1 = 0xa1,
};

/* The same as strings, for lists of tags. */
#define ASN1_TAG_INTEGER "\x02"
#define ASN1_TAG_BIT_STRING "\x03"
#define ASN1_TAG_OCTET_STRING "\x04"
#define ASN1_TAG_OID "\x06"
#define ASN1_TAG_SEQUENCE "\x30"

enum { ASN1_OID_TEXT_SIZE = 80 };

/* True when the next element of `rest` has this tag, whatever follows it. */
bool asn1_next_is(struct str rest, enum asn1_tag tag);

/* Takes the next element's contents from `rest` and moves `rest` past it. False, with `rest`
 * unmoved, when it has another tag, is cut off, or its length is not definite and as short as
 * possible. */
bool asn1_next(struct str *rest, enum asn1_tag tag, struct str *contents);

/* True when `list` is made of elements with these tags in this order, and nothing else: `contents`
 * gets as many. */
bool asn1_list(struct str list, const char *tags, struct str *contents);

/* True when these are the contents of an INTEGER that is not negative and as short as possible. */
bool asn1_is_natural(struct str contents);

/* As asn1_next for such an INTEGER; what does not fit comes as UINT64_MAX. */
bool asn1_next_number(struct str *rest, uint64_t *number);

/* The contents of an OBJECT IDENTIFIER in dotted form, terminated; "?" where it is damaged or does
 * not fit. */
void asn1_oid_text(struct str oid, char out[ASN1_OID_TEXT_SIZE]);

#endif
