/* IAM Roles Anywhere: a session of a role for a device's certificate and its key. */
#ifndef WCP_AWS_CREDENTIALS_ROLES_ANYWHERE_H
#define WCP_AWS_CREDENTIALS_ROLES_ANYWHERE_H

#include "aws/client.h"
#include "aws/credentials/plan.h"
#include "config/config.h"
#include "pki/identity.h"

/* For the supervisor: reads certificate, key and passphrase into `plan`, unparsed. Returns false
 * with ERROR_CONFIGURATION when a file is absent, too large, can be changed by others, or, key and
 * passphrase, be read by everybody; with ERROR_DENIED when this user may not read it. */
bool roles_anywhere_load(const struct roles_anywhere_config *config, struct credential_plan *plan,
                         struct error *error);

/* For the worker, before the network is asked, and for commands: parses what roles_anywhere_load
 * has read, and judges it. Wipes the key and the passphrase in `plan`. True for a plan with another
 * source. Errors are those of private_key_read and identity_read. The caller frees `identity` in
 * every case. */
bool roles_anywhere_judge(const struct roles_anywhere_config *config, struct credential_plan *plan,
                          struct identity *identity, struct error *error);

/* Prepares a client for the endpoint in the trust anchor's region, as aws_client_prepare does. */
bool roles_anywhere_prepare(const struct roles_anywhere_config *config,
                            const struct aws_settings *settings, const char *https_proxy,
                            struct aws_client *client, struct error *error);

/* Calls CreateSession. `session_name` may be NULL; a profile must allow it. Errors are those of
 * aws_client_call; ERROR_TRANSIENT for a reply that lacks a value. The caller frees `session`. */
bool roles_anywhere_create_session(struct aws_client *client,
                                   const struct roles_anywhere_config *config,
                                   const struct identity *identity, const char *session_name,
                                   uint32_t duration_seconds, struct credentials *session,
                                   struct error *error);

/* Parses the body of a reply to CreateSession. Public for tests and the fuzzer. */
bool roles_anywhere_read_reply(struct str body, const char *role_arn, struct credentials *session,
                               struct error *error);

#endif
