/* The end of a certificate's way: refresh commands, each distinct one once, one at a time. Declared
 * in cycle.h. */
#include "base/file.h"
#include "store/install.h"
#include "supervisor/cycle.h"
#include "supervisor/run_directory.h"

#include <string.h>
#include <sys/wait.h>

enum { LOCK_RETRY_MS = 1000 };

void commands_fail(struct cycle *cycle, size_t place, const struct error *error)
{
    cycle->statuses[place].hook_pending = true;
    cycle_fail(cycle, place, error);
    cycle_tell_settled(cycle, place, ERROR_TRANSIENT);
}

/* Another agent may have run it while we waited for the lock. */
static bool is_still_pending(struct cycle *cycle, size_t place)
{
    const struct certificate_config *certificate = cycle_certificate(cycle, place);
    struct error error = error_none();
    bool pending = false;
    if (cycle->progress[place].unconditional)
        return true;
    if (!install_hook_is_pending(certificate, cycle->progress[place].generation, &pending,
                                 &error)) {
        error_context(&error, "the refresh command has not been run");
        commands_fail(cycle, place, &error);
    } else if (!pending) {
        log_info("Refresh command for %s was run by another wcp-tiny meanwhile", certificate->arn);
        cycle->statuses[place].hook_pending = false;
        cycle_succeed(cycle, place);
        cycle_tell_settled(cycle, place, ERROR_NONE);
    }
    return pending;
}

static bool share_command(const struct cycle *cycle, size_t a, size_t b)
{
    const char *first = cycle_certificate(cycle, a)->refresh_command;
    const char *second = cycle_certificate(cycle, b)->refresh_command;
    return first != NULL && second != NULL && strcmp(first, second) == 0;
}

/* What changes in the same minute is taken up together: true while a certificate with the same
 * command is on its way. */
static bool has_company_to_come(const struct cycle *cycle, size_t place, struct deadline *wake)
{
    struct deadline patience = cycle->progress[place].gathering;
    if (deadline_left_ms(patience) == 0)
        return false;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        bool on_its_way = cycle->progress[i].asked || cycle->progress[i].fetching;
        if (on_its_way && share_command(cycle, place, i)) {
            *wake = deadline_earlier(*wake, patience);
            return true;
        }
    }
    return false;
}

/* The first certificate whose command may run now; SIZE_MAX: none. `*waiting`: one will. */
static size_t next_command(const struct cycle *cycle, bool *waiting, struct deadline *wake)
{
    *waiting = false;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        if (!cycle->progress[i].pending)
            continue;
        *waiting = true;
        if (!has_company_to_come(cycle, i, wake))
            return i;
    }
    return SIZE_MAX;
}

/* The certificates that wait for the same command as `first`. They are no longer pending
 * afterwards. */
static void gather(struct cycle *cycle, size_t first)
{
    struct command_job *job = &cycle->job;
    job->count = 0;
    for (size_t i = 0; i < cycle->config->certificate_count; i++) {
        if (!cycle->progress[i].pending || !share_command(cycle, first, i))
            continue;
        cycle->progress[i].pending = false;
        memcpy(cycle->progress[i].running, cycle->progress[i].generation, GENERATION_SIZE);
        if (is_still_pending(cycle, i))
            job->places[job->count++] = i;
    }
}

void commands_let_go(struct cycle *cycle)
{
    struct command_job *job = &cycle->job;
    close_descriptor(&job->lock);
    job->lock = -1;
    job->count = 0;
    job->try_again_at = 0;
    job->state = JOB_NONE;
}

bool commands_concern(const struct cycle *cycle, size_t certificate)
{
    for (size_t i = 0; i < cycle->job.count; i++)
        if (cycle->job.places[i] == certificate)
            return true;
    return false;
}

void commands_ask(struct cycle *cycle, size_t certificate, const char *why)
{
    struct certificate_progress *progress = &cycle->progress[certificate];
    progress->pending = true;
    progress->unconditional = true;
    progress->why = why;
    cycle->statuses[certificate].hook_pending = true;
    progress->gathering = deadline_in(LIMIT_HOOK_GATHER_MS);
}

void commands_succeed(struct cycle *cycle, size_t certificate)
{
    struct certificate_progress *progress = &cycle->progress[certificate];
    struct error error = error_none();
    if (cycle->job.after_command && !progress->unconditional &&
        !install_hook_done(cycle_certificate(cycle, certificate), progress->running, &error))
        log_warn("The refresh command for %s will be run once more: %s",
                 cycle_certificate(cycle, certificate)->arn, error.message);
    /* A fetch meanwhile may have found this very command still to run, or changed the files again.
     */
    if (strcmp(progress->generation, progress->running) == 0)
        progress->pending = false;
    cycle->statuses[certificate].hook_pending = progress->pending;
    if (progress->pending)
        return;
    progress->unconditional = false;
    cycle_succeed(cycle, certificate);
    cycle_tell_settled(cycle, certificate, ERROR_NONE);
}

/* The command has ended: it is done when the servers present what is installed, too. */
static void end_command(struct cycle *cycle, bool done, const struct error *error)
{
    struct command_job *job = &cycle->job;
    for (size_t i = 0; i < job->count; i++) {
        if (done)
            log_info("Refresh command succeeded for %s",
                     cycle_certificate(cycle, job->places[i])->arn);
        else
            commands_fail(cycle, job->places[i], error);
    }
    job->after_command = true;
    if (done)
        looks_start(cycle, (struct served_patience){LIMIT_SERVED_MS, true});
    else
        commands_let_go(cycle);
}

static void start_job(struct cycle *cycle)
{
    struct command_job *job = &cycle->job;
    struct hook_subject subjects[LIMIT_CERTIFICATES];
    struct error error = error_none();
    for (size_t i = 0; i < job->count; i++) {
        size_t place = job->places[i];
        subjects[i] =
            (struct hook_subject){cycle_certificate(cycle, place), cycle->progress[place].why,
                                  cycle->statuses[place].not_after};
        log_info("Running refresh command for %s: %s", subjects[i].certificate->arn,
                 cycle->progress[place].why);
    }
    job->state = JOB_COMMAND;
    job->started_ms = clock_monotonic_ms();
    if (!hook_start(&job->refresh, subjects, job->count, &error))
        end_command(cycle, false, &error);
}

/* Takes the lock, or comes back later. False: it cannot be had, `error` says why. */
static bool take_lock(struct cycle *cycle, struct error *error)
{
    struct command_job *job = &cycle->job;
    FD_AUTO int runtime = run_directory_open(cycle->config_path, cycle->config);
    if (!run_directory_lock_hooks(runtime, &job->lock, error))
        return false;
    if (job->lock >= 0)
        return true;
    if (job->try_again_at == 0)
        job->patience = deadline_in(LIMIT_HOOK_MS + 2 * LIMIT_HOOK_GRACE_MS);
    job->try_again_at = clock_monotonic_ms() + LOCK_RETRY_MS;
    return deadline_left_ms(job->patience) > 0 ||
           error_refuse(error, ERROR_TRANSIENT, "if another wcp-tiny hangs (ps), end it",
                        "another process has held the lock on the refresh commands for %u s",
                        (unsigned)LIMIT_HOOK_MS / 1000);
}

/* The lock is held no longer than the command runs. */
static void begin(struct cycle *cycle, size_t place)
{
    struct command_job *job = &cycle->job;
    struct error error = error_none();
    if (!take_lock(cycle, &error)) {
        cycle->progress[place].pending = false;
        job->try_again_at = 0;
        commands_fail(cycle, place, &error);
        return;
    }
    if (job->lock < 0)
        return;
    gather(cycle, place);
    if (job->count > 0)
        start_job(cycle);
    else
        commands_let_go(cycle);
}

/* A command that was given up may end after all. */
static void reap_abandoned(struct command_job *job)
{
    if (job->abandoned != 0 && waitpid(job->abandoned, NULL, WNOHANG) != 0)
        job->abandoned = 0;
}

bool commands_prepare(struct cycle *cycle, struct pollfd *event, struct deadline *wake)
{
    struct command_job *job = &cycle->job;
    bool waiting = true;
    size_t place = SIZE_MAX;
    reap_abandoned(job);
    while (job->state == JOB_NONE && clock_monotonic_ms() >= job->try_again_at &&
           (place = next_command(cycle, &waiting, wake)) != SIZE_MAX)
        begin(cycle, place);
    /* A look may end at once and ask for a command. */
    if (job->state == JOB_NONE && looks_begin(cycle) && job->state == JOB_NONE) {
        *wake = deadline_in(0);
        waiting = true;
    }
    *event = (struct pollfd){.fd = -1, .events = POLLIN};
    if (job->state == JOB_NONE && job->try_again_at > 0) {
        *wake = deadline_earlier(*wake, (struct deadline){job->try_again_at});
    } else if (job->state == JOB_COMMAND) {
        *wake = deadline_earlier(*wake, hook_next_look(&job->refresh));
        event->fd = job->refresh.output;
    } else if (job->state == JOB_LOOK) {
        *wake = deadline_earlier(*wake, job->served->batch.deadline);
        event->fd = job->served->batch.pipe;
    }
    return job->state != JOB_NONE || waiting;
}

static void go_on_with_command(struct cycle *cycle, bool readable)
{
    struct command_job *job = &cycle->job;
    struct error error = error_none();
    int status = 0;
    if (readable)
        hook_receive(&job->refresh);
    bool ended = hook_reap(&job->refresh, &status);
    if (!ended && (deadline_left_ms(job->refresh.deadline) > 0 || hook_expire(&job->refresh)))
        return;
    if (!ended)
        job->abandoned = job->refresh.pid;
    log_debug("The refresh command ran for %lld ms",
              (long long)(clock_monotonic_ms() - job->started_ms));
    end_command(cycle, hook_finish(&job->refresh, ended, status, &error), &error);
}

void commands_go_on(struct cycle *cycle, const struct pollfd *event)
{
    if (cycle->job.state == JOB_COMMAND)
        go_on_with_command(cycle, event->revents != 0);
    else if (cycle->job.state == JOB_LOOK)
        looks_go_on(cycle, event->revents != 0);
}

void commands_free(struct cycle *cycle)
{
    struct command_job *job = &cycle->job;
    if (job->state == JOB_COMMAND)
        log_info("The refresh command for %s is left to finish by itself; it counts as pending",
                 job->refresh.arn);
    hook_forget(&job->refresh);
    looks_stop(cycle);
    commands_let_go(cycle);
}
