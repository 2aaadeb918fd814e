/* The two kinds of Amazon Resource Names that a configuration holds. */
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

/* Splits at the first five colons; false when there are fewer or the first part is not "arn". */
bool arn_split(struct str text, struct arn *arn);

/* ^arn:[\w-]+:acm:REGION:\d{12}:certificate/[\w+=,.@/-]+$, where REGION is letters, digits and
 * hyphens, since it becomes part of a host name. */
bool arn_is_certificate(struct str text);
/* ^arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+$ */
bool arn_is_role(struct str text);

#endif
