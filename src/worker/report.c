#include "worker/report.h"

#include "aws/endpoint.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "crypto/crypto.h"

#include <stdlib.h>
#include <unistd.h>

void report_frame(int pipe, struct buf *frame)
{
    bool sent = !frame->failed && write_all(pipe, buf_str(frame));
    buf_free(frame);
    if (!sent)
        _exit(EXIT_FAILURE);
}

static void report_log(void *pipe, enum log_level level, struct str message)
{
    struct buf frame = BUF(LIMIT_LOG_LINE + 64);
    wire_write_log(&frame, level, message);
    report_frame(*(const int *)pipe, &frame);
}

bool report_begin(const struct worker_user *user, pid_t supervisor, int *pipe, struct error *error)
{
    clock_detach_test_file();
    bool entered = sandbox_enter(user, pipe, supervisor, error);
    log_set_sink(report_log, pipe);
    if (entered && !crypto_start_in_child())
        return error_set(error, ERROR_INTERNAL, "cannot start the cryptographic library");
    return entered;
}

void report_stage(int pipe, uint16_t member, const char *activity, const char *object)
{
    char text[URL_HOST_SIZE + 64];
    struct buf frame = BUF(sizeof text + 64);
    size_t length = format_text(text, sizeof text, "%s%s", activity, object);
    wire_write_stage(&frame, member, str_bytes(text, length));
    report_frame(pipe, &frame);
}

void report_failure(int pipe, uint16_t member, const struct error *error)
{
    struct buf frame = BUF(sizeof *error + 64);
    wire_write_failure(&frame, member, error);
    report_frame(pipe, &frame);
}

void report_end(int pipe)
{
    struct buf frame = BUF(16);
    wire_write_done(&frame);
    report_frame(pipe, &frame);
    _exit(EXIT_SUCCESS);
}

bool report_resolve(int pipe, const char *host, struct addresses *addresses, struct error *error)
{
    report_stage(pipe, WHOLE_BATCH, "resolving the name ", host);
    return resolve(host, endpoint_is_awss(host) ? NAME_OF_AWS : NAME_OF_SITE, addresses, error);
}
