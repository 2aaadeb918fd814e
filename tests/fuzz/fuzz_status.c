/* Any bytes are a status file, whose contents are shown as JSON that is read alike and as metrics
 * of whole lines, or they are refused. */
#include "base/file.h"
#include "base/format.h"
#include "status/status.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool read_bytes(struct str bytes, struct status_report *report)
{
    char path[32];
    struct error error;
    int file = memfd_create("status", MFD_CLOEXEC);
    format_text(path, sizeof path, "/proc/self/fd/%d", file);
    require(file >= 0 && write_all(file, bytes));
    bool read = status_read(path, report, &error);
    close(file);
    return read;
}

static void check_lines(struct str text)
{
    struct str line;
    while (str_next_line(&text, &line))
        require(str_starts_with(line, STR("wcp_")) || str_starts_with(line, STR("# ")));
}

static void show(const struct status_report *report)
{
    struct status_report again;
    BUF_AUTO struct buf json = BUF(16 * LIMIT_STATUS_FILE);
    BUF_AUTO struct buf once_more = BUF(16 * LIMIT_STATUS_FILE);
    BUF_AUTO struct buf metrics = BUF(32 * LIMIT_STATUS_FILE);
    status_append_metrics(&metrics, report);
    status_append_json(&json, report, 1781150706);
    require(!metrics.failed && !json.failed);
    check_lines(buf_str(&metrics));
    if (json.length <= LIMIT_STATUS_FILE) {
        require(read_bytes(buf_str(&json), &again));
        status_append_json(&once_more, &again, 1781150706);
        require(str_equal(buf_str(&json), buf_str(&once_more)));
        status_free(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct status_report report;
    if (read_bytes(str_bytes(data, size), &report))
        show(&report);
    status_free(&report);
    return 0;
}
