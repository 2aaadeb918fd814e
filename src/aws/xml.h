/* Just enough XML to read what AWS's query protocol answers. */
#ifndef WCP_AWS_XML_H
#define WCP_AWS_XML_H

#include "base/buf.h"

/* Finds the first element `name` anywhere in `xml` and borrows what stands between its tags;
 * attributes are passed over, a name space prefix is not. False when there is none or its end tag
 * is missing. An element must not contain one of its own name. */
bool xml_element(struct str xml, struct str name, struct str *inner);

/* Appends the text of an element without children, the five predefined entities and character
 * references up to U+007F decoded. False for any other markup or reference. */
bool xml_text(struct str inner, struct buf *out);

#endif
