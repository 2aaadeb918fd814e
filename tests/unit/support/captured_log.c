#include "captured_log.h"
#include "base/format.h"

#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void keep(void *context, enum log_level level, struct str message)
{
    buf_format(context, "%s %.*s\n", log_level_name(level), (int)message.length, message.data);
}

void capture_log(struct buf *lines)
{
    log_set_level(LOG_LEVEL_DEBUG);
    log_set_sink(keep, lines);
}

void release_log(void)
{
    log_set_level(LOG_LEVEL_INFO);
    log_set_sink(NULL, NULL);
}

static bool was_logged(struct buf *lines, const char *part)
{
    const char *text = buf_text(lines);
    assert_non_null(text);
    return strstr(text, part) != NULL;
}

void assert_logged(struct buf *lines, const char *part)
{
    if (!was_logged(lines, part))
        fail_msg("\"%s\" is not in the log:\n%s", part, buf_text(lines));
}

void assert_not_logged(struct buf *lines, const char *part)
{
    if (was_logged(lines, part))
        fail_msg("\"%s\" is in the log:\n%s", part, buf_text(lines));
}
