/* What the service's user must be allowed to do, by the configuration: sudo's rules and systemd's
 * drop-in. */
#ifndef WCP_COMMAND_PERMISSIONS_H
#define WCP_COMMAND_PERMISSIONS_H

#include "base/buf.h"
#include "config/config.h"

#define SERVICE_USER "aws-wcp"
#define SERVICE_GROUP "awscreds"
#define SERVICE_HOME "/opt/aws/workload-credentials-provider"

/* One rule for each distinct refresh command, with its arguments; `""` says that there are none,
 * since a rule without any would allow all (sudoers(5)). */
void permissions_append_sudoers(const struct config *config, struct buf *out);

/* The directories that the service writes to, once each and sorted, and its log directory: a unit's
 * ReadWriteDirectories= (systemd.exec(5)). One that is absent is no error to systemd. */
void permissions_append_drop_in(const struct config *config, struct buf *out);

#endif
