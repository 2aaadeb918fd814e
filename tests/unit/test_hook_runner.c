/* The runner of a hook: its report, its lock, its record, and what is left when it or the agent
 * dies. */
#include "supervisor/hook_runner.h"

#include "base/file.h"
#include "base/format.h"
#include "support/captured_log.h"
#include "support/hook_records.h"
#include "support/orphans.h"

#include <dirent.h>
#include <fcntl.h>
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

static struct buf log_lines;

/* Only root runs commands directly: others skip the test. */
static int setup(void **state)
{
    log_lines = BUF(64 * 1024);
    capture_log(&log_lines);
    return site_setup(state);
}

static int teardown(void **state)
{
    release_log();
    unsetenv("WCP_TEST_HURRY");
    buf_free(&log_lines);
    return site_teardown(state);
}

/* Makes a shell script the refresh command of the site. In it, $GO is the path of a FIFO. */
static void program(struct site *site, const char *script)
{
    static char path[SCRATCH_PATH_SIZE];
    char fifo[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf text = BUF(8192);
    if (geteuid() != 0)
        skip();
    scratch_path(site->scratch, "go", fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    buf_format(&text, "#!/bin/sh\nGO=%s\n%s\n", fifo, script);
    scratch_write(scratch_path(site->scratch, "command", path), buf_str(&text), 0755);
    site->config.refresh_command = path;
}

/* Waits until the script reads its FIFO. When the returned descriptor is closed, it goes on. */
static int wait_for_script(const struct site *site)
{
    char fifo[SCRATCH_PATH_SIZE];
    int go = open(scratch_path(site->scratch, "go", fifo), O_WRONLY | O_CLOEXEC);
    assert_true(go >= 0);
    return go;
}

static struct hook_runner start(const struct site *site)
{
    const struct hook_subject subject = {&site->config, "because", 0};
    struct hook_locks locks = {.count = 1};
    struct hook_runner runner;
    struct error error = {0};
    locks.files[0] = take_lock(site);
    memcpy(locks.generations[0], GENERATION, GENERATION_SIZE);
    if (!hook_runner_start(&runner, &subject, 1, &locks, &error))
        fail_msg("%s", error.message);
    hook_locks_close(&locks);
    assert_int_equal(locks.count, 0);
    runner.deadline.at_ms = INT64_MAX; /* tests that hurry would not leave it its time */
    return runner;
}

static bool finish(struct hook_runner *runner, struct error *error)
{
    pid_t process = 0;
    while (!hook_runner_receive(runner)) {
        struct pollfd event = {.fd = runner->pipe, .events = POLLIN};
        poll(&event, 1, deadline_left_ms(runner->deadline));
    }
    bool done = hook_runner_finish(runner, &process, error);
    assert_int_equal(runner->pipe, -1);
    assert_int_equal(waitpid(process, NULL, 0), process);
    return done;
}

static void assert_fails(struct site *site, const char *part)
{
    struct error error = {0};
    struct hook_runner runner = start(site);
    assert_false(finish(&runner, &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    if (strstr(error.message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
    assert_false(says_done(site));
    /* One that was killed may take a moment to go on a busy machine, and the runner does not wait.
     */
    for (int i = 0; i < 1000 && hook_record_is_held(&site->config); i++)
        poll(NULL, 0, 10);
    assert_free(site);
}

/* --- its end ---------------------------------------------------------------------------------- */

static void a_hook_that_succeeds_is_reported_and_recorded(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    program(site, "echo one; echo two >&2; echo $WCP_REASON");
    struct hook_runner runner = start(site);
    assert_true(finish(&runner, &error));
    assert_logged(&log_lines, "INFO Refresh command output for ");
    assert_logged(&log_lines, ": one\n");
    assert_logged(&log_lines, ": two\n");
    assert_logged(&log_lines, ": because\n");
    assert_true(says_done(site));
    assert_free(site);
}

static void a_hook_that_fails_is_reported_and_recorded(void **state)
{
    struct site *site = *state;
    program(site, "echo it is broken; exit 3");
    assert_fails(site, "exited with status 3; its output: it is broken");
    assert_logged(&log_lines, "WARN Refresh command output for ");
}

static void a_hook_that_is_killed_has_failed(void **state)
{
    struct site *site = *state;
    program(site, "kill -KILL $$");
    assert_fails(site, "was killed by signal 9");
}

static void a_command_that_cannot_be_executed_has_failed(void **state)
{
    struct site *site = *state;
    program(site, "");
    assert_int_equal(chmod(site->config.refresh_command, 0644), 0);
    assert_fails(site, "could not be executed");
}

static void a_hook_that_hangs_is_ended_by_its_runner(void **state)
{
    struct site *site = *state;
    setenv("WCP_TEST_HURRY", "9000", 1);
    program(site, "sleep 1000");
    assert_fails(site, "did not end within 900 s");
}

static void a_hook_that_ends_well_but_late_has_failed(void **state)
{
    struct site *site = *state;
    setenv("WCP_TEST_HURRY", "900", 1); /* a second, then 11 ms */
    program(site, "trap 'exit 0' TERM; sleep 1000 & while :; do wait; done");
    assert_fails(site, "did not end within 900 s");
}

static void only_the_end_of_a_long_output_is_reported(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    program(site, "head -c 1000000 /dev/zero | tr '\\0' x; printf '\\nend\\n'");
    struct hook_runner runner = start(site);
    assert_true(finish(&runner, &error));
    assert_logged(&log_lines, "(995909 bytes left out)");
    assert_logged(&log_lines, ": end\n");
}

/* --- while it runs ---------------------------------------------------------------------------- */

static void the_lock_is_held_until_the_hook_ends(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    program(site, "read x < $GO");
    struct hook_runner runner = start(site);
    int go = wait_for_script(site);
    assert_held(site);
    assert_false(says_done(site));
    close(go);
    assert_false(finish(&runner, &error)); /* read has found no line */
    assert_free(site);
}

static void a_daemon_that_the_hook_starts_does_not_hold_the_lock(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    uint64_t pid = 0;
    assert_true(adopt_orphans());
    program(site, "sleep 1000 & echo =$!");
    struct hook_runner runner = start(site);
    assert_true(finish(&runner, &error));
    struct str said = buf_str(&log_lines);
    said = str_skip(said, str_search(said, STR("=")) + 1);
    assert_true(str_to_unsigned(str_trim(said), 1U << 22, &pid));
    assert_free(site);
    assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
    assert_int_equal(waitpid((pid_t)pid, NULL, 0), pid);
}

/* The names of the files that a process has open, each in a line. */
static void list_files(pid_t process, struct buf *names)
{
    char path[64];
    char name[SCRATCH_PATH_SIZE];
    format_text(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *listing = opendir(path);
    assert_non_null(listing);
    for (struct dirent *each = readdir(listing); each != NULL; each = readdir(listing)) {
        ssize_t length = readlinkat(dirfd(listing), each->d_name, name, sizeof name);
        if (length > 0)
            buf_format(names, "%.*s\n", (int)length, name);
    }
    closedir(listing);
}

static void a_runner_keeps_nothing_of_the_agent_open(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf names = BUF(8192);
    scratch_write(scratch_path(site->scratch, "log", path), STR(""), 0600);
    int agents = open(path, O_RDWR); /* not closed on exec */
    program(site, "read x < $GO");
    struct hook_runner runner = start(site);
    int go = wait_for_script(site);
    list_files(runner.process, &names);
    close(go);
    finish(&runner, &error);
    close(agents);
    assert_logged(&names, "/.www.crt.wcp-hook\n");
    assert_logged(&names, "/dev/null\n");
    assert_not_logged(&names, "/log\n");
}

static void all_certificates_of_a_hook_have_a_record(void **state)
{
    struct site *site = *state;
    struct site other = *site;
    struct error error = {0};
    struct hook_locks locks = {.count = 2};
    struct hook_runner runner;
    program(site, "read x < $GO; exit 0");
    other.config.certificate_path = site->combined; /* in the other directory */
    memcpy(other.certificate, site->combined, sizeof other.certificate);
    const struct hook_subject subject = {&site->config, "because", 0};
    locks.files[0] = take_lock(site);
    locks.files[1] = take_lock(&other);
    memcpy(locks.generations[1], GENERATION, GENERATION_SIZE);
    assert_true(hook_runner_start(&runner, &subject, 1, &locks, &error));
    hook_locks_close(&locks);
    int go = wait_for_script(site);
    assert_held(site);
    assert_held(&other);
    close(go);
    assert_true(finish(&runner, &error));
    assert_false(says_done(site)); /* it ran for no journal of this one */
    assert_true(says_done(&other));
    assert_free(site);
    assert_free(&other);
}

/* --- deaths ----------------------------------------------------------------------------------- */

static void a_hook_whose_runner_is_killed_keeps_the_lock_until_it_ends(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    assert_true(adopt_orphans());
    program(site, "read x < $GO; exit 0");
    struct hook_runner runner = start(site);
    int go = wait_for_script(site);
    kill(runner.process, SIGKILL);
    assert_false(finish(&runner, &error));
    assert_non_null(strstr(error.message, "has died or is silent"));
    assert_held(site);
    close(go);
    while (waitpid(-1, NULL, 0) > 0) /* the hook */
        continue;
    assert_free(site);
    assert_false(says_done(site)); /* nobody knows how it ended */
}

static void a_runner_records_the_end_when_the_agent_is_gone(void **state)
{
    struct site *site = *state;
    program(site, "read x < $GO; head -c 100000 /dev/zero; exit 0");
    struct hook_runner runner = start(site);
    pid_t process = runner.process;
    int go = wait_for_script(site);
    hook_runner_free(&runner); /* and with it the reading end of the pipe */
    assert_held(site);
    close(go);
    assert_int_equal(waitpid(process, NULL, 0), process);
    assert_true(says_done(site));
    assert_free(site);
}

static void a_silent_runner_is_given_up(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    program(site, "read x < $GO; exit 0");
    struct hook_runner runner = start(site);
    pid_t process = 0;
    int go = wait_for_script(site);
    assert_false(hook_runner_receive(&runner));
    runner.deadline = deadline_in(0);
    assert_true(hook_runner_receive(&runner));
    assert_false(hook_runner_finish(&runner, &process, &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_held(site); /* the next attempt waits for it */
    close(go);
    assert_int_equal(waitpid(process, NULL, 0), process);
    assert_true(says_done(site));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_hook_that_succeeds_is_reported_and_recorded),
        TEST(a_hook_that_fails_is_reported_and_recorded),
        TEST(a_hook_that_is_killed_has_failed),
        TEST(a_command_that_cannot_be_executed_has_failed),
        TEST(a_hook_that_hangs_is_ended_by_its_runner),
        TEST(a_hook_that_ends_well_but_late_has_failed),
        TEST(only_the_end_of_a_long_output_is_reported),
        TEST(the_lock_is_held_until_the_hook_ends),
        TEST(a_daemon_that_the_hook_starts_does_not_hold_the_lock),
        TEST(a_runner_keeps_nothing_of_the_agent_open),
        TEST(all_certificates_of_a_hook_have_a_record),
        TEST(a_hook_whose_runner_is_killed_keeps_the_lock_until_it_ends),
        TEST(a_runner_records_the_end_when_the_agent_is_gone),
        TEST(a_silent_runner_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
