/* Private to target.c (comparing and writing) and target_place.c (putting versions in place). */
#ifndef WCP_STORE_TARGET_INTERNAL_H
#define WCP_STORE_TARGET_INTERNAL_H

#include "store/target.h"

/* Sets the error for a failed system call on a temporary file of the target: "cannot <verb> the new
 * file for …". `number` is its errno. ERROR_DENIED for EACCES and EPERM, else ERROR_TRANSIENT.
 * Returns false. */
bool target_report_failure(int number, const char *verb, const struct target *target,
                           struct error *error);

#endif
