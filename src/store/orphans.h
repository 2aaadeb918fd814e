/* Journals that belong to no configured certificate. */
#ifndef WCP_STORE_ORPHANS_H
#define WCP_STORE_ORPHANS_H

#include "config/config.h"

/* Looks through the directories of all certificates and logs each journal that no certificate of
 * the configuration owns. It is never followed; a person decides. */
void orphans_report(const struct config *config);

#endif
