/* Whom a new file belongs to, for every kind of directory and user. */
#include "store/install.h"
#include "support/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 65533, SOMEBODY_ELSE = 65532 };

/* Runs `act` as SOMEBODY, in a process of its own; all directories are that user's. */
static void as_somebody(const struct site *site, void (*act)(const struct site *site))
{
    int status = 0;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(*site->scratch, 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setregid(SOMEBODY, SOMEBODY) != 0 || setreuid(SOMEBODY, SOMEBODY) != 0)
            _exit(2);
        act(site);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void give_to_somebody(const char *path)
{
    assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
}

static void replace_once(const struct site *site)
{
    struct install_outcome outcome;
    struct error error;
    if (!install_bundle(&site->config, &bundle_new, &(struct install_options){0}, &outcome,
                        &error)) {
        print_error("%s\n", error.message);
        _exit(1);
    }
}

static void assert_belongs(const char *path, uid_t owner, gid_t group)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_uid, owner);
    assert_int_equal(status.st_gid, group);
}

static void roots_first_file_is_the_directorys_setgid_or_not(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    for (mode_t mode = 0755; mode <= 02755; mode += 02000) {
        assert_int_equal(chown(site->right, SOMEBODY, SOMEBODY_ELSE), 0);
        assert_int_equal(chmod(site->right, mode), 0);
        unlink(site->key);
        site_settled(site, &bundle_new);
        assert_belongs(site->key, SOMEBODY, SOMEBODY_ELSE);
    }
}

static void the_kernel_decides_for_others_where_nobody_else_does(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    give_to_somebody(site->left);
    assert_int_equal(chown(site->right, SOMEBODY, SOMEBODY_ELSE), 0);
    as_somebody(site, replace_once);
    assert_belongs(site->key, SOMEBODY, SOMEBODY);
    unlink(site->key);
    assert_int_equal(chmod(site->right, 02755), 0);
    as_somebody(site, replace_once);
    assert_belongs(site->key, SOMEBODY, SOMEBODY_ELSE);
    assert_mode(site->key, 0640);
}

static void a_configured_group_comes_before_the_directorys(void **state)
{
    struct site *site = *state;
    site->config.key_permission.group = (char *)(uintptr_t) "65533";
    if (geteuid() != 0)
        skip();
    give_to_somebody(site->left);
    assert_int_equal(chown(site->right, SOMEBODY, SOMEBODY_ELSE), 0);
    assert_int_equal(chmod(site->right, 02755), 0);
    as_somebody(site, replace_once);
    assert_belongs(site->key, SOMEBODY, SOMEBODY);
}

static void a_replaced_files_group_comes_before_the_directorys(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    give_to_somebody(site->left);
    assert_int_equal(chown(site->right, SOMEBODY, SOMEBODY_ELSE), 0);
    assert_int_equal(chmod(site->right, 02755), 0);
    scratch_write(site->key, STR("old"), 0640);
    give_to_somebody(site->key);
    as_somebody(site, replace_once);
    assert_belongs(site->key, SOMEBODY, SOMEBODY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(roots_first_file_is_the_directorys_setgid_or_not),
        TEST(the_kernel_decides_for_others_where_nobody_else_does),
        TEST(a_configured_group_comes_before_the_directorys),
        TEST(a_replaced_files_group_comes_before_the_directorys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
