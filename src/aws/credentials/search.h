/* The supervisor's search for the credentials that assume the certificates' roles. */
#ifndef WCP_AWS_CREDENTIALS_SEARCH_H
#define WCP_AWS_CREDENTIALS_SEARCH_H

#include "aws/credentials/plan.h"
#include "aws/settings.h"
#include "config/config.h"

/* With edge.roles_anywhere: reads its files (roles_anywhere_load), and searches no further. Else
 * searches these sources, in this order:
 * - AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN;
 * - the profile AWS_PROFILE (or "default") in the credentials file: edge.credentials_file, else
 *   AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials;
 * - the same profile in the config file: AWS_CONFIG_FILE, else ~/.aws/config.
 * The files are read at each call, so that rotated keys are used at once. A file that other users
 * can change is refused; a credentials file that they can read is logged as a warning. A source
 * that is named explicitly but has no credentials is an error; it is not skipped. Also reads the
 * settings of the same profile. False: ERROR_CONFIGURATION or ERROR_DENIED; the message names the
 * sources tried, the name of the plan is empty, and the settings are complete
 * unless they are the reason. The caller frees `plan` and `settings` in every case. */
bool credential_search(const struct config *config, struct credential_plan *plan,
                       struct aws_settings *settings, struct error *error);

/* The paths that credential_search reads, for a file watcher: of the credentials file and the
 * config file, or certificate and key of edge.roles_anywhere. The caller frees the copies. NULL: no
 * path, because HOME is not set. */
void credentials_files(const struct config *config, char *paths[2]);

#endif
