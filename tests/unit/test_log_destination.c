/* The destination of the agent's log, and failures to write it. */
#include "base/format.h"
#include "log/destination.h"

#include "base/file.h"
#include "log/file.h"
#include "support/data.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define TIME "2026-06-11T04:05:06Z "

/* Changes to the directory of the test. */
static int setup(void **state)
{
    int result = scratch_setup(state);
    setenv("WCP_TEST_CLOCK", "1781150706", 1);
    return result == 0 && chdir(*state) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    log_destination_reset();
    unsetenv("WCP_TEST_CLOCK");
    unsetenv("WCP_TEST_HURRY");
    return scratch_teardown(state);
}

static int before;

/* Redirects stderr to the file "stderr" in the directory of the test. */
static void divert_stderr(void)
{
    int file = open("stderr", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    before = dup(STDERR_FILENO);
    assert_true(file >= 0 && before >= 0);
    dup2(file, STDERR_FILENO);
    close(file);
}

static void restore_stderr(void)
{
    dup2(before, STDERR_FILENO);
    close(before);
}

static void assert_text(const char *path, const char *expected)
{
    BUF_AUTO struct buf text = BUF(1 << 20);
    struct error error = {0};
    if (!file_read(path, "log", &text, &error))
        fail_msg("%s", error.message);
    assert_same_text(buf_str(&text), str_from(expected));
}

static struct config config_for(const char *directory)
{
    return (struct config){.log_level = LOG_LEVEL_INFO,
                           .log_destination = LOG_TO_FILE,
                           .log_directory = (char *)(uintptr_t)directory,
                           .log_max_bytes = 4096,
                           .log_archives = 5};
}

static void lines_go_to_the_configured_file(void **state)
{
    (void)state;
    struct config config = config_for("there");
    config.log_level = LOG_LEVEL_WARN;
    log_destination_apply(&config);
    log_info("one");
    log_warn("two %u", 2U);
    assert_text("there/" LOG_FILE_NAME, TIME "WARN two 2\n");
}

static void the_directory_is_logs_by_default(void **state)
{
    (void)state;
    struct config config = config_for(NULL);
    log_destination_apply(&config);
    log_info("one");
    assert_text("logs/" LOG_FILE_NAME, TIME "INFO one\n");
}

static void another_configuration_moves_the_log(void **state)
{
    (void)state;
    struct config config = config_for("one");
    log_destination_apply(&config);
    log_info("first");
    config.log_directory = (char[]){"two"};
    config.log_level = LOG_LEVEL_DEBUG;
    log_destination_apply(&config);
    log_debug("second");
    assert_text("one/" LOG_FILE_NAME, TIME "INFO first\n");
    assert_text("two/" LOG_FILE_NAME, TIME "DEBUG second\n");
    config.log_destination = LOG_TO_STDERR;
    divert_stderr();
    log_destination_apply(&config);
    log_info("third");
    restore_stderr();
    assert_text("two/" LOG_FILE_NAME, TIME "DEBUG second\n");
    assert_text("stderr", TIME "INFO third\n");
}

static void a_message_forges_no_line(void **state)
{
    (void)state;
    struct config config = config_for("logs");
    log_destination_apply(&config);
    log_info("name %s", "x\n" TIME "INFO forged\x1b[2J");
    assert_text("logs/" LOG_FILE_NAME, TIME "INFO name x?" TIME "INFO forged?[2J\n");
}

#define CANNOT                                                                                     \
    TIME "WARN The log goes to stderr until this is fixed: "                                       \
         "cannot write the log blocked/logs/acm_provider.log: Not a directory\n"

/* Applies a configuration whose log directory cannot be made, since a file is in its way, and
 * diverts stderr. Returns the configuration. */
static struct config log_to_blocked_directory(void)
{
    struct config config = config_for("blocked/logs");
    scratch_write("blocked", STR(""), 0600);
    divert_stderr();
    log_destination_apply(&config);
    return config;
}

static void a_log_that_cannot_be_had_goes_to_stderr_and_comes_back(void **state)
{
    (void)state;
    setenv("WCP_TEST_HURRY", "1000000", 1); /* every line is a new try */
    log_to_blocked_directory();
    log_info("one");
    log_info("two");
    unlink("blocked");
    mkdir("blocked", 0700);
    log_info("three");
    log_info("four");
    restore_stderr();
    assert_text("stderr", CANNOT TIME "INFO one\n" TIME "INFO two\n");
    assert_text("blocked/logs/" LOG_FILE_NAME,
                TIME "WARN The log could not be written: 2 line(s) went to stderr instead\n" TIME
                     "INFO three\n" TIME "INFO four\n");
}

static void another_configuration_is_tried_at_once(void **state)
{
    (void)state;
    struct config config = log_to_blocked_directory();
    log_info("one");
    config.log_directory = (char[]){"logs"};
    log_destination_apply(&config);
    log_info("two");
    restore_stderr();
    assert_text("stderr", CANNOT TIME "INFO one\n");
    assert_text("logs/" LOG_FILE_NAME,
                TIME "WARN The log could not be written: 1 line(s) went to stderr instead\n" TIME
                     "INFO two\n");
}

static void what_cannot_be_had_is_left_alone_for_a_while(void **state)
{
    (void)state;
    log_to_blocked_directory();
    log_info("one");
    unlink("blocked");
    mkdir("blocked", 0700);
    log_info("two");
    restore_stderr();
    assert_text("stderr", CANNOT TIME "INFO one\n" TIME "INFO two\n");
}

static void where_the_log_is_can_be_told(void **state)
{
    BUF_AUTO struct buf text = BUF(1000);
    BUF_AUTO struct buf expected = BUF(1000);
    struct config config = config_for(NULL);
    struct error error = {0};
    assert_true(log_destination_describe(&config, &text, &error));
    assert_same_text(buf_str(&text),
                     STR("logs/acm_provider.log, relative to the agent's working directory"));
    config.log_directory = *state;
    buf_clear(&text);
    assert_true(log_destination_describe(&config, &text, &error));
    buf_format(&expected, "%s/acm_provider.log", config.log_directory);
    assert_same_text(buf_str(&text), buf_str(&expected));
    config.log_directory = (char[]){"/nowhere/logs"};
    assert_false(log_destination_describe(&config, &text, &error));
    assert_non_null(strstr(error.message, "/nowhere/logs/acm_provider.log: No such"));
    config.log_destination = LOG_TO_STDERR;
    buf_clear(&text);
    assert_true(log_destination_describe(&config, &text, &error));
    assert_same_text(buf_str(&text), STR("stderr"));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(lines_go_to_the_configured_file),
        IN_SCRATCH(the_directory_is_logs_by_default),
        IN_SCRATCH(another_configuration_moves_the_log),
        IN_SCRATCH(a_message_forges_no_line),
        IN_SCRATCH(a_log_that_cannot_be_had_goes_to_stderr_and_comes_back),
        IN_SCRATCH(another_configuration_is_tried_at_once),
        IN_SCRATCH(what_cannot_be_had_is_left_alone_for_a_while),
        IN_SCRATCH(where_the_log_is_can_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
