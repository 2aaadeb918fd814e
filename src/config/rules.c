#include "config/rules.h"

#include "base/limits.h"
#include "base/log.h"
#include "config/arn.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Temporary files and the journal have longer names than the file beside them. */
    LONGEST_FILE_NAME = 200, /* NAME_MAX less that addition */
    LONGEST_PATH = 3800,     /* PATH_MAX less that addition */
};

/* No endpoint has the name of a zone. */
static const char *rule_region_of_arn(struct str text)
{
    struct arn arn;
    return arn_split(text, &arn) && rule_region_meant(arn.region).length > 0
               ? "names a zone in the place of its region; remove what follows the region's number"
               : NULL;
}

const char *rule_certificate_arn(struct str text)
{
    return arn_is_certificate(text)
               ? rule_region_of_arn(text)
               : "is not the ARN of an ACM certificate; expected "
                 "arn:PARTITION:acm:REGION:ACCOUNT:certificate/ID with a 12-digit account";
}

const char *rule_role_arn(struct str text)
{
    return arn_is_role(text) ? NULL
                             : "is not the ARN of an IAM role; expected "
                               "arn:PARTITION:iam::ACCOUNT:role/NAME with a 12-digit account";
}

const char *rule_trust_anchor_arn(struct str text)
{
    return arn_is_trust_anchor(text) ? rule_region_of_arn(text)
                                     : "is not the ARN of a trust anchor; expected "
                                       "arn:PARTITION:rolesanywhere:REGION:ACCOUNT:trust-anchor/ID";
}

const char *rule_roles_anywhere_profile_arn(struct str text)
{
    return arn_is_roles_anywhere_profile(text)
               ? NULL
               : "is not the ARN of a profile of IAM Roles Anywhere; expected "
                 "arn:PARTITION:rolesanywhere:REGION:ACCOUNT:profile/ID";
}

const char *rule_external_id(struct str text)
{
    return str_consists_of(text, STR("_+=,.@:/-")) && text.length >= 2 && text.length <= 1224
               ? NULL
               : "must be 2 to 1224 letters, digits and _ + = , . @ : / -";
}

const char *rule_session_name(struct str text)
{
    return str_consists_of(text, STR("_+=,.@-")) && text.length >= 2 && text.length <= 64
               ? NULL
               : "must be 2 to 64 letters, digits and _ + = , . @ -";
}

static bool has_control_character(struct str text)
{
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f)
            return true;
    return false;
}

static bool has_component(struct str path, struct str component)
{
    struct str part;
    while (str_next(&path, '/', &part))
        if (str_equal(part, component))
            return true;
    return false;
}

static struct str last_component(struct str path)
{
    size_t start = path.length;
    while (start > 0 && path.data[start - 1] != '/')
        start--;
    return str_skip(path, start);
}

const char *rule_absolute_path(struct str text)
{
    if (text.length == 0 || text.data[0] != '/')
        return "must be an absolute path, one that begins with '/'";
    if (has_control_character(text))
        return "must not contain a control character";
    if (text.length > LONGEST_PATH)
        return "is too long for a path: more than 3800 bytes";
    return has_component(text, STR(".."))
               ? "must not contain '..'; write the directory's canonical path"
               : NULL;
}

const char *rule_file_path(struct str text)
{
    const char *wrong = rule_absolute_path(text);
    struct str name = last_component(text);
    if (wrong != NULL)
        return wrong;
    if (name.length == 0 || str_equal(name, STR(".")))
        return "must name a file, not a directory";
    if (name.length > LONGEST_FILE_NAME)
        return "has a file name of more than 200 bytes";
    static const char *const own[] = {".wcp-new",  ".wcp-old",    ".wcp-journal",
                                      ".wcp-hook", ".wcp-mounts", ".wcp-mounts-new"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (str_ends_with(name, str_from(own[i])))
            return "ends in .wcp-new, .wcp-journal or the like, as only the agent's own files may";
    return NULL;
}

const char *rule_refresh_command(struct str text)
{
    struct str command = str_trim(text);
    if (command.length < 2 || command.data[0] != '/')
        return "must be a command with its full path, one that begins with '/'";
    if (!str_consists_of(command, STR("/_-. =+@")))
        return "may contain only letters, digits, spaces and / _ - . = + @ (it runs without a "
               "shell)";
    size_t words = 0;
    struct str word;
    struct str rest = command;
    struct str program = str_take(command, str_index_of(command, ' '));
    while (str_next(&rest, ' ', &word))
        words += word.length > 0;
    if (words > LIMIT_HOOK_WORDS)
        return "has more than 64 words";
    return str_ends_with(program, STR("/"))
               ? "must name a program, not a directory: its path ends in '/'"
               : NULL;
}

const char *rule_mode(struct str text)
{
    bool octal = text.length > 0;
    unsigned value = 0;
    for (size_t i = 0; i < text.length && octal; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');
        value = value * 8 + digit;
        octal = digit < 8 && value <= 0777;
    }
    return octal ? NULL : "must be an octal mode of at most \"0777\", for example \"0640\"";
}

uint16_t rule_mode_value(struct str text)
{
    unsigned value = 0;
    for (size_t i = 0; i < text.length; i++)
        value = value * 8 + (unsigned)(text.data[i] - '0');
    return (uint16_t)value;
}

const char *rule_account(struct str text)
{
    if (text.length == 0 || text.length > 32 || text.data[0] == '-')
        return "must be the name or the number of an account, 1 to 32 characters";
    return str_consists_of(text, STR("._-$")) ? NULL
                                              : "may contain only letters, digits and . _ - $";
}

const char *rule_log_level(struct str text)
{
    enum log_level level;
    return log_level_parse(text, &level) ? NULL : "must be one of debug, info, warn, error, none";
}

const char *rule_log_destination(struct str text)
{
    bool known = str_equal(text, STR("file")) || str_equal(text, STR("stderr")) ||
                 str_equal(text, STR("syslog"));
    return known ? NULL : "must be one of file, stderr, syslog";
}

/* Checks the characters of a host name or address. Connecting to it will check the rest. */
static bool looks_like_host(struct str host)
{
    return str_consists_of(host, STR(".-_:[]")) && host.length <= 255;
}

const char *rule_served_at(struct str text)
{
    static const char *const wrong = "must be host:port or [IPv6 address]:port, for example "
                                     "\"127.0.0.1:443\"";
    size_t colon = text.length;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    uint64_t port = 0;
    if (colon < 2 || !str_to_unsigned(str_skip(text, colon), 65535, &port) || port == 0)
        return wrong;
    struct str host = str_take(text, colon - 1);
    bool bracketed = str_starts_with(host, STR("[")) && str_ends_with(host, STR("]"));
    bool has_colon = str_holds(host, ':');
    return looks_like_host(host) && bracketed == has_colon ? NULL : wrong;
}

const char *rule_proxy(struct str text)
{
    struct str rest = str_skip(text, str_starts_with(text, STR("https://")) ? 8 : 7);
    if ((!str_starts_with(text, STR("http://")) && !str_starts_with(text, STR("https://"))) ||
        rest.length == 0 || text.length > LIMIT_URL || has_control_character(text))
        return "must be the URL of an HTTP proxy, http[s]://[user:password@]host[:port]";
    return NULL;
}

/* The length of the region that `text` begins with: two words or more, and a number. 0: none. */
static size_t region_length(struct str text)
{
    size_t words = 0;
    for (size_t at = 0; at < text.length; at++, words++) {
        size_t start = at;
        while (at < text.length && is_digit(text.data[at]))
            at++;
        if (at > start)
            return words >= 2 ? at : 0;
        while (at < text.length && text.data[at] >= 'a' && text.data[at] <= 'z')
            at++;
        if (at == start || at == text.length || text.data[at] != '-')
            return 0;
    }
    return 0;
}

struct str rule_region_meant(struct str text)
{
    size_t length = region_length(text);
    return length < text.length ? str_take(text, length) : (struct str){0};
}

const char *rule_region(struct str text)
{
    size_t length = region_length(text);
    if (length > 0 && length == text.length && length < 64)
        return NULL;
    return rule_region_meant(text).length > 0
               ? "names a zone; write its region: "
               : "must be the name of an AWS region, for example \"eu-central-1\"";
}

const char *rule_path_prefix(struct str text)
{
    return str_starts_with(text, STR("/")) ? NULL : "must begin with '/'";
}

const char *rule_not_empty(struct str text)
{
    if (has_control_character(text))
        return "must not contain a control character";
    return text.length > 0 ? NULL : "must not be empty";
}

char *rule_path_normalised(struct str text)
{
    char *path = malloc(text.length + 2);
    size_t length = 0;
    struct str part;
    if (path == NULL)
        return NULL;
    while (str_next(&text, '/', &part)) {
        if (part.length == 0 || str_equal(part, STR(".")))
            continue;
        path[length++] = '/';
        memcpy(path + length, part.data, part.length);
        length += part.length;
    }
    path[length] = '\0';
    return path;
}

const char *rule_check(enum rule rule, struct str text)
{
    static const char *(*const rules[])(struct str text) = {
        [RULE_CERTIFICATE_ARN] = rule_certificate_arn,
        [RULE_ROLE_ARN] = rule_role_arn,
        [RULE_TRUST_ANCHOR_ARN] = rule_trust_anchor_arn,
        [RULE_ROLES_ANYWHERE_PROFILE_ARN] = rule_roles_anywhere_profile_arn,
        [RULE_EXTERNAL_ID] = rule_external_id,
        [RULE_SESSION_NAME] = rule_session_name,
        [RULE_FILE_PATH] = rule_file_path,
        [RULE_ABSOLUTE_PATH] = rule_absolute_path,
        [RULE_REFRESH_COMMAND] = rule_refresh_command,
        [RULE_MODE] = rule_mode,
        [RULE_ACCOUNT] = rule_account,
        [RULE_LOG_LEVEL] = rule_log_level,
        [RULE_LOG_DESTINATION] = rule_log_destination,
        [RULE_SERVED_AT] = rule_served_at,
        [RULE_PROXY] = rule_proxy,
        [RULE_REGION] = rule_region,
        [RULE_PATH_PREFIX] = rule_path_prefix,
        [RULE_NOT_EMPTY] = rule_not_empty,
    };
    return rule == RULE_NONE ? NULL : rules[rule](text);
}

static enum log_destination log_destination_of(struct str text)
{
    return str_equal(text, STR("file"))     ? LOG_TO_FILE
           : str_equal(text, STR("syslog")) ? LOG_TO_SYSLOG
                                            : LOG_TO_STDERR;
}

bool rule_store(enum rule rule, struct str text, void *place)
{
    char **copy = place;
    switch (rule) {
    case RULE_MODE:
        *(uint16_t *)place = rule_mode_value(text);
        return true;
    case RULE_LOG_LEVEL:
        return log_level_parse(text, place);
    case RULE_LOG_DESTINATION:
        *(enum log_destination *)place = log_destination_of(text);
        return true;
    case RULE_FILE_PATH:
        *copy = rule_path_normalised(text);
        return *copy != NULL;
    case RULE_REFRESH_COMMAND:
        text = str_trim(text);
        break;
    default:
        break;
    }
    *copy = str_duplicate(text);
    return *copy != NULL;
}
