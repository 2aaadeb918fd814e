/* The CA bundle, as the supervisor reads it for its workers. */
#include "aws/ca_bundle.h"
#include "support/data.h"
#include "support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int without_bundle(void **state)
{
    unsetenv("AWS_CA_BUNDLE");
    return scratch_setup(state);
}

static void assert_bundle(const char *configured, const char *expected)
{
    struct error error = {0};
    BUF_AUTO struct buf pem = {0};
    if (!ca_bundle_load(configured, NULL, &pem, &error))
        fail_msg("%s", error.message);
    assert_same_text(buf_str(&pem), str_from(expected));
}

static void assert_refused(const char *configured, const char *words)
{
    struct error error = {0};
    BUF_AUTO struct buf pem = {0};
    assert_false(ca_bundle_load(configured, NULL, &pem, &error));
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    assert_int_not_equal(error.advice[0], '\0');
    if (strstr(error.message, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
}

static void no_bundle_is_no_error(void **state)
{
    (void)state;
    assert_bundle(NULL, "");
    setenv("AWS_CA_BUNDLE", "", 1);
    assert_bundle(NULL, "");
}

static void the_environment_comes_before_the_configuration(void **state)
{
    char configured[SCRATCH_PATH_SIZE];
    char named[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "configured", configured), STR("1"), 0600);
    scratch_write(scratch_path(state, "named", named), STR("2"), 0600);
    assert_bundle(configured, "1");
    setenv("AWS_CA_BUNDLE", named, 1);
    assert_bundle(configured, "2");
}

static void an_empty_bundle_is_refused(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "ca.pem", path), STR(""), 0600);
    assert_refused(path, "ca.pem is empty");
}

static void a_bundle_that_others_may_write_is_refused(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "ca.pem", path), STR("1"), 0646);
    assert_refused(path, "the CA bundle can be changed by others");
}

static void an_absent_bundle_is_refused(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_refused(scratch_path(state, "absent.pem", path), "absent.pem: No such file");
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, without_bundle, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(no_bundle_is_no_error),
        ON_DISK(the_environment_comes_before_the_configuration),
        ON_DISK(an_empty_bundle_is_refused),
        ON_DISK(a_bundle_that_others_may_write_is_refused),
        ON_DISK(an_absent_bundle_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
