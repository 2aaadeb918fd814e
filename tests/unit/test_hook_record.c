/* The record of a hook: its lock, and what it says. */

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "support/hook_records.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define OTHER_GENERATION "fedcba9876543210"

enum { SOMEBODY = 65533 };

/* A process that lives until end_process. */
static pid_t start_process(void)
{
    pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    assert_true(child > 0);
    return child;
}

static void end_process(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* --- the lock --------------------------------------------------------------------------------- */

static void a_lock_lasts_until_all_its_copies_are_closed(void **state)
{
    const struct site *site = *state;
    int lock = take_lock(site);
    int copy = dup(lock);
    assert_int_equal(fcntl(lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_held(site);
    close(lock);
    assert_held(site);
    close(copy);
    assert_free(site);
}

static void others_can_lock_it_whatever_the_umask(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    mode_t before = umask(0077);
    assert_free(site);
    umask(before);
    assert_mode(record_path(site, path), 0644);
}

static void without_its_directory_nothing_can_be_locked(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    int lock = 0;
    rmdir(site->left);
    assert_int_equal(hook_record_lock(&site->config, &lock, &error), HOOK_LOCK_FAILED);
    assert_int_equal(lock, -1);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_false(says_done(site));
    hook_record_remove(&site->config);
}

static void who_may_not_write_the_directory_is_told_so(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    char directory[SCRATCH_PATH_SIZE];
    int lock = 0;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(scratch_path(site->scratch, "", directory), 0755), 0);
    put_certificate(site);
    assert_int_equal(seteuid(SOMEBODY), 0);
    enum hook_lock result = hook_record_lock(&site->config, &lock, &error);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(result, HOOK_LOCK_FAILED);
    assert_non_null(strstr(error.message, "www.crt"));
    assert_true(error.advice[0] != '\0');
}

/* --- a hook whose runner has died ------------------------------------------------------------- */

static void a_hook_that_outlives_its_runner_keeps_the_lock(void **state)
{
    const struct site *site = *state;
    pid_t hook = start_process();
    uint64_t start = hook_record_process_start(hook);
    int lock = take_lock(site);
    assert_true(start > 0);
    record(lock, HOOK_RECORDED_RUNNING, hook, start, 0);
    close(lock);
    assert_held(site);
    hook_record_remove(&site->config); /* does nothing meanwhile */
    assert_held(site);
    assert_true(hook_record_is_held(&site->config));
    assert_false(says_done(site));
    end_process(hook);
    assert_false(hook_record_is_held(&site->config));
    assert_free(site);
    assert_false(says_done(site));
}

static void record_running_until(const struct site *site, pid_t hook, int64_t until_ms)
{
    const struct hook_record running = {.state = HOOK_RECORDED_RUNNING,
                                        .hook = hook,
                                        .started = hook_record_process_start(hook),
                                        .until_ms = until_ms};
    char path[SCRATCH_PATH_SIZE];
    int file = open(record_path(site, path), O_RDWR);
    assert_true(hook_record_write(file, &running));
    close(file);
}

static void a_hook_is_in_time_until_its_limit_and_some_grace(void **state)
{
    const struct site *site = *state;
    pid_t hook = start_process();
    assert_false(hook_record_is_in_time(&site->config)); /* there is no record */
    close(take_lock(site));
    record_running_until(site, hook, clock_monotonic_ms() + 1000);
    assert_true(hook_record_is_in_time(&site->config));
    record_running_until(site, hook, clock_monotonic_ms() - LIMIT_HOOK_GRACE_MS);
    assert_true(hook_record_is_in_time(&site->config));
    record_running_until(site, hook, clock_monotonic_ms() - 2 * LIMIT_HOOK_GRACE_MS);
    assert_false(hook_record_is_in_time(&site->config));
    record_running_until(site, hook, clock_monotonic_ms() + 2 * LIMIT_HOOK_MS); /* nobody's limit */
    assert_false(hook_record_is_in_time(&site->config));
    record_running_until(site, hook, clock_monotonic_ms() + 1000);
    end_process(hook);
    assert_false(hook_record_is_in_time(&site->config));
}

static void a_later_process_with_its_number_is_not_the_hook(void **state)
{
    const struct site *site = *state;
    int lock = take_lock(site);
    record(lock, HOOK_RECORDED_RUNNING, getpid(), hook_record_process_start(getpid()) + 1, 0);
    close(lock);
    assert_free(site);
}

static void a_hook_that_has_ended_is_over_before_it_is_reaped(void **state)
{
    const struct site *site = *state;
    siginfo_t ignored;
    pid_t hook = start_process();
    uint64_t start = hook_record_process_start(hook);
    int lock = take_lock(site);
    record(lock, HOOK_RECORDED_RUNNING, hook, start, 0);
    close(lock);
    kill(hook, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)hook, &ignored, WEXITED | WNOWAIT), 0);
    assert_free(site);
    end_process(hook);
}

static void the_start_of_a_process_is_known(void **state)
{
    (void)state;
    pid_t first = start_process();
    pid_t second = start_process();
    uint64_t start = hook_record_process_start(first);
    assert_true(start > 0);
    assert_true(hook_record_process_start(second) >= start);
    end_process(first);
    end_process(second);
    assert_int_equal(hook_record_process_start(first), 0);
}

/* --- what it says ----------------------------------------------------------------------------- */

static void only_success_for_that_generation_is_done(void **state)
{
    const struct site *site = *state;
    assert_false(says_done(site));
    record_end(site, 0);
    assert_true(says_done(site));
    assert_false(hook_record_says_done(&site->config, OTHER_GENERATION));
    assert_false(hook_record_says_done(&site->config, ""));
    record_end(site, 1 << 8);
    assert_false(says_done(site));
    record_end(site, SIGKILL);
    assert_false(says_done(site));
    int lock = take_lock(site);
    record(lock, HOOK_RECORDED_RUNNING, 1, 1, 0);
    close(lock);
    assert_false(says_done(site));
}

static void a_shorter_record_replaces_a_longer_one(void **state)
{
    const struct site *site = *state;
    int lock = take_lock(site);
    record(lock, HOOK_RECORDED_RUNNING, 1 << 21, UINT64_MAX, 0);
    record(lock, HOOK_RECORDED_ENDED, 1, 1, 0);
    assert_true(says_done(site)); /* also while it is locked */
    close(lock);
    assert_true(says_done(site));
}

static void a_removed_record_says_nothing(void **state)
{
    const struct site *site = *state;
    record_end(site, 0);
    int lock = take_lock(site);
    hook_record_remove(&site->config);
    assert_true(says_done(site)); /* it was locked */
    assert_true(hook_record_is_held(&site->config));
    close(lock);
    assert_false(hook_record_is_held(&site->config));
    hook_record_remove(&site->config);
    assert_false(hook_record_is_held(&site->config)); /* and creates none */
    assert_false(says_done(site));
    assert_int_equal(files_in(site->left), 1); /* the certificate */
    hook_record_remove(&site->config);
}

/* Writes the record's text with `from` replaced by `to`, in whole. */
static void replace_in_record(const struct site *site, const char *from, const char *to)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf text = BUF(4096);
    BUF_AUTO struct buf changed = BUF(8192);
    struct error error = {0};
    record_end(site, 0);
    assert_true(file_read(record_path(site, path), "record", &text, &error));
    size_t at = str_search(buf_str(&text), str_from(from));
    assert_true(at < text.length);
    buf_append(&changed, str_take(buf_str(&text), at));
    buf_append_text(&changed, to);
    buf_append(&changed, str_skip(buf_str(&text), at + strlen(from)));
    scratch_write(path, buf_str(&changed), 0644);
}

static void a_record_of_before_the_last_reboot_says_nothing(void **state)
{
    const struct site *site = *state;
    char boot[64] = "";
    FD_AUTO int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    if (read(file, boot, 36) != 36)
        skip();
    replace_in_record(site, boot, "00000000-0000-0000-0000-000000000000");
    assert_false(says_done(site));
    assert_free(site);
}

static void a_damaged_record_says_nothing(void **state)
{
    const struct site *site = *state;
    static const char *const changes[][2] = {
        {"wcp-hook 1", "wcp-hook 2"},
        {"wcp-hook 1 ", "wcp-hook 1"},
        {"wcp-hook 1 ", ""},
        {" " GENERATION, ""},
        {GENERATION, GENERATION "0"},
        {GENERATION, "0123"},
        {" ended ", " finished "},
        {" ended ", " "},
        {" ended 0", " ended"},
        {" ended 0", " ended x"},
        {" ended 0", " ended 65536"},
        {" ended 0", " ended -1"},
        {" ended 0\n", " ended 0\n\n"},
        {" 0 ended", " x ended"},
        {"\n", "\nwcp-hook 1 "},
    };
    record_end(site, 0);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        replace_in_record(site, changes[i][0], changes[i][1]);
        if (says_done(site))
            fail_msg("\"%s\" for \"%s\" is believed", changes[i][1], changes[i][0]);
        assert_free(site);
    }
    replace_in_record(site, "wcp-hook 1", "wcp-hook 1");
    assert_true(says_done(site));
}

static void a_record_of_any_size_is_read_within_bounds(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf large = BUF(1 << 16);
    for (size_t i = 0; i < 1 << 14; i++)
        buf_append_text(&large, "wcp-hook 1 ");
    scratch_write(record_path(site, path), STR(""), 0644);
    assert_false(says_done(site));
    scratch_write(path, buf_str(&large), 0644);
    assert_false(says_done(site));
    assert_free(site);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_lock_lasts_until_all_its_copies_are_closed),
        TEST(others_can_lock_it_whatever_the_umask),
        TEST(without_its_directory_nothing_can_be_locked),
        TEST(who_may_not_write_the_directory_is_told_so),
        TEST(a_hook_that_outlives_its_runner_keeps_the_lock),
        TEST(a_hook_is_in_time_until_its_limit_and_some_grace),
        TEST(a_later_process_with_its_number_is_not_the_hook),
        TEST(a_hook_that_has_ended_is_over_before_it_is_reaped),
        TEST(the_start_of_a_process_is_known),
        TEST(only_success_for_that_generation_is_done),
        TEST(a_shorter_record_replaces_a_longer_one),
        TEST(a_removed_record_says_nothing),
        TEST(a_record_of_before_the_last_reboot_says_nothing),
        TEST(a_damaged_record_says_nothing),
        TEST(a_record_of_any_size_is_read_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
