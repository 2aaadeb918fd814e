#include "supervisor/credential_command.h"

#include "aws/credentials/process.h"
#include "aws/credentials/reply.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/file.h"
#include "base/format.h"
#include "base/log.h"
#include "base/process.h"
#include "base/who_may_write.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COULD_NOT_EXECUTE = 127, READ_STEP = 4096 };

/* What the runner writes when the command has ended, before the command's output and the end of
 * what it wrote to stderr. Both ends are one program. */
struct report_head {
    bool late;
    bool too_long;
    int status; /* wait(2)'s */
    size_t output_length;
    size_t said_length;
};

/* What the runner needs of its parent's memory. */
struct order {
    pid_t agent;
    char program[PATH_MAX];
    struct process_words words;
};

/* --- in the command's process ----------------------------------------------------------------- */

struct execution {
    const struct order *order;
    pid_t runner;
    int errors;
};

static int execute_command(void *context, int output)
{
    const struct execution *execution = context;
    const struct order *order = execution->order;
    process_reset_signals();
    /* Descriptor 0 is /dev/null already. The runner may be killed alone. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == execution->runner &&
        dup2(output, STDOUT_FILENO) >= 0 && dup2(execution->errors, STDERR_FILENO) >= 0) {
        process_close_from(STDERR_FILENO + 1);
        execvp(order->program, order->words.list);
    }
    char text[ERROR_MESSAGE_SIZE];
    size_t length = format_text(text, sizeof text, "%s: %s", order->program, strerror(errno));
    write_all(STDERR_FILENO, str_bytes(text, length));
    return COULD_NOT_EXECUTE;
}

/* --- in the runner ---------------------------------------------------------------------------- */

struct run {
    pid_t command;
    int signals; /* SIGCHLD, and SIGTERM: the agent has ended */
    int pipes[2];
    struct buf output;
    struct buf said; /* the end of it */
    struct deadline deadline;
    bool terminated;
};

/* Keeps nothing of the agent's but the pipe to it. The runner leads the process group that the
 * agent kills. False: the agent has ended. */
static bool detach(pid_t agent, int end)
{
    process_detach(&end, 1);
    return prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 && getppid() == agent;
}

static bool fork_command(struct run *run, const struct order *order, struct error *error)
{
    int errors[2];
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run->signals < 0 || pipe2(errors, O_CLOEXEC) != 0)
        return error_set_errno(error, ERROR_INTERNAL, errno, "no descriptors");
    fcntl(errors[0], F_SETFL, O_NONBLOCK);
    run->pipes[1] = errors[0];
    struct execution execution = {order, getpid(), errors[1]};
    run->command = process_start(execute_command, &execution, &run->pipes[0], error);
    close(errors[1]);
    run->deadline = deadline_in(LIMIT_COMMAND_MS);
    return run->command > 0;
}

/* Reads what is there. False: it is more than the buffer holds. */
static bool receive_output(int *pipe, struct buf *out)
{
    while (*pipe >= 0) {
        if (!buf_reserve(out, READ_STEP))
            return false;
        ssize_t got = read(*pipe, out->data + out->length, READ_STEP);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            close(*pipe);
            *pipe = -1;
            break;
        }
        out->length += (size_t)got;
        if (!out->secret && out->length > LIMIT_HOOK_OUTPUT)
            buf_consume(out, out->length - LIMIT_HOOK_OUTPUT);
    }
    return true;
}

/* The agent has ended, or was told to: so does all that was started for it. */
static void die_with_agent(const struct run *run)
{
    struct signalfd_siginfo signal;
    while (read(run->signals, &signal, sizeof signal) == (ssize_t)sizeof signal)
        if (signal.ssi_signo == SIGTERM && signal.ssi_pid != (uint32_t)getpid())
            kill(0, SIGKILL);
}

/* Waits for the command's end, or until it was killed for being late or writing too much. */
static void wait_for_command(struct run *run, struct report_head *head)
{
    while (waitpid(run->command, &head->status, WNOHANG) != run->command) {
        struct pollfd events[] = {{.fd = run->signals, .events = POLLIN},
                                  {.fd = run->pipes[0], .events = POLLIN},
                                  {.fd = run->pipes[1], .events = POLLIN}};
        poll(events, 3, deadline_left_ms(run->deadline));
        die_with_agent(run);
        head->too_long = !receive_output(&run->pipes[0], &run->output);
        receive_output(&run->pipes[1], &run->said);
        if (head->too_long || (head->late && deadline_left_ms(run->deadline) == 0))
            return;
        if (deadline_left_ms(run->deadline) > 0)
            continue;
        head->late = true;
        run->deadline = deadline_in(LIMIT_COMMAND_GRACE_MS);
        kill(0, SIGTERM); /* this process blocks it */
    }
    head->too_long = !receive_output(&run->pipes[0], &run->output);
    receive_output(&run->pipes[1], &run->said);
}

static void write_report(int end, struct report_head *head, struct str output, struct str said)
{
    head->output_length = output.length;
    head->said_length = said.length;
    if (write_all(end, str_bytes(head, sizeof *head)) && write_all(end, output))
        (void)!write_all(end, said); /* the agent may be gone */
}

static int run_command(void *context, int end)
{
    const struct order *order = context;
    struct report_head head = {.status = COULD_NOT_EXECUTE << 8};
    struct run run = {.pipes = {-1, -1},
                      .output = BUF_SECRET(LIMIT_COMMAND_OUTPUT + READ_STEP),
                      .said = BUF(LIMIT_HOOK_OUTPUT + READ_STEP)};
    struct error error = error_none();
    if (!detach(order->agent, end))
        return 1;
    if (fork_command(&run, order, &error))
        wait_for_command(&run, &head);
    else
        buf_append_text(&run.said, error.message);
    head.too_long = head.too_long || run.output.length > LIMIT_COMMAND_OUTPUT;
    write_report(end, &head, head.too_long ? STR("") : buf_str(&run.output), buf_str(&run.said));
    buf_free(&run.output);
    if (head.late || head.too_long)
        kill(0, SIGKILL);
    return 0;
}

/* --- in the agent ----------------------------------------------------------------------------- */

#define THE_COMMAND "its credential_process"
#define ADVICE_BY_HAND                                                                             \
    "run it by hand as the agent's user: it must write JSON with Version 1 to stdout, and exit "   \
    "with status 0"

/* Looks for a program as a shell does. */
static bool find_program(const char *name, char path[PATH_MAX], struct error *error)
{
    struct str rest = str_from(environment_get("PATH"));
    struct str directory;
    bool has_path = strchr(name, '/') != NULL;
    format_text(path, PATH_MAX, "%s", name);
    bool found = has_path && access(path, X_OK) == 0;
    while (!found && !has_path && str_next(&rest, ':', &directory)) {
        format_text(path, PATH_MAX, "%.*s/%s", (int)directory.length, directory.data, name);
        found = access(path, X_OK) == 0;
    }
    if (found)
        return true;
    error_set_errno(error, ERROR_CONFIGURATION, errno, THE_COMMAND " %s%s cannot be run", name,
                    has_path ? "" : ", which is looked for in PATH,");
    return error_advise(error, "install it, or write the whole path of the program");
}

/* Splits the command line, and finds its program. */
static bool prepare_order(const struct credential_plan *plan, struct order *order,
                          struct error *error)
{
    struct error unsafe = error_none();
    if (!process_split(str_from(plan->command), THE_COMMAND, &order->words, error) ||
        !find_program(order->words.list[0], order->program, error))
        return error_context(error, "no credentials from %s", plan->name);
    if (!protected_file_read(order->program, "program", NULL, NULL, &unsafe))
        log_once(LOG_LEVEL_WARN, "The credential_process is run as the agent's user, but %s; %s",
                 unsafe.message, unsafe.advice);
    return true;
}

bool credential_command_check(const struct credential_plan *plan, struct error *error)
{
    struct order order;
    bool done = prepare_order(plan, &order, error);
    process_words_free(&order.words);
    return done;
}

bool credential_command_start(const struct credential_plan *plan, pid_t *runner, int *pipe,
                              struct error *error)
{
    struct order order = {.agent = getpid()};
    *runner =
        prepare_order(plan, &order, error) ? process_start(run_command, &order, pipe, error) : -1;
    process_words_free(&order.words);
    return *runner > 0;
}

void credential_command_kill(pid_t runner)
{
    if (kill(-runner, SIGKILL) != 0)
        kill(runner, SIGKILL); /* it has not called setsid yet, and started nothing */
}

/* `how` it ended, in words around a number, and the command's own last words. */
static bool refuse_run(const char *how, int number, const char *unit, struct str said,
                       struct error *error)
{
    char text[LIMIT_SERVER_TEXT + 1];
    said = str_trim(said);
    said = str_skip(said, said.length > LIMIT_SERVER_TEXT ? said.length - LIMIT_SERVER_TEXT : 0);
    size_t length = format_text(text, sizeof text, "%.*s", (int)said.length, said.data);
    for (char *at = text; *at != '\0'; at++)
        if (*at == '\n')
            *at = ' ';            /* not '?' */
    make_printable(text, length); /* doctor writes it to a terminal */
    return error_refuse(error, ERROR_TRANSIENT, ADVICE_BY_HAND, THE_COMMAND " %s %d%s%s%s", how,
                        number, unit, text[0] != '\0' ? "; it said: " : "", text);
}

static bool evaluate_report(struct str report, struct credentials *keys, struct error *error)
{
    struct report_head head = {.said_length = SIZE_MAX};
    struct str rest = str_skip(report, sizeof head);
    if (report.length >= sizeof head)
        memcpy(&head, report.data, sizeof head);
    struct str said = str_skip(rest, head.output_length);
    if (said.length != head.said_length)
        return error_set(error, ERROR_TRANSIENT, "the process that ran " THE_COMMAND " has died");
    if (head.too_long)
        return refuse_run("wrote more than", LIMIT_COMMAND_OUTPUT, " bytes", said, error);
    if (head.late)
        return refuse_run("did not end within", LIMIT_COMMAND_MS / 1000, " s", said, error);
    if (!WIFEXITED(head.status))
        return refuse_run("was killed by signal", WTERMSIG(head.status), "", said, error);
    if (WEXITSTATUS(head.status) != 0)
        return refuse_run("exited with status", WEXITSTATUS(head.status), "", said, error);
    return credential_reply_read(str_take(rest, head.output_length), REPLY_OF_PROCESS,
                                 "the output of " THE_COMMAND, keys, error) ||
           error_advise(error, ADVICE_BY_HAND);
}

bool credential_command_finish(struct str report, struct credential_plan *plan, struct error *error)
{
    return evaluate_report(report, &plan->keys, error) ||
           error_context(error, "no credentials from %s", plan->name);
}
