/* What the files of a set are to contain. */
#ifndef WCP_STORE_CONTENTS_H
#define WCP_STORE_CONTENTS_H

#include "base/buf.h"
#include "pki/bundle.h"
#include "store/file_set.h"

/* The contents of the files that are composed of several parts of a bundle. */
struct contents {
    struct buf certificate;
    struct buf chain;
    struct buf combined; /* wiped when freed */
};

/* Composes the contents, and sets those of each target. They borrow from `bundle` and `contents`.
 * Returns false when memory is short. The caller calls contents_free, even after a failure. */
bool contents_compose(struct file_set *set, const struct bundle *bundle, struct contents *contents,
                      struct error *error);
void contents_free(struct contents *contents);

#endif
