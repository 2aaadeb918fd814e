/* wcp-tiny once: refreshes now, then exits. */
#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/json.h"
#include "base/random.h"
#include "command/command.h"
#include "supervisor/machine_ready.h"
#include "supervisor/refresher.h"
#include "supervisor/schedule.h"
#include "worker/sandbox.h"

#include <string.h>
#include <unistd.h>

enum { PAUSE_FIRST_MS = 2000, PAUSE_MOST_MS = 10000 };

/* Waits up to `seconds` until the clock is set and the kernel has random numbers. */
static bool wait_for_machine(uint32_t seconds, struct error *error)
{
    struct deadline deadline = deadline_in((int64_t)seconds * 1000);
    bool logged = false;
    while (machine_check(error) != MACHINE_READY) {
        if (deadline_left_ms(deadline) == 0)
            return false;
        if (!logged)
            log_info("Waiting up to %u s: %s", seconds, error->message);
        logged = true;
        clock_pause(200);
    }
    return true;
}

/* Makes all certificates due, or the one that --only names. False: it names none of them. */
static bool choose_certificates(const struct options *options, struct certificate_list *list)
{
    bool any = options->only == NULL;
    for (size_t i = 0; i < list->config->certificate_count; i++) {
        if (options->only != NULL && strcmp(options->only, list->config->certificates[i].arn) != 0)
            continue;
        life_cycle_next(&list->entries[i].life, LIFE_FETCH_DUE);
        any = true;
    }
    if (!any)
        complain("wcp-tiny once: %s has no certificate %s; check --only", options->config_path,
                 options->only);
    return any;
}

/* Fails all due certificates with `error`. This also finishes interrupted updates. */
static void fail_all(struct certificate_list *list, const struct error *error)
{
    for (size_t i = 0; i < list->config->certificate_count; i++)
        if (list->entries[i].life.fetch == FETCH_DUE)
            certificate_fetch_failed(&list->entries[i], error);
}

static void append_result(struct buf *out, struct certificate *certificate)
{
    certificate_fill_status(certificate);
    const struct certificate_status *status = &certificate->status;
    const char *result = life_cycle_has_failed(&certificate->life)   ? "failed"
                         : certificate->life.result == FETCH_UPDATED ? "updated"
                                                                     : "unchanged";
    buf_append_text(out, "{\"arn\":");
    json_append_string(out, str_from(certificate->config->arn));
    buf_format(out, ",\"result\":\"%s\"", result);
    if (status->not_after > 0) {
        char until[CLOCK_ISO8601_SIZE];
        clock_format_iso8601(status->not_after, until);
        buf_format(out, ",\"not_after\":\"%s\"", until);
    }
    if (status->reason != NULL) {
        buf_append_text(out, ",\"reason\":");
        json_append_string(out, str_from(status->reason));
    }
    buf_append_byte(out, '}');
}

static bool print_json(struct certificate_list *list)
{
    BUF_AUTO struct buf out = BUF(256 * 1024);
    const char *separator = "";
    buf_append_text(&out, "{\"certificates\":[");
    for (size_t i = 0; i < list->config->certificate_count; i++) {
        if (list->entries[i].life.result == FETCH_NOT_TRIED)
            continue;
        buf_append_text(&out, separator);
        append_result(&out, &list->entries[i]);
        separator = ",";
    }
    buf_append_text(&out, "]}\n");
    return !out.failed && write_all(STDOUT_FILENO, buf_str(&out));
}

/* Makes every certificate that has failed due again: its fetch, or what is left to do with its
 * files. */
static void retry_failed(struct certificate_list *list)
{
    for (size_t i = 0; i < list->config->certificate_count; i++) {
        struct certificate *each = &list->entries[i];
        if (!life_cycle_has_failed(&each->life))
            continue;
        if (each->life.result == FETCH_FAILED)
            life_cycle_next(&each->life, LIFE_FETCH_DUE);
        else
            certificate_retry(each);
    }
}

/* The pause before the next round. What AWS throttled waits as long as the resident agent would. */
static uint32_t pause_before(const struct certificate_list *list, unsigned round,
                             int64_t started_ms)
{
    enum error_kind kind = ERROR_TRANSIENT;
    for (size_t i = 0; i < list->config->certificate_count; i++)
        if (life_cycle_has_failed(&list->entries[i].life) &&
            list->entries[i].fetch_failures.kind == ERROR_THROTTLED)
            kind = ERROR_THROTTLED;
    if (kind == ERROR_THROTTLED)
        return (uint32_t)schedule_delay(kind, round, clock_monotonic_ms() - started_ms,
                                        random_below(UINT32_MAX));
    uint32_t pause = (uint32_t)PAUSE_FIRST_MS << (round < 4 ? round : 4);
    return pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS;
}

/* Refreshes all due certificates. With --for, those that fail are tried again, with growing pauses,
 * until the time is over. Returns true when all are fresh. */
static bool refresh_in_time(struct refresher *refresher, uint32_t seconds)
{
    struct deadline latest = {INT64_MAX};
    int64_t started_ms = clock_monotonic_ms();
    if (seconds > 0)
        latest = deadline_in((int64_t)seconds * 1000);
    for (unsigned round = 0; !refresher_run(refresher, latest); round++) {
        if (seconds == 0)
            return false;
        uint32_t pause = pause_before(&refresher->list, round, started_ms);
        if (deadline_left_ms(latest) <= (int)pause) {
            log_error("Not every certificate is fresh after %u s (--for); run it again", seconds);
            return false;
        }
        clock_pause(pause);
        retry_failed(&refresher->list);
    }
    return true;
}

static int refresh_all(const struct options *options, const struct config *config)
{
    struct refresher refresher;
    struct error error = error_none();
    uint32_t patience = options->wait_clock_seconds > options->for_seconds
                            ? options->wait_clock_seconds
                            : options->for_seconds;
    refresher_init(&refresher, config, options->config_path, false);
    refresher.fetches.force = options->force;
    if (!choose_certificates(options, &refresher.list))
        return EXIT_WRONG;
    log_info("ACM Scheduler starting with %zu certificate(s)", config->certificate_count);
    sandbox_warn_of_gaps();
    if (!wait_for_machine(patience, &error))
        fail_all(&refresher.list, &error);
    bool fresh = refresh_in_time(&refresher, options->for_seconds);
    if (options->json && !print_json(&refresher.list)) {
        complain("wcp-tiny once: cannot write the result to stdout");
        fresh = false;
    }
    refresher_free(&refresher);
    return fresh ? EXIT_DONE : EXIT_FAILED;
}

int command_once(const struct options *options)
{
    struct config config;
    int code = EXIT_DONE;
    sandbox_protect_process();
    if (!command_load_config(options, &config, &code))
        return code;
    /* stderr shows errors even with log_level "none". */
    log_set_level(config.log_level == LOG_LEVEL_NONE ? LOG_LEVEL_ERROR : config.log_level);
    if (!config.acm_enabled) {
        complain("ACM is not enabled in %s ([capabilities.acm] enabled = true): nothing to do",
                 options->config_path);
        if (options->json)
            say("{\"certificates\":[]}");
    } else {
        code = refresh_all(options, &config);
    }
    config_free(&config);
    return code;
}
