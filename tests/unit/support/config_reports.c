#include "config_reports.h"
#include "base/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST_REPORT = 256 * 1024 };

static struct buf report_of(const struct problems *problems)
{
    struct buf report = BUF(LONGEST_REPORT);
    for (size_t i = 0; i < problems->count; i++)
        buf_format(&report, "%u: %s\n", problems->list[i].line, problems->list[i].text);
    assert_non_null(buf_text(&report));
    return report;
}

struct config config_of(const char *text)
{
    struct config config;
    struct problems problems = {0};
    bool taken = config_parse(str_from(text), &config, &problems);
    BUF_AUTO struct buf report = report_of(&problems);
    problems_free(&problems);
    if (!taken)
        fail_msg("%s", buf_text(&report));
    return config;
}

static struct buf errors_of(const char *text)
{
    static const struct config nothing;
    struct config config;
    struct problems problems = {0};
    bool taken = config_parse(str_from(text), &config, &problems);
    struct buf report = report_of(&problems);
    problems_free(&problems);
    if (taken)
        fail_msg("taken: %s", text);
    assert_memory_equal(&config, &nothing, sizeof config);
    return report;
}

void assert_config_errors(const char *text, const char *lines)
{
    BUF_AUTO struct buf report = errors_of(text);
    assert_string_equal(buf_text(&report), lines);
}

void assert_config_error(const char *text, const char *part)
{
    BUF_AUTO struct buf report = errors_of(text);
    if (strstr(buf_text(&report), part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", buf_text(&report), part);
}

void append_certificate(struct buf *text, unsigned number)
{
    buf_format(text,
               "[[capabilities.acm.certificates]]\n"
               "certificate_arn = \"" CERTIFICATE_ARN "%u\"\n"
               "role_arn = \"" ROLE_ARN "\"\n"
               "certificate_path = \"/etc/ssl/%u.crt\"\n"
               "private_key_path = \"/etc/ssl/%u.key\"\n",
               number, number, number);
}
