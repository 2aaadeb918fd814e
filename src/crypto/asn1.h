/* Reads DER (X.690), as far as private keys and name constraints need it. An element is a tag, a
 * length and contents. The library's ASN.1 functions also accept the longer BER forms of a length;
 * these functions accept the shortest form only, so that a key has exactly one encoding. All
 * results are borrowed from the bytes that were read. */
#ifndef WCP_CRYPTO_ASN1_H
#define WCP_CRYPTO_ASN1_H

#include "base/buf.h"

enum asn1_tag {
    ASN1_BOOLEAN = 0x01,
    ASN1_INTEGER = 0x02,
    ASN1_BIT_STRING = 0x03,
    ASN1_OCTET_STRING = 0x04,
    ASN1_NULL = 0x05,
    ASN1_OID = 0x06,
    ASN1_SEQUENCE = 0x30,
    ASN1_CONTEXT_0 = 0xa0, /* [0], constructed */
    ASN1_CONTEXT_1 = 0xa1,
};

/* Tags as string literals. Adjacent literals form the `tags` of asn1_read_elements. */
#define ASN1_TAG_INTEGER "\x02"
#define ASN1_TAG_BIT_STRING "\x03"
#define ASN1_TAG_OCTET_STRING "\x04"
#define ASN1_TAG_OID "\x06"
#define ASN1_TAG_SEQUENCE "\x30"

/* The longest text of asn1_oid_text and its terminator. */
enum { ASN1_OID_TEXT_SIZE = 80 };

/* The longest number of asn1_decimal, in bytes, and its decimal digits and their terminator. A
 * certificate's serial number has at most 20 bytes (RFC 5280 §4.1.2.2). */
enum { ASN1_LONGEST_DECIMAL = 64, ASN1_DECIMAL_SIZE = 156 };

/* Returns true when the first byte of `rest` is this tag. Checks nothing else of the element. */
bool asn1_next_is(struct str rest, enum asn1_tag tag);

/* Puts the contents of the next element into `contents` and moves `rest` past the element. Returns
 * false and leaves `rest` unchanged when the element has another tag or is cut off, or when its
 * length is indefinite or not in the shortest form. */
bool asn1_next(struct str *rest, enum asn1_tag tag, struct str *contents);

/* Reads elements with exactly these tags, in this order, until the end of `list`. Puts the contents
 * of each into `contents`, which has one place for each tag. Returns false when an element has
 * another tag or is damaged, when one is missing, or when bytes follow the last. */
bool asn1_read_elements(struct str list, const char *tags, struct str *contents);

/* Returns true when `contents`, those of an INTEGER, are a number of 0 or more in the shortest
 * form. */
bool asn1_is_unsigned(struct str contents);

/* Reads the next element as an INTEGER of 0 or more, and moves `rest` past it. A number above
 * UINT64_MAX is returned as UINT64_MAX. Returns false and leaves `rest` unchanged when the element
 * is not such an INTEGER. */
bool asn1_next_unsigned(struct str *rest, uint64_t *number);

/* Writes the contents of an INTEGER of 0 or more as decimal digits and a terminator. Returns false
 * when asn1_is_unsigned does, or when the number has more than ASN1_LONGEST_DECIMAL bytes. */
bool asn1_decimal(struct str contents, char out[ASN1_DECIMAL_SIZE]);

/* Writes the contents of an OBJECT IDENTIFIER in dotted form, such as "1.2.840.113549", and a
 * terminator. Writes "?" when they are damaged or the text is too long. */
void asn1_oid_text(struct str oid, char out[ASN1_OID_TEXT_SIZE]);

/* Appends an element of less than 64 KiB, with its length in the shortest form. Failures are seen
 * in `out->failed`. */
void asn1_append(struct buf *out, enum asn1_tag tag, struct str contents);

#endif
