/* The canonical forms of path, query and headers that Signature Version 4 signs. Private to
 * sigv4*.c. */
#ifndef WCP_AWS_SIGV4_INTERNAL_H
#define WCP_AWS_SIGV4_INTERNAL_H

#include "aws/sigv4.h"

/* Appends the path percent-encoded; normalised when `normalise` is set. */
bool canonical_append_path(struct str path, bool normalise, struct buf *out);
/* Appends the canonical query, the form that sigv4_request.query requires. `query` is the part of a
 * URL after '?'. Its parameters are decoded, encoded canonically, and sorted by name and value. */
bool canonical_append_query(struct str query, struct buf *out);

/* Headers sorted by their lower-case names. Headers with the same name keep their order. */
struct canonical_headers {
    const struct sigv4_header *sorted[SIGV4_MOST_HEADERS];
    size_t count;
};
bool canonical_headers_sort(const struct sigv4_header *headers, size_t count,
                            struct canonical_headers *sorted);
/* True when header `index` has the same name as the header before it. */
bool canonical_headers_repeats(const struct canonical_headers *headers, size_t index);
/* Appends "name:value[,value]" lines. Values are trimmed, and runs of white space become a space.
 */
bool canonical_append_headers(const struct canonical_headers *headers, struct buf *out);
/* Appends a header name in lower case. */
bool canonical_append_lower(struct str name, struct buf *out);

#endif
