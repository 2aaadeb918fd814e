#include "config/arn.h"

bool arn_split(struct str text, struct arn *arn)
{
    struct str scheme;
    struct str *const parts[] = {&scheme, &arn->partition, &arn->service, &arn->region,
                                 &arn->account};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!str_next(&text, ':', parts[i]))
            return false;
    arn->resource = text;
    return text.data != NULL && str_equal(scheme, STR("arn"));
}

static bool is_account(struct str text)
{
    uint64_t number = 0;
    return text.length == 12 && str_to_unsigned(text, UINT64_MAX, &number);
}

/* Checks everything but the region, and splits `text`. */
static bool is_arn_of(struct str text, struct str service, struct str kind, struct arn *arn)
{
    return arn_split(text, arn) && str_consists_of(arn->partition, STR("_-")) &&
           str_equal(arn->service, service) && is_account(arn->account) &&
           str_starts_with(arn->resource, kind) &&
           str_consists_of(str_skip(arn->resource, kind.length), STR("_+=,.@/-"));
}

static bool is_regional_arn_of(struct str text, struct str service, struct str kind)
{
    struct arn arn;
    return is_arn_of(text, service, kind, &arn) && str_consists_of(arn.region, STR("-")) &&
           arn.region.length < 64;
}

bool arn_is_certificate(struct str text)
{
    return is_regional_arn_of(text, STR("acm"), STR("certificate/"));
}

bool arn_is_trust_anchor(struct str text)
{
    return is_regional_arn_of(text, STR("rolesanywhere"), STR("trust-anchor/"));
}

bool arn_is_roles_anywhere_profile(struct str text)
{
    return is_regional_arn_of(text, STR("rolesanywhere"), STR("profile/"));
}

bool arn_is_role(struct str text)
{
    struct arn arn;
    return is_arn_of(text, STR("iam"), STR("role/"), &arn) && arn.region.length == 0;
}
