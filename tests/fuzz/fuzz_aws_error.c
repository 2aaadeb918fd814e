/* Any reply is some failure, in texts that may be shown. The first two bytes choose the status, the
 * third how much of the rest is the header. */
#include "aws/aws_error.h"
#include "base/limits.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_text(const char *text, size_t size)
{
    char printable[ERROR_MESSAGE_SIZE];
    size_t length = strnlen(text, size);
    require(length < size && size <= sizeof printable);
    memcpy(printable, text, length);
    make_printable(printable, length);
    require(memcmp(printable, text, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct aws_failure failure;
    struct error error = {0};
    if (size < 3)
        return 0;
    struct str rest = str_bytes(data + 3, size - 3);
    unsigned status = (unsigned)(data[0] | data[1] << 8) % 1000;
    aws_failure_read(status, str_take(rest, data[2]), str_skip(rest, data[2]), &failure);
    require(failure.status == status);
    check_text(failure.code, sizeof failure.code);
    check_text(failure.message, sizeof failure.message);
    require(strlen(failure.message) <= LIMIT_SERVER_TEXT);
    aws_failure_may_be_clock_skew(&failure);
    require(!aws_failure_to_error(&failure, &error));
    require(error.kind == aws_failure_kind(&failure));
    require(error.kind == ERROR_TRANSIENT || error.kind == ERROR_THROTTLED ||
            error.kind == ERROR_PERMANENT || error.kind == ERROR_DENIED);
    check_text(error.message, sizeof error.message);
    check_text(error.advice, sizeof error.advice);
    require(error.advice[0] != '\0');
    return 0;
}
