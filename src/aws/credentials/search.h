/* The supervisor's search for the credentials that assume the certificates' roles. */
#ifndef WCP_AWS_CREDENTIALS_SEARCH_H
#define WCP_AWS_CREDENTIALS_SEARCH_H

#include "aws/credentials/plan.h"
#include "aws/settings.h"
#include "config/config.h"

/* With edge.roles_anywhere: reads its files (roles_anywhere_load), and searches no further. Else
 * searches these places, in the order of AWS's SDKs, but only those of config->credential_places:
 * - the environment: AWS_ACCESS_KEY_ID and what belongs to it;
 * - the profile AWS_PROFILE (or "default") and its chain (chain.h), in the credentials file
 *   (edge.credentials_file, else AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials) and the
 *   config file (AWS_CONFIG_FILE, else ~/.aws/config);
 * - a web identity token, a container's endpoint, instance metadata (variables.h).
 * The files are read at each call, so that rotated keys are used at once. A file that other users
 * can change is refused; a credentials file that they can read is logged as a warning, and so is
 * what an SDK would not read in the shared files (shared_file.h), once. A place that is configured
 * but unusable is an error; it is not skipped. Instance metadata is asked later: it ends the search
 * unless it is disabled. Also reads the settings of the same profile. False: ERROR_CONFIGURATION or
 * ERROR_DENIED, or another error of file_read; the message names the places tried; the settings are
 * complete unless they are the reason, and the plan has no name, but its files. The caller frees
 * `plan` and `settings` in every case. */
bool credential_search(const struct config *config, struct credential_plan *plan,
                       struct aws_settings *settings, struct error *error);

#endif
