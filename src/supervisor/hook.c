#include "supervisor/hook.h"

#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    VARIABLES = 7,
    MOST_ARGUMENTS = LIMIT_HOOK_WORDS + 3, /* with "sudo -n -l" in front */
    COULD_NOT_EXECUTE = 127,
    GIVE_UP_MS = 2000,      /* after SIGKILL */
    CHECK_END_MS = 1000,    /* interval of checks for its end, in case a SIGCHLD is missed */
    UNKNOWN_END = 255 << 8, /* a wait status: exit status 255 */
    READS_PER_CALL = 64,
};

/* argv and environment of a command. They are built before the fork: the child only executes. */
struct invocation {
    int gate[2]; /* a pipe: the child waits for a byte, and executes nothing without it */
    char *words; /* a copy of the command, split into words */
    char *argv[MOST_ARGUMENTS + 1];
    struct buf variables[VARIABLES];
    char *environment[VARIABLES + 1];
};

static void invocation_free(struct invocation *invocation)
{
    free(invocation->words);
    for (size_t i = 0; i < VARIABLES; i++)
        buf_free(&invocation->variables[i]);
}

/* The purpose of a command line: to run the command, or to ask `sudo -l` whether it is allowed. */
enum split_for { FOR_EXECUTION, FOR_SUDO_LIST };

static bool split_command(struct invocation *invocation, const char *command,
                          enum split_for purpose, struct error *error)
{
    static char sudo[] = "sudo";
    static char without_prompt[] = "-n";
    static char only_list[] = "-l";
    size_t count = 0;
    invocation->words = str_duplicate(str_from(command));
    if (invocation->words == NULL)
        return error_no_memory(error);
    if (geteuid() != 0) {
        invocation->argv[count++] = sudo;
        invocation->argv[count++] = without_prompt;
    }
    if (purpose == FOR_SUDO_LIST)
        invocation->argv[count++] = only_list;
    char *at = invocation->words;
    while (*at != '\0' && count < MOST_ARGUMENTS) {
        size_t length = strcspn(at, " \t");
        bool last = at[length] == '\0';
        at[length] = '\0';
        if (length > 0)
            invocation->argv[count++] = at;
        at += length + (last ? 0 : 1);
    }
    return true;
}

static void append_subject_value(struct buf *out, size_t variable,
                                 const struct hook_subject *subject)
{
    const struct certificate_config *certificate = subject->certificate;
    char time[CLOCK_ISO8601_SIZE] = "";
    if (subject->not_after > 0)
        clock_format_iso8601(subject->not_after, time);
    const char *const values[VARIABLES] = {
        NULL,
        certificate->arn,
        certificate->certificate_path,
        certificate->private_key_path,
        certificate->chain_path != NULL ? certificate->chain_path : "",
        subject->reason,
        time,
    };
    buf_append_text(out, values[variable]);
}

static bool make_environment(struct invocation *invocation, const struct hook_subject *subjects,
                             size_t count, struct error *error)
{
    static const char *const names[VARIABLES] = {
        PROCESS_PATH,      "WCP_CERTIFICATE_ARN=", "WCP_CERTIFICATE_PATH=", "WCP_PRIVATE_KEY_PATH=",
        "WCP_CHAIN_PATH=", "WCP_REASON=",          "WCP_NOT_AFTER="};
    for (size_t v = 0; v < VARIABLES; v++) {
        struct buf *variable = &invocation->variables[v];
        *variable = BUF(256 * 1024);
        buf_append_text(variable, names[v]);
        for (size_t i = 0; i < count && v > 0; i++) {
            if (i > 0)
                buf_append_byte(variable, '\n');
            append_subject_value(variable, v, &subjects[i]);
        }
        invocation->environment[v] = (char *)(uintptr_t)buf_text(variable);
        if (invocation->environment[v] == NULL)
            return error_no_memory(error);
    }
    return true;
}

/* Executes the command, in the child. In its own session, a signal to us (Ctrl-C) does not reach
 * it, and a signal to its group reaches all of its processes. */
static int execute_hook(void *context, int output)
{
    const struct invocation *invocation = context;
    char go = 0;
    close(invocation->gate[1]);
    if (read(invocation->gate[0], &go, 1) != 1)
        return COULD_NOT_EXECUTE; /* the parent has died: nobody would know of this process */
    int input = open("/dev/null", O_RDONLY);
    process_reset_signals();
    signal(SIGPIPE, SIG_IGN); /* a hook that outlives the agent must not die of its output */
    setsid();
    if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0) {
        process_close_from(STDERR_FILENO + 1);
        environ =
            (char **)(uintptr_t)invocation->environment; /* execvp searches its PATH for sudo */
        execvp(invocation->argv[0], invocation->argv);
    }
    char text[ERROR_MESSAGE_SIZE];
    size_t length = format_text(text, sizeof text, "cannot execute %s: %s\n", invocation->argv[0],
                                strerror(errno));
    write_all(STDERR_FILENO, str_bytes(text, length));
    return COULD_NOT_EXECUTE;
}

static bool fork_hook(struct hook *hook, struct invocation *invocation, hook_started started,
                      void *context, struct error *error)
{
    if (pipe2(invocation->gate, O_CLOEXEC) != 0)
        return error_set_errno(error, ERROR_INTERNAL, errno, "cannot start a process");
    pid_t pid = process_start(execute_hook, invocation, &hook->output, error);
    close(invocation->gate[0]);
    if (pid > 0 && started != NULL)
        started(context, pid);
    if (pid > 0)
        write_all(invocation->gate[1], STR("g"));
    close(invocation->gate[1]);
    if (pid < 0)
        return false;
    hook->pid = pid;
    hook->tail = BUF((size_t)LIMIT_HOOK_OUTPUT * 2);
    hook->deadline = deadline_in(LIMIT_HOOK_MS);
    return true;
}

void hook_free(struct hook *hook)
{
    if (hook->output >= 0)
        close(hook->output);
    buf_free(&hook->tail);
    free(hook->arn);
    free(hook->command);
    *hook = (struct hook){.output = -1};
}

static bool start_command(struct hook *hook, const struct hook_subject *subjects, size_t count,
                          enum split_for purpose, hook_started started, void *context,
                          struct error *error)
{
    const struct certificate_config *first = subjects[0].certificate;
    struct invocation invocation = {0};
    *hook = (struct hook){.output = -1,
                          .arn = str_duplicate(str_from(first->arn)),
                          .command = str_duplicate(str_from(first->refresh_command))};
    bool done = ((hook->arn != NULL && hook->command != NULL) || error_no_memory(error)) &&
                split_command(&invocation, first->refresh_command, purpose, error) &&
                make_environment(&invocation, subjects, count, error) &&
                fork_hook(hook, &invocation, started, context, error);
    invocation_free(&invocation);
    if (!done)
        hook_free(hook);
    return done;
}

bool hook_start(struct hook *hook, const struct hook_subject *subjects, size_t count,
                hook_started started, void *context, struct error *error)
{
    return start_command(hook, subjects, count, FOR_EXECUTION, started, context, error);
}

bool hook_is_allowed(const struct certificate_config *certificate, struct error *error)
{
    const struct hook_subject subject = {certificate, "", 0};
    struct hook question;
    int status = 0;
    if (geteuid() == 0)
        return true;
    if (!start_command(&question, &subject, 1, FOR_SUDO_LIST, NULL, NULL, error))
        return false;
    waitpid(question.pid, &status, 0);
    hook_receive(&question);
    struct str said = str_trim(buf_str(&question.tail));
    bool allowed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!allowed)
        error_refuse(error, ERROR_DENIED, "run as root: wcp-tiny setup-config-based-permissions",
                     "sudo does not let this user run \"%s\" without a password: %.*s",
                     certificate->refresh_command, (int)said.length, said.data);
    hook_free(&question);
    return allowed;
}

void hook_receive(struct hook *hook)
{
    char block[1024];
    for (unsigned reads = 0; reads < READS_PER_CALL && hook->output >= 0; reads++) {
        ssize_t got = read(hook->output, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            close(hook->output);
            hook->output = -1;
            return;
        }
        buf_append(&hook->tail, str_bytes(block, (size_t)got));
        if (hook->tail.length > LIMIT_HOOK_OUTPUT) {
            size_t excess = hook->tail.length - LIMIT_HOOK_OUTPUT;
            hook->dropped += excess;
            buf_consume(&hook->tail, excess);
        }
    }
}

bool hook_expire(struct hook *hook)
{
    if (hook->killed)
        return false;
    int number = hook->terminated ? SIGKILL : SIGTERM;
    if (kill(-hook->pid, number) != 0)
        kill(hook->pid, number); /* the child has not called setsid yet */
    hook->killed = hook->terminated;
    hook->terminated = true;
    hook->deadline = deadline_in(hook->killed ? GIVE_UP_MS : LIMIT_HOOK_GRACE_MS);
    return true;
}

bool hook_reap(struct hook *hook, int *status)
{
    pid_t ended = waitpid(hook->pid, status, WNOHANG);
    if (ended < 0 && errno != EINTR)
        *status = UNKNOWN_END; /* it was reaped elsewhere: its pid may be reused */
    else if (ended != hook->pid)
        return false;
    hook->pid = 0;
    hook_receive(hook);
    return true;
}

struct deadline hook_next_check(const struct hook *hook)
{
    return deadline_earlier(hook->deadline, deadline_in(CHECK_END_MS));
}

static void log_output(const struct hook *hook, bool failed)
{
    const char *arn = hook->arn;
    struct str rest = buf_str(&hook->tail);
    struct str line;
    if (hook->dropped > 0)
        log_info("Refresh command output for %s: (%llu bytes left out)", arn,
                 (unsigned long long)hook->dropped);
    while (str_next_line(&rest, &line))
        if (line.length > 0)
            log_message(failed ? LOG_LEVEL_WARN : LOG_LEVEL_INFO,
                        "Refresh command output for %s: %.*s", arn, (int)line.length, line.data);
}

/* Appends how the hook ended, in words that follow "the refresh command …". */
static void describe_end(const struct hook *hook, bool ended, int status, struct buf *out)
{
    if (hook->terminated)
        buf_format(out, "did not end within %u s%s", (unsigned)LIMIT_HOOK_MS / 1000,
                   ended ? "" : " and could not be killed");
    else if (WIFSIGNALED(status))
        buf_format(out, "was killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == COULD_NOT_EXECUTE)
        buf_append_text(out, "could not be executed");
    else
        buf_format(out, "exited with status %d", WEXITSTATUS(status));
    struct str said = str_trim(buf_str(&hook->tail));
    said = str_skip(said, said.length > LIMIT_SERVER_TEXT ? said.length - LIMIT_SERVER_TEXT : 0);
    if (said.length > 0)
        buf_format(out, "; its output: %.*s", (int)said.length, said.data);
    for (size_t i = 0; i < out->length; i++)
        if (out->data[i] == '\n')
            out->data[i] = ' '; /* the log would show '?' for it */
}

static bool check_hook_end(const struct hook *hook, bool ended, int status, struct error *error)
{
    BUF_AUTO struct buf end = BUF(ERROR_MESSAGE_SIZE);
    if (ended && !hook->terminated && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    describe_end(hook, ended, status, &end);
    error_set(error, ERROR_TRANSIENT, "the refresh command \"%s\" %.*s", hook->command,
              (int)end.length, end.data);
    return error_advise(
        error, "run it by hand%s; the files are in place, and it runs again with the next attempt",
        geteuid() == 0 ? "" : " with sudo -n as this user (wcp-tiny reload writes sudo's rules)");
}

bool hook_finish(struct hook *hook, bool ended, int status, struct error *error)
{
    bool done = check_hook_end(hook, ended, status, error);
    log_output(hook, !done);
    hook_free(hook);
    return done;
}
