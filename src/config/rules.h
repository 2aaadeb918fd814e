/* The rules for single values of the configuration. Each rule_… function that returns a message
 * returns NULL when `text` obeys the rule, else a static text that says what is wrong, for example
 * "must not be empty". */
#ifndef WCP_CONFIG_RULES_H
#define WCP_CONFIG_RULES_H

#include "base/str.h"

enum log_destination { LOG_TO_FILE, LOG_TO_STDERR, LOG_TO_SYSLOG };

/* The rules, as the schema names them. */
enum rule {
    RULE_NONE,
    RULE_CERTIFICATE_ARN,
    RULE_ROLE_ARN,
    RULE_TRUST_ANCHOR_ARN,
    RULE_ROLES_ANYWHERE_PROFILE_ARN,
    RULE_EXTERNAL_ID,
    RULE_SESSION_NAME,
    RULE_FILE_PATH,
    RULE_ABSOLUTE_PATH,
    RULE_REFRESH_COMMAND,
    RULE_MODE,
    RULE_ACCOUNT,
    RULE_LOG_LEVEL,
    RULE_LOG_DESTINATION,
    RULE_SERVED_AT,
    RULE_PROXY,
    RULE_REGION,
    RULE_PATH_PREFIX,
    RULE_NOT_EMPTY,
};

/* Checks `text` by a rule. RULE_NONE accepts every text. */
const char *rule_check(enum rule rule, struct str text);
/* Stores the value of a text that obeys `rule` at `place`: a uint16_t for RULE_MODE, an enum for
 * RULE_LOG_LEVEL and RULE_LOG_DESTINATION, and a char * for all others. That is a terminated copy,
 * which the caller frees: a file path is normalised, a command trimmed. Returns false when memory
 * is short. */
bool rule_store(enum rule rule, struct str text, void *place);

const char *rule_certificate_arn(struct str text);
const char *rule_role_arn(struct str text);
const char *rule_trust_anchor_arn(struct str text);
const char *rule_roles_anywhere_profile_arn(struct str text);
/* What AssumeRole accepts: 2 to 1224 letters, digits and _ + = , . @ : / - */
const char *rule_external_id(struct str text);
/* The same: 2 to 64 letters, digits and _ + = , . @ - */
const char *rule_session_name(struct str text);
/* An absolute path of a file without ".." and control characters. The name of the file has
 * at most 200 bytes, so that the longer names of temporary files beside it fit NAME_MAX. It does
 * not end like one of those. */
const char *rule_file_path(struct str text);
/* An absolute path without ".." and control characters. */
const char *rule_absolute_path(struct str text);
/* ^/[a-zA-Z0-9/_\-\. =+@]+$ after trimming, with at most LIMIT_HOOK_WORDS words. The path of the
 * program must not end in '/'. */
const char *rule_refresh_command(struct str text);
/* Octal digits; at most 0777. */
const char *rule_mode(struct str text);
/* A user or group: a number or a portable name, 1 to 32 letters, digits and . _ - $ that do not
 * begin with "-". */
const char *rule_account(struct str text);
const char *rule_log_level(struct str text);
const char *rule_log_destination(struct str text);
/* host:port or [IPv6]:port */
const char *rule_served_at(struct str text);
/* http://[user:password@]host[:port] */
const char *rule_proxy(struct str text);
/* Two words or more of lower-case letters, and a number, joined by hyphens: at most 63 bytes. The
 * message about a zone, as eu-central-1a is one, ends where rule_region_meant is to follow. */
const char *rule_region(struct str text);
/* The region that a zone's name begins with; empty for any other text. */
struct str rule_region_meant(struct str text);
/* Begins with "/". */
const char *rule_path_prefix(struct str text);
/* Not empty, no control character. */
const char *rule_not_empty(struct str text);

/* Returns the value of a mode; `text` must obey rule_mode. */
uint16_t rule_mode_value(struct str text);
/* Returns a terminated copy of a path without empty and "." components; the caller frees it. `text`
 * must obey rule_file_path. Returns NULL when memory is short. */
char *rule_path_normalised(struct str text);

#endif
