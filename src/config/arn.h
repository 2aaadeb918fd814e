/* Amazon Resource Names of the kinds in a configuration. */
#ifndef WCP_CONFIG_ARN_H
#define WCP_CONFIG_ARN_H

#include "base/str.h"

/* The parts of arn:partition:service:region:account:resource, borrowed. */
struct arn {
    struct str partition;
    struct str service;
    struct str region;
    struct str account;
    struct str resource;
};

/* Splits `text` at its first five colons. Returns false when there are fewer, or the first part is
 * not "arn". */
bool arn_split(struct str text, struct arn *arn);

/* Returns true for ^arn:[\w-]+:acm:REGION:\d{12}:certificate/[\w+=,.@/-]+$, where REGION is 1 to 63
 * letters, digits and hyphens: it becomes part of a host name. */
bool arn_is_certificate(struct str text);
/* Returns true for ^arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+$ */
bool arn_is_role(struct str text);
/* Return true for the ARN of a trust anchor or a profile of IAM Roles Anywhere:
 * ^arn:[\w-]+:rolesanywhere:REGION:\d{12}:KIND/[\w+=,.@/-]+$, where KIND is "trust-anchor" or
 * "profile". */
bool arn_is_trust_anchor(struct str text);
bool arn_is_roles_anywhere_profile(struct str text);

#endif
