/* The permissions that the service's user needs for a configuration: rules for sudo, and a drop-in
 * for systemd. */
#ifndef WCP_COMMAND_PERMISSIONS_H
#define WCP_COMMAND_PERMISSIONS_H

#include "base/buf.h"
#include "config/config.h"

#define SERVICE_USER "aws-wcp"
#define SERVICE_GROUP "awscreds"
#define SERVICE_HOME "/opt/aws/workload-credentials-provider"

/* Appends one sudoers(5) rule for each distinct refresh command with its arguments. A command
 * without arguments gets `""`, since a rule without arguments would allow any. */
void permissions_append_sudoers(const struct config *config, struct buf *out);

/* Appends a drop-in for the service. RequiresMountsFor= (systemd.unit(5)): the file systems of the
 * certificates' directories are mounted before it starts. ReadWriteDirectories= (systemd.exec(5)):
 * the same directories, once each and sorted, and its log directory, may be written. There, a
 * directory that does not exist gets a "-", so that systemd ignores it. */
void permissions_append_drop_in(const struct config *config, struct buf *out);

#endif
