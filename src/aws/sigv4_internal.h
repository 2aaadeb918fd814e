/* The canonical forms that Signature Version 4 signs: path, query, headers. */
#ifndef WCP_AWS_SIGV4_INTERNAL_H
#define WCP_AWS_SIGV4_INTERNAL_H

#include "aws/sigv4.h"

/* The path percent-encoded, normalised if asked for. */
bool canonical_append_path(struct str path, bool normalise, struct buf *out);
/* What a sigv4_request's `query` has to be, from what follows '?' in a URL: the parameters decoded,
 * encoded again in the one right way, and sorted by name and value. */
bool canonical_append_query(struct str query, struct buf *out);

/* Headers in the order of their lower-case names; those of one name keep their order. */
struct canonical_headers {
    const struct sigv4_header *sorted[SIGV4_MOST_HEADERS];
    size_t count;
};
bool canonical_headers_sort(const struct sigv4_header *headers, size_t count,
                            struct canonical_headers *sorted);
/* True when header `index` has the name of the one before. */
bool canonical_headers_repeats(const struct canonical_headers *headers, size_t index);
/* "name:value[,value]" lines, white space trimmed and folded. */
bool canonical_append_headers(const struct canonical_headers *headers, struct buf *out);
bool canonical_append_lower(struct str name, struct buf *out);

#endif
