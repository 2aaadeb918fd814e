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

/* One or more letters, digits and bytes of `others`. */
static bool consists_of(struct str text, struct str others)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_alphanumeric(text.data[i]) && !str_holds(others, text.data[i]))
            return false;
    return text.length > 0;
}

static bool is_account(struct str text)
{
    uint64_t number = 0;
    return text.length == 12 && str_to_unsigned(text, UINT64_MAX, &number);
}

static bool has_resource(struct str resource, struct str kind)
{
    return str_starts_with(resource, kind) &&
           consists_of(str_skip(resource, kind.length), STR("_+=,.@/-"));
}

bool arn_is_certificate(struct str text)
{
    struct arn arn;
    return arn_split(text, &arn) && consists_of(arn.partition, STR("_-")) &&
           str_equal(arn.service, STR("acm")) && consists_of(arn.region, STR("-")) &&
           arn.region.length < 64 && is_account(arn.account) &&
           has_resource(arn.resource, STR("certificate/"));
}

bool arn_is_role(struct str text)
{
    struct arn arn;
    return arn_split(text, &arn) && consists_of(arn.partition, STR("_-")) &&
           str_equal(arn.service, STR("iam")) && arn.region.length == 0 &&
           is_account(arn.account) && has_resource(arn.resource, STR("role/"));
}
