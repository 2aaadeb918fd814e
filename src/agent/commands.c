/* The end of a cycle: refresh commands, each distinct one once. Declared in cycle.h. */
#include "agent/cycle.h"
#include "agent/refresh.h"
#include "agent/runtime.h"
#include "base/file.h"
#include "store/install.h"

#include <string.h>

static const struct certificate_config *certificate_of(const struct cycle *cycle, size_t place)
{
    return &cycle->config->certificates[place];
}

/* Another agent may have run it while we waited for the lock. */
static bool is_still_pending(struct cycle *cycle, size_t place)
{
    const struct certificate_config *certificate = certificate_of(cycle, place);
    struct error error = {0};
    bool pending = false;
    if (!install_command_is_pending(certificate, cycle->results[place].generation, &pending,
                                    &error)) {
        error_context(&error, "the refresh command has not been run");
        cycle_fail(cycle, place, &error);
    } else if (!pending) {
        log_info("Refresh command for %s was run by another wcp-tiny meanwhile", certificate->arn);
    }
    return pending;
}

/* The certificates that wait for the same command as the one at `first`. They are no longer pending
 * afterwards. */
static size_t gather(struct cycle *cycle, size_t first, size_t places[LIMIT_CERTIFICATES])
{
    const char *command = certificate_of(cycle, first)->refresh_command;
    size_t count = 0;
    for (size_t i = first; i < cycle->config->certificate_count; i++) {
        struct certificate_result *result = &cycle->results[i];
        if (!result->pending || strcmp(certificate_of(cycle, i)->refresh_command, command) != 0)
            continue;
        result->pending = false;
        if (is_still_pending(cycle, i))
            places[count++] = i;
    }
    return count;
}

static void succeed(struct cycle *cycle, size_t place)
{
    const struct certificate_config *certificate = certificate_of(cycle, place);
    struct error error = {0};
    log_info("Refresh command succeeded for %s", certificate->arn);
    if (!install_command_done(certificate, cycle->results[place].generation, &error))
        log_warn("The refresh command for %s will be run once more: %s", certificate->arn,
                 error.message);
    if (cycle->results[place].state != CERTIFICATE_FAILED)
        log_info("Certificate refresh successful for %s", certificate->arn);
}

static void run_for(struct cycle *cycle, const size_t *places, size_t count)
{
    struct refresh_subject subjects[LIMIT_CERTIFICATES];
    struct error error = {0};
    for (size_t i = 0; i < count; i++) {
        const struct certificate_result *result = &cycle->results[places[i]];
        subjects[i] = (struct refresh_subject){certificate_of(cycle, places[i]), result->why,
                                               result->not_after};
        log_info("Running refresh command for %s: %s", subjects[i].certificate->arn, result->why);
    }
    bool done = refresh_run(subjects, count, &error);
    for (size_t i = 0; i < count; i++) {
        if (done)
            succeed(cycle, places[i]);
        else
            cycle_fail(cycle, places[i], &error);
    }
}

/* The command of the certificate at `place`, for all that wait for it. The lock is held no longer
 * than it runs. */
static void run_command_of(struct cycle *cycle, size_t place, int runtime)
{
    FD_AUTO int lock = -1;
    size_t places[LIMIT_CERTIFICATES];
    struct error error = {0};
    if (!runtime_lock_commands(runtime, &lock, &error)) {
        cycle->results[place].pending = false;
        cycle_fail(cycle, place, &error);
        return;
    }
    size_t count = gather(cycle, place, places);
    if (count > 0)
        run_for(cycle, places, count);
}

void cycle_run_commands(struct cycle *cycle)
{
    FD_AUTO int runtime = -1;
    bool opened = false;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        if (!cycle->results[i].pending)
            continue;
        if (!opened)
            runtime = runtime_open(cycle->config_path, cycle->config);
        opened = true;
        run_command_of(cycle, i, runtime);
    }
}
