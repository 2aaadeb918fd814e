/* For tests of the configuration: reading a text, and what is said to be wrong with it. */
#ifndef WCP_TESTS_CONFIG_REPORTS_H
#define WCP_TESTS_CONFIG_REPORTS_H

#include "base/buf.h"
#include "config/config.h"

/* Fails the test when the text is refused. The caller frees the configuration. */
struct config config_of(const char *text);

/* Fails the test unless the text is refused with exactly these lines, "LINE: TEXT\n" each; LINE is
 * 0 for the file as a whole. */
void assert_config_errors(const char *text, const char *lines);
/* The same where only `part` of what is said matters. */
void assert_config_error(const char *text, const char *part);

/* A certificate of which only the number differs: "[[capabilities.acm.certificates]]" and the four
 * required keys, five lines. */
void append_certificate(struct buf *text, unsigned number);

#define CERTIFICATE_ARN "arn:aws:acm:eu-west-1:123456789012:certificate/"
#define ROLE_ARN "arn:aws:iam::123456789012:role/box"

#endif
