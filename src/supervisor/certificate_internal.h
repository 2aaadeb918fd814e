/* Private to certificate.c (what happens), certificate_store.c (what is asked of the store), and
 * certificate_report.c (what log and status say). */
#ifndef WCP_SUPERVISOR_CERTIFICATE_INTERNAL_H
#define WCP_SUPERVISOR_CERTIFICATE_INTERNAL_H

#include "supervisor/certificate.h"

/* --- certificate_store.c --- */

/* Applies an event, and plans the next attempts. Returns the actions that need the store. */
unsigned certificate_apply(struct certificate *certificate, enum life_event event);
/* Carries out such actions, one after the other, until none is left. */
void certificate_perform(struct certificate *certificate, unsigned actions);
/* Applies what the store has found. Returns the actions that need the store again. */
unsigned certificate_apply_outcome(struct certificate *certificate,
                                   const struct install_outcome *outcome);
/* The options of the next call of the store. */
struct install_options certificate_options(const struct certificate *certificate);

/* --- certificate_report.c --- */

/* A fetch starts: logs it, unless the log is to be quiet about it, because the last one was
 * throttled and the same failure would not be logged. */
void certificate_report_start(const struct certificate *certificate);
/* Counts a failure in `failures`, one of the certificate's two, and logs it. */
void certificate_report_failure(struct certificate *certificate,
                                struct certificate_failures *failures, const struct error *error);
/* Forgets the failures. */
void certificate_clear_failures(struct certificate_failures *failures);
/* The certificate is fresh: logs it, and forgets all failures. */
void certificate_report_fresh(struct certificate *certificate);
/* New files were installed. */
void certificate_report_written(const struct certificate *certificate);

#endif
