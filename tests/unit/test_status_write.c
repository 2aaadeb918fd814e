/* The status file is written when its contents have changed. */
#include "status/status.h"

#include "base/file.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { DAY = 86400 };

static struct certificate_config certificate;
static struct config config;
static struct certificate_status statuses[1];
static struct agent_status agent;
static char last[SHA256_HEX_SIZE]; /* as status_write keeps it */

/* The test's directory is the working directory. */
static int setup(void **state)
{
    int result = scratch_setup(state);
    certificate = (struct certificate_config){
        .arn = (char *)(uintptr_t) "arn", .certificate_path = (char *)(uintptr_t) "/etc/ssl/a.pem"};
    config = (struct config){.certificates = &certificate, .certificate_count = 1};
    memset(statuses, 0, sizeof statuses);
    agent = (struct agent_status){.config = &config,
                                  .config_path = "/etc/config.toml",
                                  .pid = 123,
                                  .started = DAY,
                                  .written = DAY,
                                  .certificates = statuses};
    last[0] = '\0';
    return result == 0 && chdir(*state) == 0 ? 0 : -1;
}

static void write_here(void)
{
    struct error error = {0};
    FD_AUTO int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!status_write(&agent, here, last, &error))
        fail_msg("%s", error.message);
}

/* Writes, and finds out whether the file was replaced. */
static void assert_replaced(bool expected)
{
    struct stat before;
    struct stat after;
    FD_AUTO int kept = open("status.json", O_RDONLY | O_CLOEXEC); /* its inode is not reused */
    assert_int_equal(fstat(kept, &before), 0);
    write_here();
    assert_int_equal(stat("status.json", &after), 0);
    assert_int_equal(before.st_ino != after.st_ino, expected);
}

static void only_what_has_changed_is_written(void **state)
{
    (void)state;
    write_here();
    agent.written += DAY;
    assert_replaced(false);
    statuses[0].failures++;
    assert_replaced(true);
    assert_replaced(false);
    agent.waiting = "the clock";
    assert_replaced(true);
}

static void file_that_was_removed_is_written_again(void **state)
{
    (void)state;
    write_here();
    assert_int_equal(unlink("status.json"), 0);
    write_here();
    assert_int_equal(access("status.json", F_OK), 0);
    config.status_file = (char *)(uintptr_t) "elsewhere.json";
    write_here();
    assert_int_equal(access("elsewhere.json", F_OK), 0);
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(only_what_has_changed_is_written),
        IN_SCRATCH(file_that_was_removed_is_written_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
