/* wcp-tiny once: refresh now, then exit. */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "command/command.h"
#include "supervisor/cycle.h"
#include "supervisor/machine_ready.h"
#include "worker/sandbox.h"

#include <string.h>
#include <unistd.h>

/* Waiting for a clock that is not set yet is up to the caller. */
static bool wait_until_ready(uint32_t seconds, struct error *error)
{
    struct deadline deadline = deadline_in((int64_t)seconds * 1000);
    bool said = false;
    while (!machine_is_ready(error)) {
        if (deadline_left_ms(deadline) == 0)
            return false;
        if (!said)
            log_info("Waiting up to %u s: %s", seconds, error->message);
        said = true;
        clock_pause(200);
    }
    return true;
}

/* Asks for the certificates that --only leaves; false when it names none that there is. */
static bool choose(const struct options *options, struct cycle *cycle)
{
    bool any = options->only == NULL;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        const char *arn = cycle->config->certificates[i].arn;
        if (options->only != NULL && strcmp(options->only, arn) != 0)
            continue;
        cycle_ask(cycle, i);
        any = true;
    }
    if (!any)
        complain("wcp-tiny once: %s has no certificate %s; check --only", options->config_path,
                 options->only);
    return any;
}

/* Nothing can be fetched: what an interrupted run left is finished all the same. */
static void refuse_all(struct cycle *cycle, const struct error *error)
{
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        if (cycle->progress[i].asked)
            cycle_refuse(cycle, i, error);
        cycle->progress[i].asked = false;
    }
}

static bool print_json(const struct cycle *cycle)
{
    static const char *const names[] = {
        [CERTIFICATE_UPDATED] = "updated",
        [CERTIFICATE_UNCHANGED] = "unchanged",
        [CERTIFICATE_FAILED] = "failed",
    };
    BUF_AUTO struct buf out = BUF(256 * 1024);
    const char *separator = "";
    buf_append_text(&out, "{\"certificates\":[");
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        const struct certificate_status *status = &cycle->statuses[i];
        enum certificate_state state = cycle->progress[i].state;
        if (state == CERTIFICATE_SKIPPED)
            continue;
        buf_format(&out, "%s{\"arn\":", separator);
        json_append_string(&out, str_from(cycle->config->certificates[i].arn));
        buf_format(&out, ",\"result\":\"%s\"", names[state]);
        if (status->not_after > 0) {
            char until[CLOCK_ISO8601_SIZE];
            clock_format_iso8601(status->not_after, until);
            buf_format(&out, ",\"not_after\":\"%s\"", until);
        }
        if (status->reason != NULL) {
            buf_append_text(&out, ",\"reason\":");
            json_append_string(&out, str_from(status->reason));
        }
        buf_append_byte(&out, '}');
        separator = ",";
    }
    buf_append_text(&out, "]}\n");
    return !out.failed && write_all(STDOUT_FILENO, buf_str(&out));
}

static int refresh_all(const struct options *options, const struct config *config)
{
    struct cycle cycle;
    struct error error = error_none();
    cycle_init(&cycle, config, options->config_path, NULL);
    cycle.force = options->force;
    if (!choose(options, &cycle))
        return EXIT_WRONG;
    log_info("ACM Scheduler starting with %zu certificate(s)", config->certificate_count);
    if (!wait_until_ready(options->wait_clock_seconds, &error))
        refuse_all(&cycle, &error);
    bool fresh = cycle_run(&cycle);
    if (options->json && !print_json(&cycle)) {
        complain("wcp-tiny once: the result cannot be written to stdout");
        fresh = false;
    }
    cycle_free(&cycle);
    return fresh ? EXIT_DONE : EXIT_FAILED;
}

int command_once(const struct options *options)
{
    struct config config;
    int code = EXIT_DONE;
    sandbox_protect_process();
    if (!command_load_config(options, &config, &code))
        return code;
    /* Errors are what a person at the terminal asked for, whatever the log keeps. */
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
