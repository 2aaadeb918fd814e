/* Which records of hooks are believed, and what becomes of the others. */
#include "support/hook_records.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 65533 };

static void what_others_may_write_or_link_is_not_believed(void **state)
{
    const struct site *site = *state;
    static const mode_t modes[] = {0620, 0602, 0666};
    char path[SCRATCH_PATH_SIZE];
    char second[SCRATCH_PATH_SIZE];
    record_path(site, path);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        record_end(site, 0);
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_false(says_done(site));
        assert_free(site);
        assert_mode(path, 0644); /* it was replaced */
    }
    record_end(site, 0);
    assert_int_equal(link(path, scratch_path(site->scratch, "second", second)), 0);
    assert_false(says_done(site));
    assert_free(site);
    assert_int_equal(unlink(second), 0);
}

static void another_kind_of_file_is_replaced(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    char path[SCRATCH_PATH_SIZE];
    char elsewhere[SCRATCH_PATH_SIZE];
    int lock = -1;
    record_path(site, path);
    record_end(site, 0);
    assert_int_equal(rename(path, scratch_path(site->scratch, "elsewhere", elsewhere)), 0);
    assert_int_equal(symlink(elsewhere, path), 0);
    assert_false(says_done(site));
    assert_free(site);
    unlink(path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_false(says_done(site));
    assert_free(site);
    unlink(path);
    assert_int_equal(mkdir(path, 0755), 0); /* a directory is left to a person */
    assert_false(says_done(site));
    assert_int_equal(hook_record_lock(&site->config, &lock, &error), HOOK_LOCK_FAILED);
    assert_non_null(strstr(error.message, ".www.crt.wcp-hook"));
    rmdir(path);
}

static void root_believes_the_owner_of_the_directory(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    if (geteuid() != 0)
        skip();
    record_end(site, 0);
    assert_int_equal(chown(record_path(site, path), SOMEBODY, SOMEBODY), 0);
    assert_false(says_done(site));
    assert_int_equal(chown(site->left, SOMEBODY, SOMEBODY), 0);
    assert_true(says_done(site));
    int lock = take_lock(site);
    record(lock, HOOK_RECORDED_ENDED, 1, 1, 1);
    assert_false(says_done(site));
    close(lock);
}

static void a_service_goes_on_where_root_has_left_off(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    struct stat status;
    char path[SCRATCH_PATH_SIZE];
    int lock = -1;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(scratch_path(site->scratch, "", path), 0755), 0);
    assert_int_equal(chown(site->left, SOMEBODY, SOMEBODY), 0);
    record_end(site, 0);
    int held = take_lock(site);
    assert_int_equal(seteuid(SOMEBODY), 0);
    bool done = says_done(site);
    enum hook_lock while_held = hook_record_lock(&site->config, &lock, &error);
    close(held);
    enum hook_lock afterwards = hook_record_lock(&site->config, &lock, &error);
    assert_int_equal(seteuid(0), 0);
    assert_true(done);
    assert_int_equal(while_held, HOOK_LOCK_HELD);
    assert_int_equal(afterwards, HOOK_LOCK_TAKEN);
    assert_int_equal(stat(record_path(site, path), &status), 0);
    assert_int_equal(status.st_uid, SOMEBODY);
    assert_held(site); /* for root, too */
    close(lock);
    assert_free(site);
}

/* The owner of the directory may have moved a secret of root there, to have it opened up. */
static void another_file_with_its_name_is_neither_opened_up_nor_written_to(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    char aside[SCRATCH_PATH_SIZE];
    struct stat secret;
    scratch_write(record_path(site, path), STR("secret"), 0600);
    assert_int_equal(link(path, scratch_path(site->scratch, "aside", aside)), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(aside, path), 0);
    int watched = open(path, O_RDONLY);
    record_end(site, 0);
    assert_int_equal(fstat(watched, &secret), 0);
    assert_int_equal(secret.st_mode & 0777, 0600);
    assert_int_equal(secret.st_size, sizeof "secret" - 1);
    assert_int_equal(secret.st_nlink, 0);
    assert_true(says_done(site));
    close(watched);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_others_may_write_or_link_is_not_believed),
        TEST(another_kind_of_file_is_replaced),
        TEST(root_believes_the_owner_of_the_directory),
        TEST(a_service_goes_on_where_root_has_left_off),
        TEST(another_file_with_its_name_is_neither_opened_up_nor_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
