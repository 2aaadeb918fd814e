/* A minimal XML reader for the replies of AWS's query protocol. */
#ifndef WCP_AWS_XML_H
#define WCP_AWS_XML_H

#include "base/buf.h"

/* Finds the first element `name` at any depth of `xml`, and sets `inner` to the text between its
 * tags, borrowed. Attributes are ignored; a name space prefix must be part of `name`. False: there
 * is no such element, or its end tag is missing. The element must not contain an element of the
 * same name. */
bool xml_element(struct str xml, struct str name, struct str *inner);

/* Appends the text of an element without child elements. The five predefined entities, and
 * character references up to U+007F, are decoded. False: any other markup or reference. */
bool xml_text(struct str inner, struct buf *out);

#endif
