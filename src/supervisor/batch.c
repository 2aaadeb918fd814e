#include "supervisor/batch.h"

#include "aws/ca_bundle.h"
#include "aws/credentials/search.h"
#include "base/format.h"
#include "base/process.h"
#include "store/lock.h"
#include "supervisor/credential_command.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    NO_MEMBER = -1,
    READ_STEP = 16 * 1024,
    READS_PER_CALL = 64, /* then other batches are served, and the deadline is checked */
    MOST_FRAMES = 20000,
};

void batch_init(struct batch *batch, const struct config *config, const size_t *indexes,
                size_t count, const struct worker_user *user, const struct batch_listener *listener)
{
    *batch = (struct batch){.config = config,
                            .listener = listener,
                            .user = *user,
                            .work = worker_run,
                            .needs_ca_bundle = true,
                            .count = count,
                            .pipe = -1};
    batch->input = BUF_SECRET(LIMIT_FRAME + 2 * READ_STEP);
    memcpy(batch->members, indexes, count * sizeof *indexes);
}

static void report_failure(struct batch *batch, size_t member, const struct error *error)
{
    if (batch->reported[member])
        return;
    batch->reported[member] = true;
    batch->listener->failure(batch->listener->context, batch->members[member], error);
}

static void report_all_failed(struct batch *batch, const struct error *error)
{
    for (size_t i = 0; i < batch->count; i++)
        report_failure(batch, i, error);
}

struct worker_start {
    worker_work work;
    const struct worker_task *task;
};

static int run_worker(void *context, int end)
{
    const struct worker_start *start = context;
    start->work(start->task, end);
    return 0;
}

static bool fork_worker(struct batch *batch, struct buf *ca_bundle, struct error *error)
{
    const struct certificate_config *certificates[LIMIT_CERTIFICATES];
    for (size_t i = 0; i < batch->count; i++)
        certificates[i] = &batch->config->certificates[batch->members[i]];
    const struct worker_task task = {
        .config = batch->config,
        .certificates = certificates,
        .count = batch->count,
        .settings = &batch->settings,
        .plan = &batch->plan,
        .ca_bundle = ca_bundle,
        .user = batch->user,
        .supervisor = getpid(),
        .resident = batch->resident,
        .patience = batch->patience,
    };
    struct worker_start start = {batch->work, &task};
    batch->deadline =
        deadline_in(LIMIT_BATCH_MS + (int64_t)batch->count * LIMIT_BATCH_PER_CERTIFICATE_MS);
    batch->pid = process_start(run_worker, &start, &batch->pipe, error);
    return batch->pid > 0;
}

/* Only a worker needs them from here on. */
static void forget_credentials(struct batch *batch)
{
    credential_plan_free(&batch->plan);
    aws_settings_free(&batch->settings);
}

/* Ends the start of the batch: true when it has a process. */
static bool end_start(struct batch *batch, bool started, const struct error *error)
{
    if (started)
        return true;
    batch->pid = 0;
    forget_credentials(batch);
    report_all_failed(batch, error);
    return false;
}

static bool launch_worker(struct batch *batch)
{
    BUF_AUTO struct buf ca_bundle = {0};
    struct error error = error_none();
    bool started =
        (!batch->needs_ca_bundle ||
         ca_bundle_load(batch->config->ca_bundle, batch->settings.ca_bundle, &ca_bundle, &error)) &&
        fork_worker(batch, &ca_bundle, &error);
    if (started)
        forget_credentials(batch);
    return end_start(batch, started, &error);
}

/* Says why there are no credentials, and goes on without when the work can. */
static bool launch_without_credentials(struct batch *batch, const struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_LOG_LINE);
    if (batch->credentials == BATCH_CREDENTIALS_REQUIRED)
        return end_start(batch, false, error);
    buf_format(&text, "credentials: %s; %s", error->message, error_advice(error));
    const struct frame step = {.type = FRAME_STEP, .verdict = STEP_FAIL, .text = buf_str(&text)};
    batch->listener->other(batch->listener->context, SIZE_MAX, &step);
    credential_plan_free(&batch->plan);
    return launch_worker(batch);
}

static bool launch_command(struct batch *batch)
{
    struct error error = error_none();
    if (!credential_command_start(&batch->plan, &batch->pid, &batch->pipe, &error))
        return launch_without_credentials(batch, &error);
    batch->is_command = true;
    format_text(batch->activity, sizeof batch->activity, "running the %s", batch->plan.name);
    batch->deadline = deadline_in(2 * LIMIT_COMMAND_MS); /* the runner ends it in time */
    return true;
}

bool batch_start(struct batch *batch)
{
    struct error error = error_none();
    batch->current = NO_MEMBER;
    batch->done = false;
    batch->kill_reason = NULL;
    batch->started_ms = clock_monotonic_ms();
    batch->received = 0;
    format_text(batch->activity, sizeof batch->activity, "starting");
    if (batch->credentials != BATCH_CREDENTIALS_UNUSED &&
        !credential_search(batch->config, &batch->plan, &batch->settings, &error)) {
        if (batch->credentials == BATCH_CREDENTIALS_REQUIRED)
            return end_start(batch, false, &error);
        credential_plan_free(&batch->plan);
    }
    return batch->plan.source == SOURCE_COMMAND ? launch_command(batch) : launch_worker(batch);
}

static void log_source(const struct frame *frame)
{
    char end[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(frame->not_after, end);
    log_debug("Credentials from %.*s, %s%s", (int)frame->text.length, frame->text.data,
              frame->not_after == 0 ? "which say no end" : "until ",
              frame->not_after == 0 ? "" : end);
}

static void handle_frame(struct batch *batch, const struct frame *frame)
{
    const struct batch_listener *listener = batch->listener;
    switch (frame->type) {
    case FRAME_LOG:
        log_message(frame->level, "%.*s", (int)frame->text.length, frame->text.data);
        break;
    case FRAME_STAGE:
        format_text(batch->activity, sizeof batch->activity, "%.*s", (int)frame->text.length,
                    frame->text.data);
        batch->current = frame->member == WHOLE_BATCH ? NO_MEMBER : frame->member;
        if (batch->current != NO_MEMBER && !batch->reported[frame->member] &&
            listener->started != NULL)
            listener->started(listener->context, batch->members[frame->member]);
        break;
    case FRAME_BUNDLE:
        if (batch->reported[frame->member] || listener->bundle == NULL)
            break;
        batch->reported[frame->member] = true;
        listener->bundle(listener->context, batch->members[frame->member], frame);
        break;
    case FRAME_FAILURE:
        if (frame->member == WHOLE_BATCH)
            report_all_failed(batch, &frame->error);
        else
            report_failure(batch, frame->member, &frame->error);
        break;
    case FRAME_SERVED:
        if (batch->reported[frame->member] || listener->other == NULL)
            break;
        batch->reported[frame->member] = frame->verdict == SERVED_SAME;
        listener->other(listener->context, batch->members[frame->member], frame);
        break;
    case FRAME_CREDENTIALS:
        log_source(frame);
        /* fall through */
    case FRAME_STEP:
        if (listener->other != NULL)
            listener->other(listener->context, SIZE_MAX, frame);
        break;
    case FRAME_DONE:
        batch->done = true;
        break;
    }
}

/* Kills a worker that sent an invalid report or takes too long, and records the reason. */
static void kill_worker(struct batch *batch, const char *why)
{
    batch->kill_reason = why;
    if (batch->is_command)
        credential_command_kill(batch->pid);
    else if (batch->pid > 0)
        kill(batch->pid, SIGKILL);
}

/* Handles every complete frame in the input. False: a frame is invalid. Installing a bundle may
 * take a second on a slow disk, so an agent that is told to stop leaves the rest. */
static bool handle_frames(struct batch *batch)
{
    struct frame frame;
    size_t used = 0;
    size_t total = 0;
    enum wire_status status = WIRE_FRAME;
    while (status == WIRE_FRAME && !batch->done && !stop_is_pending()) {
        struct str rest = str_skip(buf_str(&batch->input), total);
        status = wire_read(rest, batch->count, &frame, &used);
        if (status == WIRE_FRAME && ++batch->frames > MOST_FRAMES)
            status = WIRE_GARBAGE;
        if (status != WIRE_FRAME)
            break;
        handle_frame(batch, &frame);
        wipe(&frame, sizeof frame);
        total += used;
    }
    buf_consume(&batch->input, total);
    return status != WIRE_GARBAGE;
}

bool batch_receive(struct batch *batch)
{
    for (unsigned reads = 0; reads < READS_PER_CALL; reads++) {
        if (!buf_reserve(&batch->input, READ_STEP)) {
            kill_worker(batch, "out of memory for its reports");
            return false;
        }
        ssize_t got = read(batch->pipe, batch->input.data + batch->input.length, READ_STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN;
        if (got == 0)
            return false;
        batch->input.length += (size_t)got;
        batch->received += (uint64_t)got;
        if (!batch->is_command && !handle_frames(batch)) {
            kill_worker(batch, "it sent an invalid report");
            return false;
        }
    }
    return true;
}

void batch_expire(struct batch *batch)
{
    kill_worker(batch, "it exceeded the time limit of a batch");
}

/* Sets the error of members that the worker did not report: how it ended, and during which
 * activity. */
static void explain_death(const struct batch *batch, int status, struct error *error)
{
    const char *advice = "if it happens again, report it with this log";
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (batch->kill_reason != NULL) {
        error_set(error, ERROR_TRANSIENT, "the worker was killed while %s: %s", batch->activity,
                  batch->kill_reason);
    } else if (number == SIGSYS) {
        error_set(error, ERROR_INTERNAL,
                  "the worker was killed for a system call that its sandbox forbids, while %s",
                  batch->activity);
        advice = "update wcp-tiny and check the network path to the server: this is a defect, "
                 "perhaps an attack; report it with this log";
    } else if (number != 0) {
        error_set(error, ERROR_INTERNAL, "the worker was killed by signal %d while %s", number,
                  batch->activity);
        if (number == SIGKILL)
            advice =
                "see dmesg: the kernel does so when memory is short; else report it with this log";
    } else {
        error_set(error, ERROR_INTERNAL, "the worker exited with status %d while %s",
                  WIFEXITED(status) ? WEXITSTATUS(status) : -1, batch->activity);
    }
    error_advise(error, "%s", advice);
}

/* Removes the reported members. False when none is left. */
static bool retain_unreported(struct batch *batch)
{
    size_t kept = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (!batch->reported[i])
            batch->members[kept++] = batch->members[i];
    memset(batch->reported, 0, sizeof batch->reported);
    batch->count = kept;
    return kept > 0;
}

/* Kills and reaps the worker. Returns wait(2)'s status. The signal does not change the status of a
 * worker that is already exiting, and ends one that only closed its pipe. */
static int reap_worker(struct batch *batch)
{
    int status = 0;
    if (batch->pid > 0) {
        kill(batch->pid, SIGKILL);
        while (waitpid(batch->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    if (batch->pipe >= 0)
        close(batch->pipe);
    log_debug("%s %d ended: %u reports, %llu bytes, %lld ms",
              batch->is_command ? "Command" : "Worker", (int)batch->pid, batch->frames,
              (unsigned long long)batch->received,
              (long long)(clock_monotonic_ms() - batch->started_ms));
    batch->pid = 0;
    batch->pipe = -1;
    batch->is_command = false;
    buf_free(&batch->input);
    return status;
}

void batch_abandon(struct batch *batch)
{
    if (batch->is_command)
        credential_command_kill(batch->pid);
    reap_worker(batch);
    forget_credentials(batch);
}

static bool end_command(struct batch *batch)
{
    struct error error = error_none();
    bool done = batch->kill_reason == NULL &&
                credential_command_finish(buf_str(&batch->input), &batch->plan, &error);
    if (batch->kill_reason != NULL)
        error_set(&error, ERROR_TRANSIENT, "%s was killed: %s", batch->plan.name,
                  batch->kill_reason);
    if (!done)
        credential_command_kill(batch->pid);
    reap_worker(batch);
    return done ? launch_worker(batch) : launch_without_credentials(batch, &error);
}

bool batch_end(struct batch *batch)
{
    struct error error = error_none();
    if (batch->is_command)
        return end_command(batch);
    int status = reap_worker(batch);
    if (batch->done && WIFEXITED(status) && WEXITSTATUS(status) == 0 && batch->kill_reason == NULL)
        error_set(&error, ERROR_INTERNAL, "the worker did not report this certificate");
    else
        explain_death(batch, status, &error);
    /* A worker that died on one certificate fails only that one: the others get a new worker. */
    if (batch->current != NO_MEMBER)
        report_failure(batch, (size_t)batch->current, &error);
    else
        report_all_failed(batch, &error);
    return retain_unreported(batch) && batch_start(batch);
}

bool batch_handle_events(struct batch *batch, bool readable)
{
    /* Reports that arrived before the deadline count even if they are read after it. */
    bool late = deadline_left_ms(batch->deadline) == 0;
    bool alive = (!readable && !late) || batch_receive(batch);
    if ((alive && !late) || stop_is_pending())
        return true;
    if (alive)
        batch_expire(batch);
    return batch_end(batch);
}
