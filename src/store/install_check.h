/* Checks whether a certificate's files can be installed, without writing anything. */
#ifndef WCP_STORE_INSTALL_CHECK_H
#define WCP_STORE_INSTALL_CHECK_H

#include "base/error.h"
#include "config/config.h"

/* Receives each obstacle to installing the files of `certificate`. `error` is borrowed for the
 * call. */
typedef void (*install_obstacle)(void *context, const struct certificate_config *certificate,
                                 const struct error *error);

/* Checks for every file of the certificate: its directory exists, its path has no symbolic link,
 * and this user may write there; the file can be replaced; the configured owner and group exist,
 * and this user may set them. Returns the number of reported obstacles. An obstacle of several
 * files in a row counts once. */
size_t install_check(const struct certificate_config *certificate, install_obstacle report,
                     void *context);

#endif
