/* Journals that belong to no configured certificate. */
#ifndef WCP_STORE_ORPHANS_H
#define WCP_STORE_ORPHANS_H

#include "config/config.h"

/* Logs a warning for each journal, in the directories of all certificate files, that belongs to no
 * configured certificate. Such a journal is never used for recovery; a person must remove it. */
void orphans_report(const struct config *config);

#endif
