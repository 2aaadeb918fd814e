/* The CA bundle: root certificates that replace the built-in ones. */
#ifndef WCP_AWS_CA_BUNDLE_H
#define WCP_AWS_CA_BUNDLE_H

#include "base/buf.h"
#include "base/error.h"

/* Reads the bundle into `pem`, an empty buffer, which stays empty when no bundle is configured. Its
 * path is AWS_CA_BUNDLE, else `configured` (edge.ca_bundle; may be NULL), else `of_profile`
 * (aws_settings; may be NULL). Whoever can change the
 * bundle can pretend to be AWS, so it is protected like credentials (base/who_may_write.h). The
 * supervisor reads it for its workers, whose user need not be able to. It does not parse it. False:
 * the errors of protected_file_read; an empty file is ERROR_CONFIGURATION. */
bool ca_bundle_load(const char *configured, const char *of_profile, struct buf *pem,
                    struct error *error);

#endif
