/* Processes whose parent has died before them. */
#ifndef WCP_TESTS_ORPHANS_H
#define WCP_TESTS_ORPHANS_H

#include <stdbool.h>
#include <sys/prctl.h>

/* Makes orphans children of the test, so that it can wait for their end. Returns false where the
 * kernel cannot do that. */
static inline bool adopt_orphans(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

#endif
