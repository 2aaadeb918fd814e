#include "aws/credentials/profile.h"

/* In the order of enum profile_key. */
static const char key_names[] =
    "aws_access_key_id aws_secret_access_key aws_session_token aws_security_token role_arn "
    "source_profile credential_source web_identity_token_file credential_process external_id "
    "role_session_name duration_seconds mfa_serial login_session sso_session sso_start_url "
    "sso_account_id region endpoint_url services ignore_configured_endpoint_urls "
    "use_fips_endpoint use_dualstack_endpoint sts_regional_endpoints ca_bundle max_attempts "
    "retry_mode ec2_metadata_service_endpoint ec2_metadata_service_endpoint_mode "
    "ec2_metadata_v1_disabled";

struct str profile_key_name(enum profile_key key)
{
    return str_word(key_names, key);
}

/* Keys of AWS's SDKs and of the AWS CLI that change nothing here, so that they need no word: they
 * are about other services, about output, or belong to a sign-in by a person, of which others
 * tell. One that ends in "_" stands for all that begin like it. */
static bool is_harmless(struct str key)
{
    static const char harmless[] =
        "output s3 s3api s3control s3_ sso_ cli_ csm_ toolkit_ dynamodb cloudwatch "
        "defaults_mode parameter_validation tcp_keepalive sdk_ua_app_id api_versions request_ "
        "response_ account_id_ aws_account_id auth_scheme_ sigv4a_ endpoint_discovery_enabled "
        "disable_request_compression disable_host_prefix_injection";
    for (size_t i = 0; i < key.length; i++)
        if ((i + 1 == key.length || key.data[i] == '_') &&
            str_find_word(harmless, str_take(key, i + 1)) != SIZE_MAX)
            return true;
    return false;
}

static bool is_quote(char byte)
{
    return byte == '"' || byte == '\'';
}

/* Go's SDK takes the marks away; the others keep them as a part of the value. */
static struct str unquote(struct shared_reader *reader, struct str value)
{
    if (value.length < 2 || !is_quote(value.data[0]) ||
        value.data[value.length - 1] != value.data[0])
        return value;
    shared_reader_warn(reader, value.data,
                       "most SDKs take the quotation marks as a part of the value; remove them");
    return str_skip(str_take(value, value.length - 1), 1);
}

static void store(struct shared_reader *reader, const struct shared_line *line,
                  enum profile_key key, struct profile_value *value)
{
    bool command = key == KEY_CREDENTIAL_PROCESS; /* may begin and end with a quoted word */
    struct profile_value read = {
        .text = command ? line->value : unquote(reader, line->value),
        .place = line->place,
    };
    if (value->text.length > 0 && value->place.path != line->place.path)
        return; /* the credentials file has it */
    if (value->text.length > 0)
        shared_reader_warn(reader, line->key.data,
                           "this replaces line %u, which sets the same key; remove one of them",
                           value->place.line);
    *value = read;
}

static void read_line(struct shared_reader *reader, const struct shared_line *line,
                      struct profile *profile)
{
    bool nested = line->parent.length > 0;
    size_t key = str_find_word(key_names, nested ? line->parent : line->key);
    if (nested && key < PROFILE_KEYS)
        shared_reader_warn_nested(reader, line->key.data);
    else if (nested)
        return;
    else if (key < PROFILE_KEYS)
        store(reader, line, (enum profile_key)key, &profile->values[key]);
    else if (!is_harmless(line->key)) /* the name is not shown: it may be a secret */
        shared_reader_warn(reader, line->key.data,
                           "this is not a key that wcp-tiny knows; it is not used");
}

void profile_read(const struct shared_file files[SHARED_FILES], struct str name,
                  struct profile *profile)
{
    *profile = (struct profile){.name = name};
    for (size_t i = 0; i < SHARED_FILES; i++) {
        struct shared_reader reader;
        struct shared_line line;
        shared_reader_start(&reader, &files[i]);
        while (shared_reader_next(&reader, &line)) {
            if (line.section != SECTION_PROFILE || !str_equal(line.name, name))
                continue;
            profile->found = true;
            if (line.key.length > 0)
                read_line(&reader, &line, profile);
            for (size_t key = 0; line.replaces && line.key.length == 0 && key < PROFILE_KEYS; key++)
                if (profile->values[key].place.path == files[i].path)
                    profile->values[key] = (struct profile_value){0};
        }
    }
}

bool services_endpoint(const struct shared_file *config_file, struct str name, const char *service,
                       struct profile_value *value)
{
    struct shared_reader reader;
    struct shared_line line;
    bool found = false;
    *value = (struct profile_value){0};
    shared_reader_start(&reader, config_file);
    while (shared_reader_next(&reader, &line)) {
        if (line.section != SECTION_SERVICES || !str_equal(line.name, name))
            continue;
        found = true;
        if (str_equal_ignore_case(line.parent, str_from(service)) &&
            str_equal_ignore_case(line.key, STR("endpoint_url")))
            *value =
                (struct profile_value){.text = unquote(&reader, line.value), .place = line.place};
    }
    return found;
}
