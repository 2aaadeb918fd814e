/* The command of a credential_process: how it runs, and what becomes of it. */
#include "supervisor/credential_command.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "support/captured_log.h"
#include "support/orphans.h"
#include "support/scratch.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD                                                                                       \
    "echo "                                                                                        \
    "'{\"Version\":1,\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'"

static struct buf log_lines;

static int setup(void **state)
{
    log_lines = BUF(64 * 1024);
    capture_log(&log_lines);
    return scratch_setup(state);
}

static int teardown(void **state)
{
    release_log();
    unsetenv("WCP_TEST_HURRY");
    buf_free(&log_lines);
    return scratch_teardown(state);
}

/* A plan whose command is this script. */
static void plan_script(void **state, struct credential_plan *plan, const char *script)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf text = BUF(8192);
    buf_format(&text, "#!/bin/sh\ncd '%s'\n%s\n", (const char *)*state, script);
    scratch_write(scratch_path(state, "helper", path), buf_str(&text), 0755);
    buf_clear(&text);
    buf_format(&text, "%s 'a  b' c", path);
    *plan = (struct credential_plan){.source = SOURCE_COMMAND, .name = "the profile"};
    plan->command = str_duplicate(buf_str(&text));
}

struct running {
    pid_t runner;
    int pipe;
    struct buf report;
};

static struct running start(const struct credential_plan *plan)
{
    struct running running = {.report = BUF_SECRET(2 * LIMIT_COMMAND_OUTPUT)};
    struct error error = error_none();
    if (!credential_command_start(plan, &running.runner, &running.pipe, &error))
        fail_msg("%s", error.message);
    return running;
}

static void read_to_end(struct running *running)
{
    ssize_t got = 1;
    while (got != 0) {
        struct pollfd event = {.fd = running->pipe, .events = POLLIN};
        assert_int_equal(poll(&event, 1, 60 * 1000), 1);
        assert_true(buf_reserve(&running->report, 4096));
        got = read(running->pipe, running->report.data + running->report.length, 4096);
        assert_true(got >= 0 || errno == EAGAIN);
        if (got > 0)
            running->report.length += (size_t)got;
    }
    close(running->pipe);
    assert_int_equal(waitpid(running->runner, NULL, 0), running->runner);
}

static bool run_plan(struct credential_plan *plan, struct error *error)
{
    struct running running = start(plan);
    read_to_end(&running);
    bool done = credential_command_finish(buf_str(&running.report), plan, error);
    buf_free(&running.report);
    return done;
}

static void assert_succeeds(void **state, const char *script)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error = error_none();
    plan_script(state, &plan, script);
    if (!run_plan(&plan, &error))
        fail_msg("%s", error.message);
    assert_string_equal(buf_text(&plan.keys.access_key_id), "ASIA1");
}

static void assert_fails(void **state, const char *script, const char *message)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    struct error error = error_none();
    plan_script(state, &plan, script);
    assert_false(run_plan(&plan, &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "no credentials from the profile: "));
    if (strstr(error.message, message) == NULL)
        fail_msg("%s", error.message);
}

static void nobody_is_left(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        continue;
    assert_int_equal(errno, ECHILD);
}

static void its_output_is_the_credentials(void **state)
{
    assert_succeeds(state, GOOD);
}

static void it_has_its_words_the_environment_and_no_descriptor_of_ours(void **state)
{
    enum { OURS = 77 };
    setenv("FOR_THE_HELPER", "yes", 1);
    assert_int_equal(dup2(STDERR_FILENO, OURS), OURS);
    assert_succeeds(state, "test \"$1|$2|$#\" = 'a  b|c|2' || exit 3\n"
                           "test $FOR_THE_HELPER = yes || exit 4\n"
                           "test \"$(readlink /proc/$$/fd/0)\" = /dev/null || exit 5\n"
                           "test ! -e /proc/$$/fd/77 || exit 6\n" GOOD);
    close(OURS);
    unsetenv("FOR_THE_HELPER");
}

static void a_bare_name_is_looked_for_in_the_path(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    BUF_AUTO struct buf path = BUF(8192);
    const char *before = getenv("PATH");
    struct error error = error_none();
    plan_script(state, &plan, GOOD);
    memcpy(plan.command, "helper", sizeof "helper");
    buf_format(&path, "/nonexistent:%s:%s", (const char *)*state, before);
    char *saved = str_duplicate(str_from(before));
    setenv("PATH", buf_text(&path), 1);
    bool done = run_plan(&plan, &error);
    setenv("PATH", saved, 1);
    free(saved);
    assert_true(done);
}

static void a_failure_is_told_with_its_last_words(void **state)
{
    assert_fails(state, "echo no >&2; echo luck >&2; echo secret; exit 3",
                 "its credential_process exited with status 3; it said: no luck");
    assert_fails(state, "kill -KILL $$", "its credential_process was killed by signal 9");
    assert_fails(state, "exit 1", "its credential_process exited with status 1");
    assert_fails(state,
                 "i=0; while [ $i -lt 3000 ]; do echo some line $i >&2; i=$((i+1)); done; exit 1",
                 "some line 2999");
}

static void output_that_is_no_credentials_is_told_without_it(void **state)
{
    assert_fails(state, "echo hidden", "the output of its credential_process is not JSON");
    assert_fails(state, "true", "the output of its credential_process is not JSON");
    assert_fails(state, "echo '{\"Version\":2}'",
                 "the output of its credential_process has no \"Version\": 1");
}

static void output_without_end_is_cut(void **state)
{
    assert_true(adopt_orphans());
    assert_fails(state, "exec yes", "wrote more than 65536 bytes");
    nobody_is_left();
}

static void last_words_are_made_printable(void **state)
{
    assert_fails(state, "printf 'a\\033[2Jb\\nc' >&2; exit 1", "it said: a?[2Jb c");
    assert_fails(state, "printf '\\303\\244%.0s' $(seq 200) >&2; printf x >&2; exit 1",
                 "it said: ?\xc3\xa4");
}

static void a_command_that_hangs_is_ended_with_its_children(void **state)
{
    assert_true(adopt_orphans());
    setenv("WCP_TEST_HURRY", "200", 1);
    assert_fails(state, "echo waiting >&2; sleep 1000 & sleep 1000",
                 "did not end within 60 s; it said: waiting");
    nobody_is_left();
    assert_fails(state, "trap '' TERM; sleep 1000 & while :; do sleep 1000; done",
                 "did not end within");
    nobody_is_left();
}

static void a_daemon_that_it_leaves_behind_does_not_hold_it(void **state)
{
    assert_true(adopt_orphans());
    assert_succeeds(state, "sleep 1000 & echo $! > pid\n" GOOD);
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf pid = BUF(100);
    struct error error = error_none();
    assert_true(file_read(scratch_path(state, "pid", path), "pid", &pid, &error));
    kill((pid_t)strtol(buf_text(&pid), NULL, 10), SIGKILL);
    nobody_is_left();
}

static void killing_the_runner_kills_all(void **state)
{
    assert_true(adopt_orphans());
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    plan_script(state, &plan, "sleep 1000 & echo here >&2; sleep 1000");
    struct running running = start(&plan);
    credential_command_kill(running.runner);
    read_to_end(&running);
    assert_int_equal(running.report.length, 0);
    buf_free(&running.report);
    nobody_is_left();
}

/* An agent that starts a command and is killed. */
static void a_killed_agent_leaves_nothing(void **state)
{
    assert_true(adopt_orphans());
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    char path[SCRATCH_PATH_SIZE];
    plan_script(state, &plan, "sleep 1000 & touch here; sleep 1000");
    pid_t agent = fork();
    if (agent == 0) {
        start(&plan);
        while (true)
            pause();
    }
    scratch_path(state, "here", path);
    while (access(path, F_OK) != 0)
        clock_pause(5);
    kill(agent, SIGKILL);
    nobody_is_left();
}

static void a_command_line_that_cannot_run_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"helper | tee", "only a shell would understand"},
        {"no-such-program-anywhere x",
         "no-such-program-anywhere, which is looked for in PATH, cannot be run"},
        {"/nonexistent/helper", "/nonexistent/helper cannot be run"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CREDENTIAL_PLAN_AUTO struct credential_plan plan = {.name = "the profile"};
        struct error error = error_none();
        pid_t runner = 0;
        int pipe = -1;
        plan.command = str_duplicate(str_from(cases[i].line));
        assert_false(credential_command_start(&plan, &runner, &pipe, &error));
        assert_false(credential_command_check(&plan, &error));
        assert_int_equal(error.kind, ERROR_CONFIGURATION);
        assert_non_null(strstr(error.message, "no credentials from the profile: "));
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("%s", error.message);
    }
}

static void a_program_that_others_can_change_is_warned_about(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    char path[SCRATCH_PATH_SIZE];
    struct error error = error_none();
    plan_script(state, &plan, GOOD);
    assert_int_equal(chmod(scratch_path(state, "helper", path), 0777), 0);
    assert_true(run_plan(&plan, &error));
    assert_logged(&log_lines, "the program can be changed by others");
    assert_logged(&log_lines, "chmod go-w");
}

static void a_report_that_is_cut_is_refused(void **state)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan;
    plan_script(state, &plan, GOOD);
    struct running running = start(&plan);
    read_to_end(&running);
    for (size_t length = 0; length < running.report.length; length += 7) {
        struct error error = error_none();
        struct str cut = str_take(buf_str(&running.report), length);
        assert_false(credential_command_finish(cut, &plan, &error));
        assert_int_equal(error.kind, ERROR_TRANSIENT);
    }
    buf_free(&running.report);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(its_output_is_the_credentials),
        CASE(it_has_its_words_the_environment_and_no_descriptor_of_ours),
        CASE(a_bare_name_is_looked_for_in_the_path),
        CASE(a_failure_is_told_with_its_last_words),
        CASE(output_that_is_no_credentials_is_told_without_it),
        CASE(output_without_end_is_cut),
        CASE(last_words_are_made_printable),
        CASE(a_command_that_hangs_is_ended_with_its_children),
        CASE(a_daemon_that_it_leaves_behind_does_not_hold_it),
        CASE(killing_the_runner_kills_all),
        CASE(a_killed_agent_leaves_nothing),
        CASE(a_command_line_that_cannot_run_is_refused),
        CASE(a_program_that_others_can_change_is_warned_about),
        CASE(a_report_that_is_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
