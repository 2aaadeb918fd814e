#include "supervisor/hook_runner.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    REPORT_LIMIT = 4 * LIMIT_HOOK_OUTPUT,
    /* A hook ends within its time limit and twice the grace; then the runner reports at once. The
     * rest is for a machine that is slow, or a clock that tests make fast. */
    SILENT_MS = 2 * LIMIT_HOOK_MS,
};

/* What the runner writes when the hook has ended, before the hook's output, or the reason why it
 * could not be started. Both ends are one program. */
struct report_head {
    bool started;
    bool ended; /* false: the hook could not be killed */
    bool terminated;
    int status; /* wait(2)'s */
    uint64_t dropped;
    size_t text_length;
};

/* --- in the runner ---------------------------------------------------------------------------- */

/* What the runner needs of its parent's memory. */
struct order {
    const struct hook_subject *subjects;
    size_t count;
    const struct hook_locks *locks;
};

static void write_records(const struct hook_locks *locks, struct hook_record *record)
{
    for (size_t i = 0; i < locks->count; i++) {
        memcpy(record->generation, locks->generations[i], GENERATION_SIZE);
        (void)!hook_record_write(locks->files[i], record); /* without it the hook runs once more */
    }
}

static void record_start(void *locks, pid_t process)
{
    struct hook_record record = {.state = HOOK_RECORDED_RUNNING,
                                 .hook = process,
                                 .until_ms = deadline_in(LIMIT_HOOK_MS).at_ms,
                                 .started = hook_record_process_start(process)};
    write_records(locks, &record);
}

static void record_end(const struct hook_locks *locks, const struct report_head *head)
{
    enum { FAILED = 1 << 8 }; /* a wait status: exit status 1 */
    struct hook_record record = {.state = HOOK_RECORDED_ENDED,
                                 .status = head->terminated ? FAILED : head->status};
    write_records(locks, &record);
}

/* Keeps nothing of the agent's but the pipe to it and the locks. Terminal and log are not held open
 * by a runner that outlives the agent. */
static void detach(const struct hook_locks *locks, int end)
{
    int kept[LIMIT_CERTIFICATES + 1];
    memcpy(kept, locks->files, locks->count * sizeof kept[0]);
    kept[locks->count] = end;
    process_detach(kept, locks->count + 1);
}

/* Waits for the hook's end. Returns false when it could not be killed. */
static bool wait_for_end(struct hook *hook, int children, int *status)
{
    while (!hook_reap(hook, status)) {
        struct signalfd_siginfo ignored;
        struct pollfd events[] = {{.fd = children, .events = POLLIN},
                                  {.fd = hook->output, .events = POLLIN}};
        poll(events, 2, deadline_left_ms(hook_next_check(hook)));
        (void)!read(children, &ignored, sizeof ignored);
        hook_receive(hook);
        if (deadline_left_ms(hook->deadline) == 0 && !hook_expire(hook))
            return false;
    }
    return true;
}

static void write_report(int end, struct report_head *head, struct str text)
{
    head->text_length = text.length;
    if (write_all(end, str_bytes(head, sizeof *head)))
        (void)!write_all(end, text); /* the agent may be gone */
}

/* The record is written, and the locks are released, before the report: when the agent learns of
 * the end, the next one can, too, and the agent can remove the record. */
static int run_hook(void *context, int end)
{
    const struct order *order = context;
    struct hook_locks locks = *order->locks;
    struct hook hook;
    struct report_head head = {0};
    struct error error = error_none();
    sigset_t child;
    detach(&locks, end);
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, NULL);
    int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    head.started = hook_start(&hook, order->subjects, order->count, record_start, &locks, &error);
    if (!head.started) {
        write_report(end, &head, str_from(error.message));
        return 1;
    }
    head.ended = wait_for_end(&hook, children, &head.status);
    head.terminated = hook.terminated;
    head.dropped = hook.dropped;
    if (head.ended)
        record_end(&locks, &head);
    hook_locks_close(&locks);
    write_report(end, &head, buf_str(&hook.tail));
    return 0;
}

/* --- in the agent ----------------------------------------------------------------------------- */

void hook_locks_close(struct hook_locks *locks)
{
    for (size_t i = 0; i < locks->count; i++)
        close(locks->files[i]);
    locks->count = 0;
}

void hook_runner_free(struct hook_runner *runner)
{
    close_descriptor(&runner->pipe);
    buf_free(&runner->report);
    free(runner->arn);
    free(runner->command);
    *runner = (struct hook_runner){.pipe = -1};
}

bool hook_runner_start(struct hook_runner *runner, const struct hook_subject *subjects,
                       size_t count, const struct hook_locks *locks, struct error *error)
{
    struct order order = {.subjects = subjects, .count = count, .locks = locks};
    const struct certificate_config *first = subjects[0].certificate;
    *runner = (struct hook_runner){.pipe = -1,
                                   .arn = str_duplicate(str_from(first->arn)),
                                   .command = str_duplicate(str_from(first->refresh_command)),
                                   .report = BUF(REPORT_LIMIT),
                                   .deadline = deadline_in(SILENT_MS)};
    if (runner->arn == NULL || runner->command == NULL) {
        hook_runner_free(runner);
        return error_no_memory(error);
    }
    pid_t process = process_start(run_hook, &order, &runner->pipe, error);
    if (process < 0) {
        hook_runner_free(runner);
        return false;
    }
    runner->process = process;
    return true;
}

bool hook_runner_receive(struct hook_runner *runner)
{
    char block[1024];
    while (true) {
        ssize_t got = read(runner->pipe, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return deadline_left_ms(runner->deadline) == 0;
        if (got <= 0)
            return true;
        buf_append(&runner->report, str_bytes(block, (size_t)got));
    }
}

/* Returns false when the report is incomplete. */
static bool read_report(const struct hook_runner *runner, struct report_head *head,
                        struct str *text)
{
    struct str rest = buf_str(&runner->report);
    if (runner->report.failed || rest.length < sizeof *head)
        return false;
    memcpy(head, rest.data, sizeof *head);
    *text = str_skip(rest, sizeof *head);
    return text->length == head->text_length;
}

static bool evaluate(struct hook_runner *runner, struct error *error)
{
    struct report_head head;
    struct str text;
    if (!read_report(runner, &head, &text))
        return error_refuse(error, ERROR_TRANSIENT, "it runs again with the next attempt",
                            "the process that ran the refresh command \"%s\" has died or is silent",
                            runner->command);
    if (!head.started)
        return error_set(error, ERROR_TRANSIENT,
                         "the refresh command \"%s\" could not be started: %.*s", runner->command,
                         (int)text.length, text.data);
    struct hook hook = {.arn = runner->arn,
                        .command = runner->command,
                        .output = -1,
                        .tail = BUF((size_t)LIMIT_HOOK_OUTPUT * 2),
                        .dropped = head.dropped,
                        .terminated = head.terminated};
    runner->arn = NULL;
    runner->command = NULL;
    buf_append(&hook.tail, text);
    return hook_finish(&hook, head.ended, head.status, error);
}

bool hook_runner_finish(struct hook_runner *runner, pid_t *process, struct error *error)
{
    *process = runner->process;
    bool succeeded = evaluate(runner, error);
    hook_runner_free(runner);
    return succeeded;
}
