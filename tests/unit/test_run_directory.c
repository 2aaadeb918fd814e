/* The run-time directory of a configuration file, and the lock in it. */
#include "supervisor/run_directory.h"
#include "supervisor/run_lock.h"

#include "base/file.h"
#include "base/format.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The test's directory is the working directory. It has the directory "etc". */
static int setup(void **state)
{
    int result = scratch_setup(state);
    return result == 0 && chdir(*state) == 0 && mkdir("etc", 0755) == 0 ? 0 : -1;
}

/* --- the path --- */

static void assert_path_of(void **state, const char *spelling, const char *expected)
{
    char path[SCRATCH_PATH_SIZE];
    char found[RUN_DIRECTORY_PATH_SIZE];
    run_directory_path(spelling[0] == '/' ? scratch_path(state, spelling + 1, path) : spelling,
                       found);
    assert_string_equal(found, expected);
}

static void all_spellings_have_one_directory(void **state)
{
    static const char *const spellings[] = {"/etc/config.toml",        "/./etc//config.toml",
                                            "/etc/../etc/config.toml", "etc/config.toml",
                                            "linked/config.toml",      "./etc/config.toml"};
    char path[RUN_DIRECTORY_PATH_SIZE];
    assert_int_equal(symlink("etc", "linked"), 0);
    run_directory_path("etc/config.toml", path);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
        assert_path_of(state, spellings[i], path);
    assert_int_equal(chdir("etc"), 0);
    assert_path_of(state, "config.toml", path);
}

static void another_name_or_directory_has_another(void **state)
{
    char first[RUN_DIRECTORY_PATH_SIZE];
    char second[RUN_DIRECTORY_PATH_SIZE];
    (void)state;
    run_directory_path("etc/config.toml", first);
    run_directory_path("etc/other.toml", second);
    assert_string_not_equal(first, second);
    run_directory_path("config.toml", second);
    assert_string_not_equal(first, second);
}

static void while_the_directory_is_absent_its_path_counts(void **state)
{
    char path[RUN_DIRECTORY_PATH_SIZE];
    char later[RUN_DIRECTORY_PATH_SIZE];
    run_directory_path("new/config.toml", path);
    assert_path_of(state, "/new/config.toml", path);
    assert_int_equal(mkdir("new", 0755), 0);
    run_directory_path("new/config.toml", later);
    assert_string_not_equal(path, later);
    run_directory_path(CONFIG_DEFAULT_PATH, path);
    assert_string_equal(path, "/run/wcp-tiny/default");
}

/* --- the lock --- */

static int open_here(void)
{
    return open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void second_process_does_not_get_the_lock(void **state)
{
    FD_AUTO int here = open_here();
    struct error error = {0};
    int lock = -1;
    int status = 0;
    (void)state;
    assert_int_equal(run_lock_take(here, &lock, &error), RUN_LOCK_TAKEN);
    pid_t child = fork();
    if (child == 0) {
        char expected[64];
        pid_t holder = 0;
        bool held = run_lock_is_held(here, &holder) && holder == getppid();
        format_text(expected, sizeof expected, "running already, pid %d", (int)getppid());
        bool refused = run_lock_take(here, &lock, &error) == RUN_LOCK_HELD && lock == -1 &&
                       strstr(error.message, expected) != NULL;
        _exit(held && refused ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(lock);
}

static void lock_ends_with_its_process(void **state)
{
    FD_AUTO int here = open_here();
    struct error error = {0};
    int lock = -1;
    int status = 0;
    pid_t holder = 0;
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(run_lock_take(here, &lock, &error) == RUN_LOCK_TAKEN ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(run_lock_is_held(here, &holder));
    assert_int_equal(run_lock_take(here, &lock, &error), RUN_LOCK_TAKEN);
    close(lock);
}

static void removed_or_replaced_lock_is_noticed(void **state)
{
    FD_AUTO int here = open_here();
    struct error error = {0};
    int lock = -1;
    (void)state;
    assert_int_equal(run_lock_take(here, &lock, &error), RUN_LOCK_TAKEN);
    assert_true(run_lock_is_in_place(here, lock));
    assert_int_equal(unlink("pid"), 0);
    assert_false(run_lock_is_in_place(here, lock));
    scratch_write("pid", STR("1\n"), 0600);
    assert_false(run_lock_is_in_place(here, lock));
    close(lock);
}

/* Something else than a file of its own was made in the place of "pid". */
static void assert_replaced(int made)
{
    FD_AUTO int here = open_here();
    struct error error = {0};
    struct stat status;
    assert_int_equal(made, 0);
    FD_AUTO int file = run_file_open(here, "pid", &error);
    assert_true(file >= 0);
    assert_int_equal(write(file, "1", 1), 1);
    assert_int_equal(lstat("pid", &status), 0);
    assert_true(S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_size == 1);
    assert_int_equal(unlink("pid"), 0);
}

static void nothing_is_written_through_a_link(void **state)
{
    BUF_AUTO struct buf text = BUF(64);
    struct error error = {0};
    (void)state;
    scratch_write("victim", STR("precious"), 0600);
    assert_replaced(symlink("victim", "pid"));
    assert_replaced(link("victim", "pid"));
    assert_replaced(mkfifo("pid", 0600));
    assert_true(file_read("victim", "file", &text, &error));
    assert_true(str_equal(buf_str(&text), STR("precious")));
}

static void directory_in_the_place_of_the_file_is_an_error(void **state)
{
    FD_AUTO int here = open_here();
    struct error error = {0};
    int lock = -1;
    (void)state;
    assert_int_equal(mkdir("pid", 0755), 0);
    assert_int_equal(run_lock_take(here, &lock, &error), RUN_LOCK_IMPOSSIBLE);
    assert_int_equal(lock, -1);
    assert_int_equal(error.kind, ERROR_DENIED);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(all_spellings_have_one_directory),
        IN_SCRATCH(another_name_or_directory_has_another),
        IN_SCRATCH(while_the_directory_is_absent_its_path_counts),
        IN_SCRATCH(second_process_does_not_get_the_lock),
        IN_SCRATCH(lock_ends_with_its_process),
        IN_SCRATCH(removed_or_replaced_lock_is_noticed),
        IN_SCRATCH(nothing_is_written_through_a_link),
        IN_SCRATCH(directory_in_the_place_of_the_file_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
