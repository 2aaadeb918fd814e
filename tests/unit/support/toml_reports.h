/* For tests of the TOML parser: what it reports, as text. */
#ifndef WCP_TESTS_TOML_REPORTS_H
#define WCP_TESTS_TOML_REPORTS_H

#include "base/buf.h"
#include "base/format.h"
#include "toml/toml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static inline void keep_report(void *context, uint32_t line, uint32_t column, const char *message)
{
    buf_format(context, "%u:%u: %s\n", line, column, message);
}

static inline void assert_errors_of(struct str text, const char *errors)
{
    BUF_AUTO struct buf reported = BUF(65536);
    assert_null(toml_parse(text, keep_report, &reported));
    assert_string_equal(buf_text(&reported), errors);
}

static inline void assert_errors(const char *text, const char *errors)
{
    assert_errors_of(str_from(text), errors);
}

#endif
