/* Hooks: arguments and environment of the command, and the report of its end. */
#include "supervisor/hook.h"

#include "base/limits.h"
#include "support/captured_log.h"
#include "support/data.h"
#include "support/hooks.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- arguments and environment --- */

static void a_command_is_split_on_white_space_and_no_shell_sees_it(void **state)
{
    program(state, "echo $#; for word; do echo \"<$word>\"; done",
            "-s  $HOME * `id` \"a b\" ;  x ");
    assert_says(state, "8\n<-s>\n<$HOME>\n<*>\n<`id`>\n<\"a>\n<b\">\n<;>\n<x>\n");
}

static void a_command_of_the_most_words_gets_all_of_them(void **state)
{
    BUF_AUTO struct buf words = BUF(256);
    for (unsigned i = 1; i < LIMIT_HOOK_WORDS; i++)
        buf_append_text(&words, "x ");
    program(state, "echo $#", buf_text(&words));
    assert_says(state, "63\n");
}

#define PATH_LINE "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"

static void the_environment_is_clean_and_tells_what_happened(void **state)
{
    setenv("LD_PRELOAD_NOT", "x", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    command(state, "/usr/bin/env");
    assert_says(state, PATH_LINE "WCP_CERTIFICATE_ARN=arn-1\n"
                                 "WCP_CERTIFICATE_PATH=/etc/ssl/1.crt\n"
                                 "WCP_PRIVATE_KEY_PATH=/etc/ssl/1.key\n"
                                 "WCP_CHAIN_PATH=\n"
                                 "WCP_REASON=because\n"
                                 "WCP_NOT_AFTER=\n");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("LD_PRELOAD_NOT");
}

static void certificates_that_share_a_command_stand_in_lines(void **state)
{
    static char arn[] = "arn-2";
    static char chain[] = "/etc/ssl/2.chain";
    struct refresh_test *test = *state;
    struct certificate_config other = test->certificate;
    other.arn = arn;
    other.chain_path = chain;
    const struct hook_subject subjects[] = {{&test->certificate, "first", 0},
                                            {&other, "second", 1781150706}};
    struct error error = {0};
    command(state, "/usr/bin/env");
    assert_true(run_to_end(subjects, 2, &error));
    assert_logged(&test->log,
                  ": WCP_CERTIFICATE_ARN=arn-1\nINFO Refresh command output for arn-1: arn-2\n");
    assert_logged(&test->log,
                  ": WCP_CHAIN_PATH=\nINFO Refresh command output for arn-1: /etc/ssl/2.chain\n");
    assert_logged(&test->log,
                  ": WCP_REASON=first\nINFO Refresh command output for arn-1: second\n");
    assert_logged(&test->log, "output for arn-1: 2026-06-11T04:05:06Z\n");
}

static void the_input_is_empty(void **state)
{
    command(state, "/usr/bin/readlink /proc/self/fd/0");
    assert_says(state, "/dev/null\n");
    command(state, "/bin/cat");
    assert_says(state, "");
}

/* The only descriptor besides the standard ones is that of the directory, which ls opens. */
static void no_descriptor_of_ours_is_passed_on(void **state)
{
    int kept[5];
    int high = fcntl(STDIN_FILENO, F_DUPFD, 200);
    for (size_t i = 0; i < 5; i++)
        kept[i] = open("/dev/null", O_RDONLY);
    command(state, "/bin/ls /proc/self/fd");
    assert_says(state, "0\n1\n2\n3\n");
    for (size_t i = 0; i < 5; i++)
        close(kept[i]);
    close(high);
}

/* Except SIGPIPE (13): a command survives the loss of the reader of its output. Signals from 32 on
 * belong to the C library and cannot be set: they are inherited. */
static void signals_are_as_in_a_new_process(void **state)
{
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGUSR2, SIG_IGN);
    program(state,
            "while read -r name value; do\n"
            "case $name in SigBlk: | SigIgn:) echo \"$name $((0x$value & 0x7fffffff))\" ;; esac\n"
            "done </proc/self/status",
            "");
    assert_says(state, "SigBlk: 0\nSigIgn: 4096\n");
    signal(SIGUSR2, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void a_command_has_a_session_of_its_own(void **state)
{
    program(state,
            "read -r pid name state parent group session rest </proc/$$/stat\n"
            "test $session = $$ && test $group = $$ && echo own",
            "");
    assert_says(state, "own\n");
}

static void our_own_signals_are_as_before(void **state)
{
    sigset_t before;
    sigset_t after;
    sigprocmask(SIG_SETMASK, NULL, &before);
    command(state, "/bin/true");
    assert_says(state, "");
    sigprocmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGCHLD), sigismember(&after, SIGCHLD));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

/* --- its output --- */

static void what_it_says_is_logged_line_by_line(void **state)
{
    program(state, "echo one; echo two >&2; echo; printf 'a\\033[2Jb\\r\\nlast'", "");
    assert_says(state, "one\ntwo\na?[2Jb\nlast");
}

static void only_the_end_of_a_long_output_is_kept(void **state)
{
    static const struct {
        const char *script;
        const char *left_out;
    } cases[] = {
        {"head -c 4091 /dev/zero | tr '\\0' x; printf '\\nend\\n'", NULL},
        {"head -c 4092 /dev/zero | tr '\\0' x; printf '\\nend\\n'", "(1 bytes left out)"},
        {"head -c 1000000 /dev/zero | tr '\\0' x; printf '\\nend\\n'", "(995909 bytes left out)"},
    };
    struct refresh_test *test = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = {0};
        program(state, cases[i].script, "");
        assert_true(run(state, &error));
        assert_logged(&test->log, "INFO Refresh command output for arn-1: end\n");
        if (cases[i].left_out != NULL)
            assert_logged(&test->log, cases[i].left_out);
        else
            assert_not_logged(&test->log, "left out");
    }
}

/* --- its end --- */

static void a_status_other_than_zero_is_a_failure(void **state)
{
    struct refresh_test *test = *state;
    program(state, "echo it is broken; exit 3", "");
    assert_fails(state, "exited with status 3");
    assert_logged(&test->log, "WARN Refresh command output for arn-1: it is broken\n");
    assert_fails(state, "it is broken");
    assert_fails(state, test->command);
    program(state, "echo line; echo and line; exit 3", "");
    assert_fails(state, "line and line");
}

static void only_the_end_of_what_a_failed_command_said_is_repeated(void **state)
{
    struct error error = {0};
    program(state, "head -c 3000 /dev/zero | tr '\\0' x; echo the reason; exit 1", "");
    assert_false(run(state, &error));
    assert_non_null(strstr(error.message, "the reason"));
    assert_true(strlen(error.message) < 600);
}

static void a_death_by_signal_is_a_failure(void **state)
{
    program(state, "kill -KILL $$", "");
    assert_fails(state, "was killed by signal 9");
    program(state, "kill -TERM $$", "");
    assert_fails(state, "was killed by signal 15");
}

static void a_command_that_cannot_be_executed_says_why(void **state)
{
    struct refresh_test *test = *state;
    char path[SCRATCH_PATH_SIZE];
    command(state, scratch_path(&test->directory, "absent", path));
    assert_fails(state, "could not be executed");
    assert_fails(state, "No such file or directory");
    scratch_write(scratch_path(&test->directory, "no-program", path), STR("#!/bin/sh\n"), 0644);
    command(state, path);
    assert_fails(state, "could not be executed");
    assert_fails(state, "Permission denied");
    command(state, "/etc");
    assert_fails(state, "Permission denied");
}

/* The end of the test kills the process that holds the output. */
static void a_daemon_that_keeps_the_output_is_not_waited_for(void **state)
{
    struct refresh_test *test = *state;
    struct error error = {0};
    setenv("WCP_TEST_HURRY", "20", 1); /* a waiter gets an error after 45 s */
    program(state, "sleep 1000 & echo $!", "");
    bool done = run(state, &error);
    size_t number = str_search(buf_str(&test->log), STR("arn-1: ")) + strlen("arn-1: ");
    uint64_t pid = 0;
    assert_true(str_to_unsigned(str_trim(str_skip(buf_str(&test->log), number)), 1U << 22, &pid));
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    assert_true(done);
}

/* --- as another user --- */

enum { IMPOSSIBLE_HERE = 77 };

/* Runs in its own process and mount name space, where the test's sudo is in the first directory of
 * PATH. */
static int run_as_nobody(void **state)
{
    struct refresh_test *test = *state;
    struct error error = {0};
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(test->directory, "/usr/local/sbin", NULL, MS_BIND, NULL) != 0)
        return IMPOSSIBLE_HERE;
    if (seteuid(65534) != 0 || !run(state, &error))
        return 1;
    return str_equal(buf_str(&test->log), STR("INFO Refresh command output for arn-1: sudo -n "
                                              "/usr/sbin/nginx -s reload\n"))
               ? 0
               : 2;
}

static void who_is_not_root_runs_it_through_sudo(void **state)
{
    struct refresh_test *test = *state;
    char path[SCRATCH_PATH_SIZE];
    int status = 0;
    command(state, "/usr/sbin/nginx -s  reload");
    scratch_write(scratch_path(&test->directory, "sudo", path),
                  STR("#!/bin/sh\necho sudo \"$@\"\n"), 0755);
    assert_int_equal(chmod(test->directory, 0755), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(run_as_nobody(state));
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == IMPOSSIBLE_HERE)
        skip();
    assert_int_equal(status, 0);
}

#define ON_DISK(test)                                                                              \
    cmocka_unit_test_setup_teardown(test, refresh_test_setup, refresh_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_command_is_split_on_white_space_and_no_shell_sees_it),
        ON_DISK(a_command_of_the_most_words_gets_all_of_them),
        ON_DISK(the_environment_is_clean_and_tells_what_happened),
        ON_DISK(certificates_that_share_a_command_stand_in_lines),
        ON_DISK(the_input_is_empty),
        ON_DISK(no_descriptor_of_ours_is_passed_on),
        ON_DISK(signals_are_as_in_a_new_process),
        ON_DISK(a_command_has_a_session_of_its_own),
        ON_DISK(our_own_signals_are_as_before),
        ON_DISK(what_it_says_is_logged_line_by_line),
        ON_DISK(only_the_end_of_a_long_output_is_kept),
        ON_DISK(a_status_other_than_zero_is_a_failure),
        ON_DISK(only_the_end_of_what_a_failed_command_said_is_repeated),
        ON_DISK(a_death_by_signal_is_a_failure),
        ON_DISK(a_command_that_cannot_be_executed_says_why),
        ON_DISK(a_daemon_that_keeps_the_output_is_not_waited_for),
        ON_DISK(who_is_not_root_runs_it_through_sudo),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
