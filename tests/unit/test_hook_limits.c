/* Hooks that do not end: SIGTERM to the process group, then SIGKILL, then giving up. */
#include "supervisor/hook.h"

#include "support/data.h"
#include "support/hooks.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct hook started(void **state)
{
    struct refresh_test *test = *state;
    struct hook refresh;
    struct error error = {0};
    const struct hook_subject subject = {&test->certificate, "because", 0};
    if (!hook_start(&refresh, &subject, 1, NULL, NULL, &error))
        fail_msg("%s", error.message);
    return refresh;
}

/* Waits until the command has printed `word`. */
static void wait_for_word(struct hook *refresh, const char *word)
{
    while (str_search(buf_str(&refresh->tail), str_from(word)) == refresh->tail.length) {
        struct pollfd output = {.fd = refresh->output, .events = POLLIN};
        assert_true(refresh->output >= 0);
        assert_int_equal(poll(&output, 1, -1), 1);
        hook_receive(refresh);
    }
}

/* Waits until no process has the command's output open. */
static void wait_for_silence(struct hook *refresh)
{
    while (refresh->output >= 0) {
        struct pollfd output = {.fd = refresh->output, .events = POLLIN};
        assert_int_equal(poll(&output, 1, -1), 1);
        hook_receive(refresh);
    }
}

static int reaped(struct hook *refresh)
{
    int status = 0;
    siginfo_t ignored;
    assert_int_equal(waitid(P_PID, (id_t)refresh->pid, &ignored, WEXITED | WNOWAIT), 0);
    assert_true(hook_reap(refresh, &status));
    assert_int_equal(refresh->pid, 0);
    hook_free(refresh);
    return status;
}

static void a_running_command_is_not_reaped(void **state)
{
    int status = 0;
    program(state, "echo ready; sleep 1000", "");
    struct hook refresh = started(state);
    wait_for_word(&refresh, "ready");
    assert_false(hook_reap(&refresh, &status));
    assert_true(refresh.pid > 0);
    kill(-refresh.pid, SIGKILL);
    wait_for_silence(&refresh);
    assert_true(WIFSIGNALED(reaped(&refresh)));
}

static void a_late_command_gets_a_chance_to_end_well(void **state)
{
    program(state,
            "trap 'echo tidy; exit 7' TERM; sh -c 'echo ready; exec sleep 1000' & while :; do "
            "wait; done",
            "");
    struct hook refresh = started(state);
    wait_for_word(&refresh, "ready");
    assert_true(hook_expire(&refresh));
    assert_true(refresh.terminated);
    assert_false(refresh.killed);
    wait_for_word(&refresh, "tidy");
    wait_for_silence(&refresh); /* other processes of its group got the signal, too */
    int status = reaped(&refresh);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

static void a_command_that_does_not_take_the_hint_is_killed_with_its_group(void **state)
{
    program(state, "trap '' TERM; sleep 1000 & echo ready; while :; do sleep 1000; done", "");
    struct hook refresh = started(state);
    wait_for_word(&refresh, "ready");
    assert_true(hook_expire(&refresh));
    assert_true(hook_expire(&refresh));
    assert_true(refresh.killed);
    wait_for_silence(&refresh);
    int status = reaped(&refresh);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

static void after_that_it_is_given_up(void **state)
{
    program(state, "echo ready; sleep 1000", "");
    struct hook refresh = started(state);
    wait_for_word(&refresh, "ready");
    assert_true(hook_expire(&refresh));
    assert_true(hook_expire(&refresh));
    assert_false(hook_expire(&refresh));
    assert_false(hook_expire(&refresh));
    wait_for_silence(&refresh);
    reaped(&refresh);
}

static void the_time_it_has_is_counted_from_its_start(void **state)
{
    program(state, "exec sleep 1000", "");
    struct hook refresh = started(state);
    assert_in_range(deadline_left_ms(refresh.deadline), 14 * 60 * 1000, 15 * 60 * 1000);
    hook_expire(&refresh);
    assert_in_range(deadline_left_ms(refresh.deadline), 0, 10 * 1000);
    hook_expire(&refresh);
    wait_for_silence(&refresh);
    reaped(&refresh);
}

static void a_command_that_hangs_is_ended_and_has_failed(void **state)
{
    setenv("WCP_TEST_HURRY", "9000", 1);
    program(state, "sleep 1000", "");
    assert_fails(state, "did not end within 900 s");
    program(state, "trap '' TERM; while :; do sleep 1000; done", "");
    assert_fails(state, "did not end within 900 s");
}

static void a_command_that_ends_well_but_late_has_failed_all_the_same(void **state)
{
    setenv("WCP_TEST_HURRY", "900", 1); /* a second, then 11 ms */
    program(state, "trap 'exit 0' TERM; sleep 1000 & while :; do wait; done", "");
    assert_fails(state, "did not end within 900 s");
}

#define ON_DISK(test)                                                                              \
    cmocka_unit_test_setup_teardown(test, refresh_test_setup, refresh_test_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_running_command_is_not_reaped),
        ON_DISK(a_late_command_gets_a_chance_to_end_well),
        ON_DISK(a_command_that_does_not_take_the_hint_is_killed_with_its_group),
        ON_DISK(after_that_it_is_given_up),
        ON_DISK(the_time_it_has_is_counted_from_its_start),
        ON_DISK(a_command_that_hangs_is_ended_and_has_failed),
        ON_DISK(a_command_that_ends_well_but_late_has_failed_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
