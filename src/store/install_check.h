/* Checks whether a certificate's files can be installed, without writing anything. */
#ifndef WCP_STORE_INSTALL_CHECK_H
#define WCP_STORE_INSTALL_CHECK_H

#include "base/error.h"
#include "config/config.h"

/* Receives each obstacle to installing the files of `certificate`. `error` is borrowed for the
 * call. */
typedef void (*install_obstacle)(void *context, const struct certificate_config *certificate,
                                 const struct error *error);

/* Asks target_preflight for every file of the certificate, and mounts_check, as a replacement does.
 * Returns the number of reported obstacles. An obstacle of several files in a row counts once. */
size_t install_check(const struct certificate_config *certificate, install_obstacle report,
                     void *context);

/* Reports each file of the certificate that is a symbolic link, which a replacement turns into a
 * file: no obstacle, but a surprise. Returns their number. */
size_t install_check_links(const struct certificate_config *certificate, install_obstacle report,
                           void *context);

#endif
