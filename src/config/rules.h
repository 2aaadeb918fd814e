/* The rules that single values of the configuration obey. Each returns NULL when `text` is fine,
 * else what is wrong with it. */
#ifndef WCP_CONFIG_RULES_H
#define WCP_CONFIG_RULES_H

#include "base/str.h"

enum log_destination { LOG_TO_FILE, LOG_TO_STDERR, LOG_TO_SYSLOG };

/* The rules by name, as the schema's tables hold them. */
enum rule {
    RULE_NONE,
    RULE_CERTIFICATE_ARN,
    RULE_ROLE_ARN,
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

/* Applies the rule of that name; RULE_NONE takes every text. */
const char *rule_check(enum rule rule, struct str text);
/* Stores what a text that obeys `rule` stands for: a mode as uint16_t, a log's level and
 * destination as their enums, any other as a terminated copy (a path normalised, a command trimmed)
 * that the owner of the place frees. False when memory is short. */
bool rule_keep(enum rule rule, struct str text, void *place);

const char *rule_certificate_arn(struct str text);
const char *rule_role_arn(struct str text);
/* Absolute, names a file, no "..", no control character, name short enough for the temporary files
 * beside it. */
const char *rule_file_path(struct str text);
const char *rule_absolute_path(struct str text);
/* ^/[a-zA-Z0-9/_\-\. =+@]+$ after trimming, and the program's path does not end in '/'. */
const char *rule_refresh_command(struct str text);
/* Octal digits, at most 0777. */
const char *rule_mode(struct str text);
/* A user or group: a name of the portable kind, or a number. */
const char *rule_account(struct str text);
const char *rule_log_level(struct str text);
const char *rule_log_destination(struct str text);
/* host:port or [IPv6]:port */
const char *rule_served_at(struct str text);
/* http://[user:password@]host[:port] */
const char *rule_proxy(struct str text);
const char *rule_region(struct str text);
const char *rule_path_prefix(struct str text);
const char *rule_not_empty(struct str text);

/* The mode's value; `text` obeys rule_mode. */
uint16_t rule_mode_value(struct str text);
/* A terminated copy of a path that obeys rule_file_path without "//", "/./" and the like; NULL when
 * memory is short. */
char *rule_path_normalised(struct str text);

#endif
