/* Temporary files that an interrupted run left behind. The caller holds the lock of the set. */
#ifndef WCP_STORE_STRAYS_H
#define WCP_STORE_STRAYS_H

#include "store/file_set.h"

/* Removes the temporary files of the set, except those of `generation`; NULL removes all. */
void strays_remove(const struct file_set *set, const char *generation);

/* Returns true when the certificate's file system may not be mounted: its directory has neither a
 * certificate nor a temporary file, and other files of the set are in other directories. The
 * journal, once it can be seen again, may need the temporary files there. */
bool strays_may_be_needed(const struct file_set *set);

#endif
