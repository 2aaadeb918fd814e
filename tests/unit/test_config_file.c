/* The configuration as a file: the check who may change it, and reading. */
#include "base/format.h"
#include "base/limits.h"
#include "config/config.h"
#include "support/data.h"
#include "support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534, SOMEBODY = 65533 };

static void assert_protected(const char *path)
{
    struct error error = {0};
    if (!config_file_is_protected(path, "configuration", &error))
        fail_msg("%s", error.message);
}

static void assert_refused(const char *path, enum error_kind kind, const char *why)
{
    struct error error = {0};
    if (config_file_is_protected(path, "configuration", &error))
        fail_msg("%s was taken", path);
    assert_int_equal(error.kind, kind);
    assert_non_null(strstr(error.message, "configuration"));
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

/* --- who may change it --- */

static void a_file_that_only_its_owner_may_write_is_protected(void **state)
{
    static const mode_t modes[] = {0600, 0400, 0440, 0640, 0644, 0444, 0755};
    char path[SCRATCH_PATH_SIZE];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch_path(state, "config.toml", path), STR(""), modes[i]);
        assert_protected(path);
    }
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    static const mode_t modes[] = {0620, 0602, 0660, 0666, 0777, 01602};
    char path[SCRATCH_PATH_SIZE];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch_path(state, "config.toml", path), STR(""), modes[i]);
        assert_refused(path, ERROR_CONFIGURATION, "may be written by its group or by everybody");
    }
}

static void a_file_in_a_directory_that_others_may_write_is_refused(void **state)
{
    static const mode_t modes[] = {0720, 0702, 0777, 01777};
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(*state, modes[i]), 0);
        assert_refused(path, ERROR_CONFIGURATION, "may be written by its group or by everybody");
        assert_refused(path, ERROR_CONFIGURATION, *state);
    }
    assert_int_equal(chmod(*state, 0755), 0);
    assert_protected(path);
}

static void what_to_do_about_it_is_said(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf advice = BUF(1024);
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0666);
    assert_false(config_file_is_protected(path, "configuration", &error));
    buf_format(&advice, "run: chmod go-w %s", path);
    assert_string_equal(error.advice, buf_text(&advice));
}

static void a_link_is_followed_and_its_place_must_be_protected_too(void **state)
{
    char link[SCRATCH_PATH_SIZE];
    char directory[SCRATCH_PATH_SIZE];
    char file[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(state, "real", directory), 0700), 0);
    scratch_write(scratch_path(state, "real/config.toml", file), STR(""), 0600);
    assert_int_equal(symlink("real/config.toml", scratch_path(state, "link", link)), 0);
    assert_protected(link);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_refused(link, ERROR_CONFIGURATION, "real may be written by its group or by everybody");
    assert_int_equal(chmod(directory, 0700), 0);
    assert_int_equal(chmod(file, 0606), 0);
    assert_refused(link, ERROR_CONFIGURATION, "may be written by its group or by everybody");
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(chmod(*state, 0777), 0);
    assert_refused(link, ERROR_CONFIGURATION, "may be written by its group or by everybody");
}

static void a_path_may_be_relative(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    char before[SCRATCH_PATH_SIZE];
    assert_non_null(getcwd(before, sizeof before));
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(chdir(*state), 0);
    struct error error = {0};
    bool alone = config_file_is_protected("config.toml", "configuration", &error);
    assert_int_equal(chmod(".", 0777), 0);
    bool exposed = !config_file_is_protected("config.toml", "configuration", &error);
    assert_int_equal(chdir(before), 0);
    assert_true(alone);
    assert_true(exposed);
}

static void only_a_regular_file_is_taken(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_int_equal(mkfifo(scratch_path(state, "fifo", path), 0600), 0);
    assert_refused(path, ERROR_CONFIGURATION, "is not a regular file");
    assert_int_equal(mkdir(scratch_path(state, "directory", path), 0700), 0);
    assert_refused(path, ERROR_CONFIGURATION, "is not a regular file");
    assert_refused("/dev/null", ERROR_CONFIGURATION, "is not a regular file");
}

static void an_absent_file_is_said_to_be_absent(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_refused(scratch_path(state, "absent", path), ERROR_CONFIGURATION,
                   "No such file or directory");
    assert_int_equal(symlink("nowhere", scratch_path(state, "dangling", path)), 0);
    assert_refused(path, ERROR_CONFIGURATION, "No such file or directory");
}

/* --- files of other users: these tests need root --- */

static void need_root(void)
{
    if (geteuid() != 0)
        skip();
}

static void a_file_of_another_user_is_refused(void **state)
{
    need_root();
    char path[SCRATCH_PATH_SIZE];
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(chown(path, SOMEBODY, 0), 0);
    assert_refused(path, ERROR_CONFIGURATION, "belongs to another user");
    assert_false(config_file_is_protected(path, "configuration", &error));
    assert_true(str_starts_with(str_from(error.advice), STR("run: chown root /")));
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(chown(*state, SOMEBODY, 0), 0);
    assert_refused(path, ERROR_CONFIGURATION, "belongs to another user");
}

/* Calls config_file_is_protected as a user other than root. */
static bool nobody_finds_protected(const char *path, struct error *error)
{
    assert_int_equal(seteuid(NOBODY), 0);
    bool taken = config_file_is_protected(path, "configuration", error);
    assert_int_equal(seteuid(0), 0);
    return taken;
}

static void roots_and_the_agents_own_files_are_taken(void **state)
{
    need_root();
    char path[SCRATCH_PATH_SIZE];
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0644);
    assert_int_equal(chmod(*state, 0755), 0);
    assert_true(nobody_finds_protected(path, &error));
    assert_int_equal(chown(path, NOBODY, 0), 0);
    assert_true(nobody_finds_protected(path, &error));
    assert_int_equal(chown(path, SOMEBODY, 0), 0);
    assert_false(nobody_finds_protected(path, &error));
    assert_int_equal(chmod(*state, 0700), 0);
    assert_false(nobody_finds_protected(path, &error));
    assert_int_equal(error.kind, ERROR_DENIED);
}

/* --- reading --- */

static void assert_not_loaded(const char *path, enum error_kind kind, const char *why)
{
    static const struct config nothing;
    struct config config;
    struct problems problems = {0};
    struct error error = {0};
    assert_false(config_load(path, &config, &problems, &error));
    assert_memory_equal(&config, &nothing, sizeof config);
    assert_int_equal(error.kind, kind);
    assert_int_equal(problems.count, 1);
    if (strstr(problems.list[0].text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", problems.list[0].text, why);
    problems_free(&problems);
}

static void a_good_file_is_loaded(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    struct config config;
    struct problems problems = {0};
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR("edge.log_archives = 7\n"), 0600);
    assert_true(config_load(path, &config, &problems, &error));
    assert_int_equal(config.log_archives, 7);
    assert_int_equal(problems.count, 0);
    config_free(&config);
}

static void a_wrong_file_is_said_to_be_wrong_with_its_problems(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    struct config config;
    struct problems problems = {0};
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR("\nx = 1\ny = 2\n"), 0600);
    assert_false(config_load(path, &config, &problems, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(problems.count, 2);
    assert_int_equal(problems.list[0].line, 2);
    assert_int_equal(problems.list[1].line, 3);
    problems_free(&problems);
}

static void a_file_that_cannot_be_had_is_one_problem_of_no_line(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_not_loaded(scratch_path(state, "absent", path), ERROR_CONFIGURATION,
                      "No such file or directory; give its path with --config, or put it there");
    scratch_write(scratch_path(state, "open", path), STR(""), 0666);
    assert_not_loaded(path, ERROR_CONFIGURATION, "can be changed by others");
    assert_int_equal(mkdir(scratch_path(state, "directory", path), 0700), 0);
    assert_not_loaded(path, ERROR_CONFIGURATION, "is not a regular file");
}

static void a_file_that_may_not_be_read_is_denied(void **state)
{
    need_root();
    char path[SCRATCH_PATH_SIZE];
    struct config config;
    struct problems problems = {0};
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(seteuid(NOBODY), 0);
    bool loaded = config_load(path, &config, &problems, &error);
    assert_int_equal(seteuid(0), 0);
    assert_false(loaded);
    assert_int_equal(error.kind, ERROR_DENIED);
    problems_free(&problems);
}

static void a_file_is_at_most_as_large_as_the_limit(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf text = BUF(LIMIT_CONFIGURATION + 1);
    struct config config;
    struct problems problems = {0};
    struct error error = {0};
    while (text.length < LIMIT_CONFIGURATION)
        buf_append_byte(&text, '\n');
    scratch_write(scratch_path(state, "config.toml", path), buf_str(&text), 0600);
    assert_true(config_load(path, &config, &problems, &error));
    config_free(&config);
    buf_append_byte(&text, '\n');
    scratch_write(path, buf_str(&text), 0600);
    assert_not_loaded(path, ERROR_CONFIGURATION, "is larger than 262144 bytes");
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(a_file_that_only_its_owner_may_write_is_protected),
        ON_DISK(a_file_that_others_may_write_is_refused),
        ON_DISK(a_file_in_a_directory_that_others_may_write_is_refused),
        ON_DISK(what_to_do_about_it_is_said),
        ON_DISK(a_link_is_followed_and_its_place_must_be_protected_too),
        ON_DISK(a_path_may_be_relative),
        ON_DISK(only_a_regular_file_is_taken),
        ON_DISK(an_absent_file_is_said_to_be_absent),
        ON_DISK(a_file_of_another_user_is_refused),
        ON_DISK(roots_and_the_agents_own_files_are_taken),
        ON_DISK(a_good_file_is_loaded),
        ON_DISK(a_wrong_file_is_said_to_be_wrong_with_its_problems),
        ON_DISK(a_file_that_cannot_be_had_is_one_problem_of_no_line),
        ON_DISK(a_file_that_may_not_be_read_is_denied),
        ON_DISK(a_file_is_at_most_as_large_as_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
