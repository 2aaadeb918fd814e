/* What would keep a certificate's files from being installed, found out without writing anything.
 */
#ifndef WCP_STORE_INSTALL_CHECK_H
#define WCP_STORE_INSTALL_CHECK_H

#include "base/error.h"
#include "config/config.h"

/* Hears of each obstacle; `certificate` is the one concerned. */
typedef void (*install_obstacle)(void *context, const struct certificate_config *certificate,
                                 const struct error *error);

/* Looks at every file of the certificate: its directory exists, without links, and may be written;
 * the target may be replaced; the configured owner and group exist and may be set by this user.
 * Returns how many obstacles were reported; what several files have in common is one. */
size_t install_check(const struct certificate_config *certificate, install_obstacle report,
                     void *context);

#endif
