/* The configuration as a file. */
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

enum { NOBODY = 65534 };

static void need_root(void)
{
    if (geteuid() != 0)
        skip();
}

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
        ON_DISK(a_good_file_is_loaded),
        ON_DISK(a_wrong_file_is_said_to_be_wrong_with_its_problems),
        ON_DISK(a_file_that_cannot_be_had_is_one_problem_of_no_line),
        ON_DISK(a_file_that_may_not_be_read_is_denied),
        ON_DISK(a_file_is_at_most_as_large_as_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
