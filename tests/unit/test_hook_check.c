/* Checks of a refresh command's program before it runs. */
#include "base/format.h"
#include "command/hook_check.h"

#include "support/data.h"
#include "support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_warns(const char *command, const char *why)
{
    struct error error = {0};
    if (hook_check_program(command, &error))
        fail_msg("\"%s\" looks sound", command);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

static void a_program_that_only_root_can_change_is_sound(void **state)
{
    (void)state;
    static const char *const commands[] = {"/usr/bin/env", "/usr/bin/env -i x"};
    for (size_t i = 0; i < 2; i++) {
        struct error error = {0};
        if (!hook_check_program(commands[i], &error))
            fail_msg("%s", error.message);
    }
}

static void an_absent_program_is_warned_about(void **state)
{
    (void)state;
    assert_warns("/usr/bin/no-such-program reload", "/usr/bin/no-such-program cannot be run");
    assert_warns("/usr/bin/env/x", "Not a directory");
}

static void what_cannot_be_executed_is_warned_about(void **state)
{
    (void)state;
    assert_warns("/usr/bin", "is not executable");
    assert_warns("/etc/passwd", "is not executable");
}

static void a_program_below_a_writable_directory_is_warned_about(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "program", path), STR("#!/bin/sh\n"), 0755);
    assert_warns(path, "users other than root can change");
}

static void who_can_change_the_program_can_run_as_root(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf why = BUF(512);
    scratch_write(scratch_path(state, "program", path), STR("#!/bin/sh\n"), 0757);
    buf_format(&why, "users other than root can change %s", path);
    assert_warns(path, buf_text(&why));
    assert_int_equal(chmod(path, 0755), 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(path, 65534, 0), 0);
    assert_warns(path, buf_text(&why));
    assert_int_equal(chown(path, 0, 65534), 0);
    assert_int_equal(chmod(path, 0775), 0);
    assert_warns(path, buf_text(&why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_only_root_can_change_is_sound),
        cmocka_unit_test(an_absent_program_is_warned_about),
        cmocka_unit_test(what_cannot_be_executed_is_warned_about),
        cmocka_unit_test_setup_teardown(a_program_below_a_writable_directory_is_warned_about,
                                        scratch_setup, scratch_teardown),
        cmocka_unit_test_setup_teardown(who_can_change_the_program_can_run_as_root, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
