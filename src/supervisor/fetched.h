/* A fetched bundle that waits to be installed, because another process holds the lock of its
 * files. */
#ifndef WCP_SUPERVISOR_FETCHED_H
#define WCP_SUPERVISOR_FETCHED_H

#include "base/buf.h"
#include "pki/bundle.h"

#include <stdint.h>

struct fetched {
    struct bundle bundle;
    struct str name;   /* in the certificate, for the log */
    int64_t not_after; /* seconds since 1970 */
    bool force;        /* replace the files even when they are equal */
    struct buf copy;   /* the texts, when they were copied; wiped when freed */
};

/* Copies the texts, so that they outlive the frame that they were borrowed from. Returns false when
 * memory is short. */
bool fetched_keep(struct fetched *fetched);
/* Wipes and frees the copy. */
void fetched_free(struct fetched *fetched);

#endif
