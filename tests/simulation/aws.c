#include "simulation/aws.h"

#include "simulation/box.h"
#include "simulation/checks.h"
#include "simulation/history.h"
#include "simulation/hooks.h"
#include "worker/served_work.h"
#include "worker/wire.h"
#include "worker/worker.h"

#include <signal.h>
#include <string.h>

enum { JOBS = 32, TEXT = 1024, DELIVERIES = 64, TOLERANCE_MS = 2000, SLOW_MS = 20 };

/* A worker at work. */
static struct job {
    struct process *process; /* NULL: unused */
    int pipe;
    unsigned count;
    unsigned certificates[CERTIFICATES];
    bool probes;
    unsigned reported;
} jobs[JOBS];

/* A bundle that a worker has sent to its parent. */
struct delivery {
    pid_t to;
    unsigned certificate;
    unsigned version;
    const struct pipe *pipe; /* still to be read; NULL: it was */
};

static struct delivery deliveries[DELIVERIES]; /* a ring */
static unsigned delivery_count;
static unsigned work;
static const struct plan *plan;
static unsigned versions[CERTIFICATES];
static enum aws_mood mood;
static bool healed;

void aws_reset(const struct plan *of)
{
    plan = of;
    memset(jobs, 0, sizeof jobs);
    delivery_count = 0;
    work = 0;
    for (unsigned i = 0; i < CERTIFICATES; i++)
        versions[i] = 1;
    mood = AWS_WELL;
    healed = false;
}

void aws_cut(void)
{
    memset(jobs, 0, sizeof jobs);
}

unsigned aws_work(void)
{
    return work;
}

unsigned aws_version(unsigned certificate)
{
    return versions[certificate];
}

void aws_renew(unsigned certificate)
{
    versions[certificate]++;
    history_note("AWS renews certificate %u: version %u", certificate, versions[certificate]);
}

void aws_set_mood(enum aws_mood to)
{
    mood = to;
}

void aws_heal(void)
{
    mood = AWS_WELL;
    healed = true;
}

/* --- frames --- */

static void send(const struct job *job, const struct buf *frames)
{
    struct file *file = job->process->descriptors[job->pipe].file;
    if (file == NULL || file->kind != OPEN_PIPE_WRITE ||
        PIPE_SIZE - file->pipe->length < frames->length)
        return;
    memcpy(file->pipe->bytes + file->pipe->length, frames->data, frames->length);
    file->pipe->length += frames->length;
}

static void write_bundle(struct buf *out, uint16_t member, unsigned certificate, unsigned version)
{
    char texts[3][TEXT];
    size_t lengths[3];
    static const char *const labels[] = {"CERTIFICATE", "CERTIFICATE", "PRIVATE KEY"};
    for (unsigned i = 0; i < 3; i++)
        lengths[i] = box_pem(labels[i], certificate, version, texts[i], sizeof texts[i]);
    const struct bundle bundle = {.certificate = str_bytes(texts[0], lengths[0]),
                                  .chain = str_bytes(texts[1], lengths[1]),
                                  .key = str_bytes(texts[2], lengths[2])};
    int64_t days = 90 * 86400;
    wire_write_bundle(out, member, STR("www.example.com"),
                      (kernel.now + kernel.wall_clock) / SECONDS + days, &bundle);
}

static void write_failure(struct buf *out, uint16_t member, enum error_kind kind)
{
    struct error error = error_none();
    error_refuse(&error, kind, "wait", "AWS does not answer as it should");
    wire_write_failure(out, member, &error);
}

/* --- a worker's life --- */

static void end_job(struct job *job, int status)
{
    struct process *process = job->process;
    job->process = NULL;
    process_end(process, status);
}

/* Whoever waits for a worker ends it in time, whatever else happens. */
static void check_duration(const struct job *job)
{
    int64_t most = LIMIT_BATCH_MS + (int64_t)job->count * LIMIT_BATCH_PER_CERTIFICATE_MS;
    int64_t lasted = kernel.now - job->process->started_at;
    most += TOLERANCE_MS + (int64_t)kernel.slowness * SLOW_MS;
    if (job->process->parent != 1 && lasted > most * MILLISECONDS)
        check_failed("a worker was not ended in time");
}

static void on_end(struct process *process)
{
    for (unsigned i = 0; i < JOBS; i++) {
        if (jobs[i].process != process)
            continue;
        check_duration(&jobs[i]);
        jobs[i].process = NULL;
    }
}

static enum error_kind failure_of_mood(void)
{
    static const enum error_kind kinds[] = {
        [AWS_WELL] = ERROR_TRANSIENT, [AWS_THROTTLES] = ERROR_THROTTLED,
        [AWS_DENIES] = ERROR_DENIED,  [AWS_SILENT] = ERROR_TRANSIENT,
        [AWS_LIES] = ERROR_PERMANENT,
    };
    return kinds[mood];
}

static void report_fetched(struct job *job, uint16_t member, struct buf *frames)
{
    unsigned certificate = job->certificates[member];
    write_bundle(frames, member, certificate, versions[certificate]);
    deliveries[delivery_count++ % DELIVERIES] =
        (struct delivery){job->process->parent, certificate, versions[certificate],
                          job->process->descriptors[job->pipe].file->pipe};
    history_note("a worker of %d has fetched certificate %u, version %u", (int)job->process->parent,
                 certificate, versions[certificate]);
}

/* Returns the number of the last delivery to the process that it has read; SIZE_MAX: none. */
static size_t last_delivery(const struct process *process, unsigned certificate)
{
    for (unsigned i = delivery_count; i-- > 0 && i + DELIVERIES > delivery_count;) {
        struct delivery *delivery = &deliveries[i % DELIVERIES];
        if (delivery->pipe != NULL && delivery->pipe->length == 0)
            delivery->pipe = NULL;
        if (delivery->to == process->pid && delivery->certificate == certificate &&
            delivery->pipe == NULL)
            return i;
    }
    return SIZE_MAX;
}

void aws_forget(const struct process *process)
{
    for (unsigned i = 0; i < DELIVERIES && i < delivery_count; i++)
        if (deliveries[i].to == process->pid)
            deliveries[i].to = 0;
}

bool aws_has_delivered(const struct process *process, unsigned certificate)
{
    return last_delivery(process, certificate) != SIZE_MAX;
}

bool aws_explains(const struct process *process, unsigned certificate, unsigned version)
{
    size_t last = last_delivery(process, certificate);
    if (last == SIZE_MAX || version >= deliveries[last % DELIVERIES].version)
        return true;
    for (size_t i = last + 1; i < delivery_count; i++)
        if (deliveries[i % DELIVERIES].certificate == certificate &&
            deliveries[i % DELIVERIES].version == version)
            return true;
    return false;
}

/* One certificate a time; then it is done. */
static void fetch_next(struct job *job)
{
    BUF_AUTO struct buf frames = BUF(LIMIT_FRAME);
    uint16_t member = (uint16_t)job->reported;
    bool fails = mood != AWS_WELL || (!healed && plan->bad_fetch_once_in > 0 &&
                                      dice_hit(&kernel.dice, plan->bad_fetch_once_in));
    if (job->reported == job->count) {
        wire_write_done(&frames);
        send(job, &frames);
        end_job(job, 0);
        return;
    }
    wire_write_stage(&frames, member, STR("fetching"));
    if (fails && mood == AWS_WELL && dice_hit(&kernel.dice, 3)) {
        send(job, &frames);
        end_job(job, dice_hit(&kernel.dice, 2) ? SIGSEGV : 1 << 8);
        return;
    }
    if (fails && mood == AWS_LIES && dice_hit(&kernel.dice, 2))
        buf_append(&frames, STR("\377\377\377\377this is no frame at all"));
    else if (fails)
        write_failure(&frames, member, failure_of_mood());
    else
        report_fetched(job, member, &frames);
    send(job, &frames);
    job->reported++;
}

/* A probe: what the server has loaded, and what is installed. */
static void probe_all(struct job *job)
{
    BUF_AUTO struct buf frames = BUF(LIMIT_FRAME);
    for (unsigned i = 0; i < job->count; i++) {
        unsigned certificate = job->certificates[i];
        bool same = hooks_server_version(certificate) == box_look(certificate).version;
        wire_write_served(&frames, (uint16_t)i, same ? SERVED_SAME : SERVED_OTHER, 0);
        if (!same)
            write_failure(&frames, (uint16_t)i, ERROR_TRANSIENT);
    }
    wire_write_done(&frames);
    send(job, &frames);
    end_job(job, 0);
}

static void act(struct process *process)
{
    for (unsigned i = 0; i < JOBS; i++) {
        struct job *job = &jobs[i];
        if (job->process != process)
            continue;
        process->acts_at = kernel.now + dice_between(&kernel.dice, 1, 1500) * MILLISECONDS;
        if (mood == AWS_SILENT && !job->probes)
            process->acts_at = kernel.now + 20 * 60 * SECONDS; /* the supervisor ends it before */
        else if (job->probes)
            probe_all(job);
        else
            fetch_next(job);
        return;
    }
    process_end(process, 0);
}

static void start_job(const struct worker_task *task, int pipe, bool probes)
{
    struct job *job = jobs;
    while (job < jobs + JOBS - 1 && job->process != NULL)
        job++;
    *job = (struct job){.process = current, .pipe = pipe, .probes = probes};
    for (size_t i = 0; i < task->count; i++)
        job->certificates[job->count++] = box_certificate(task->certificates[i]->arn);
    work += 1 + job->count;
    current->at_end = on_end;
    process_hand_over(act, kernel.now + dice_between(&kernel.dice, 1, 1000) * MILLISECONDS);
}

void __wrap_worker_run(const struct worker_task *task, int pipe)
{
    start_job(task, pipe, false);
}

void __wrap_served_work_run(const struct worker_task *task, int pipe)
{
    start_job(task, pipe, true);
}
