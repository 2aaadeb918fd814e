/* What stands in the way of a replacement is found before anything is written. */
#include "base/format.h"
#include "store/file_set.h"
#include "store/install_check.h"
#include "store/obstacles.h"
#include "support/captured_log.h"
#include "support/site.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 65533, SOMEBODY_ELSE = 65532 };

/* Preflight of the key's target; the message and the advice are in `error`. */
static bool key_may_be_replaced(const struct site *site, struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    *error = error_none();
    return file_set_open(&site->config, &set, error) && target_preflight(&set.targets[1], error);
}

static void assert_obstacle(const struct site *site, enum error_kind kind, const char *part,
                            const char *advice)
{
    struct error error;
    assert_false(key_may_be_replaced(site, &error));
    if (error.kind != kind || strstr(error.message, part) == NULL ||
        strstr(error.advice, advice) == NULL)
        fail_msg("%s, \"%s; %s\"", error_kind_name(error.kind), error.message, error.advice);
}

static void assert_no_obstacle(const struct site *site)
{
    struct error error;
    if (!key_may_be_replaced(site, &error))
        fail_msg("%s", error.message);
}

/* Returns false when the file system has no flags. */
static bool set_flag(const char *path, int flag, bool on)
{
    int flags = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool done = file >= 0 && syscall(SYS_ioctl, file, FS_IOC_GETFLAGS, &flags) == 0;
    flags = on ? flags | flag : flags & ~flag;
    done = done && syscall(SYS_ioctl, file, FS_IOC_SETFLAGS, &flags) == 0;
    close(file);
    return done;
}

static void a_flag_of(const struct site *site, const char *path, int flag, const char *advice)
{
    BUF_AUTO struct buf wanted = BUF(512);
    site_settled(site, &bundle_old);
    if (!set_flag(path, flag, true))
        skip();
    buf_format(&wanted, "%s %s", advice, path);
    assert_obstacle(site, ERROR_PERMANENT, "cannot be replaced", buf_text(&wanted));
    assert_install_fails(site, ERROR_PERMANENT, "cannot be replaced");
    assert_installed(site, &bundle_old);
    assert_int_equal(files_in(site->left), 2);
    assert_true(set_flag(path, flag, false));
    site_settled(site, &bundle_new);
    assert_installed(site, &bundle_new);
}

static void an_immutable_file_keeps_the_whole_set_as_it_is(void **state)
{
    const struct site *site = *state;
    a_flag_of(site, site->key, FS_IMMUTABLE_FL, "chattr -i");
}

static void an_append_only_file_keeps_the_whole_set_as_it_is(void **state)
{
    const struct site *site = *state;
    a_flag_of(site, site->key, FS_APPEND_FL, "chattr -a");
}

static void an_immutable_directory_keeps_the_whole_set_as_it_is(void **state)
{
    const struct site *site = *state;
    a_flag_of(site, site->right, FS_IMMUTABLE_FL, "chattr -i");
}

static void an_append_only_directory_keeps_the_whole_set_as_it_is(void **state)
{
    const struct site *site = *state;
    a_flag_of(site, site->right, FS_APPEND_FL, "chattr -a");
}

/* Runs `judge` as a user without capabilities, in a process of its own. */
static void as_somebody(const struct site *site, void (*judge)(const struct site *site))
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setregid(SOMEBODY, SOMEBODY) != 0 || setreuid(SOMEBODY, SOMEBODY) != 0)
            _exit(2);
        judge(site);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* In a child, an assertion that fails must end it with an error. */
#define CHILD_ASSERT(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            _exit(1);                                                                              \
    } while (false)

static void is_sticky_for_somebody(const struct site *site)
{
    struct error error;
    CHILD_ASSERT(!key_may_be_replaced(site, &error));
    CHILD_ASSERT(error.kind == ERROR_DENIED && strstr(error.message, "sticky") != NULL);
    CHILD_ASSERT(strstr(error.advice, "65533") != NULL);
}

static void is_fine_for_somebody(const struct site *site)
{
    struct error error;
    CHILD_ASSERT(key_may_be_replaced(site, &error));
}

static void is_denied_to_somebody(const struct site *site)
{
    struct error error;
    CHILD_ASSERT(!key_may_be_replaced(site, &error));
    CHILD_ASSERT(error.kind == ERROR_DENIED);
}

static void open_to_all(const struct site *site, mode_t right)
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(*site->scratch, 0755), 0);
    assert_int_equal(chmod(site->left, 0777), 0);
    assert_int_equal(chmod(site->right, right), 0);
}

static void a_foreign_file_in_a_sticky_directory_cannot_be_replaced(void **state)
{
    const struct site *site = *state;
    open_to_all(site, 01777);
    as_somebody(site, is_fine_for_somebody); /* there is no file yet */
    scratch_write(site->key, STR("key"), 0644);
    assert_int_equal(chown(site->key, SOMEBODY_ELSE, SOMEBODY), 0);
    as_somebody(site, is_sticky_for_somebody);
    assert_no_obstacle(site); /* for root */
}

static void own_files_and_own_directories_may_be_sticky(void **state)
{
    const struct site *site = *state;
    open_to_all(site, 01777);
    scratch_write(site->key, STR("key"), 0644);
    assert_int_equal(chown(site->key, SOMEBODY, SOMEBODY), 0);
    as_somebody(site, is_fine_for_somebody);
}

static void a_foreign_file_elsewhere_may_not_keep_its_owner(void **state)
{
    const struct site *site = *state;
    open_to_all(site, 0777);
    scratch_write(site->key, STR("key"), 0644);
    assert_int_equal(chown(site->key, SOMEBODY_ELSE, SOMEBODY), 0);
    as_somebody(site, is_denied_to_somebody);
}

static void the_group_of_a_setgid_directory_may_be_had_by_anybody(void **state)
{
    const struct site *site = *state;
    open_to_all(site, 0777);
    assert_int_equal(chown(site->right, 0, SOMEBODY_ELSE), 0);
    assert_int_equal(chmod(site->right, 02777), 0);
    scratch_write(site->key, STR("key"), 0640);
    assert_int_equal(chown(site->key, SOMEBODY, SOMEBODY_ELSE), 0);
    as_somebody(site, is_fine_for_somebody);
    assert_int_equal(chmod(site->right, 0777), 0);
    as_somebody(site, is_denied_to_somebody);
}

static void a_directory_that_may_not_be_written_is_said(void **state)
{
    const struct site *site = *state;
    open_to_all(site, 0755);
    as_somebody(site, is_denied_to_somebody);
}

/* In a mount namespace of the test's own; the process keeps it. */
static void mount_over(const char *path, const char *options)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        skip();
    assert_int_equal(mount("none", path, "tmpfs", 0, options), 0);
}

static void a_full_file_system_does_not_keep_recovery_from_its_renames(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    char block[8192] = {0};
    mount_over(site->right, "size=8k");
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
    scratch_write(scratch_path(site->scratch, "right/filler", path), str_bytes(block, 4096), 0600);
    assert_obstacle(site, ERROR_TRANSIENT, "is full", "df");
    assert_true(site_settle(site).completed);
    assert_installed(site, &bundle_new);
    assert_int_equal(umount(site->right), 0);
}

static void a_full_file_system_is_said(void **state)
{
    const struct site *site = *state;
    mount_over(site->right, "size=8k");
    assert_no_obstacle(site);
    char path[SCRATCH_PATH_SIZE];
    char block[8192] = {0};
    scratch_write(scratch_path(site->scratch, "right/filler", path), str_bytes(block, 8192), 0600);
    assert_obstacle(site, ERROR_TRANSIENT, "is full: No space left", "df");
    unlink(path);
    assert_no_obstacle(site);
    assert_int_equal(umount(site->right), 0);
}

static void a_file_system_without_inodes_is_full(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    mount_over(site->right, "nr_inodes=2");
    scratch_write(scratch_path(site->scratch, "right/one", path), STR(""), 0600);
    assert_obstacle(site, ERROR_TRANSIENT, "is full", "df -i");
    assert_int_equal(umount(site->right), 0);
}

static void a_read_only_file_system_is_said(void **state)
{
    const struct site *site = *state;
    mount_over(site->right, NULL);
    assert_int_equal(mount("none", site->right, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    assert_obstacle(site, ERROR_TRANSIENT, "read-only", "mount it writable");
    assert_int_equal(umount(site->right), 0);
}

static void count_obstacle(void *context, const struct certificate_config *certificate,
                           const struct error *error)
{
    (void)certificate;
    buf_format(context, "%s\n", error->message);
}

static void check_finds_what_a_replacement_finds(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf found = BUF(8192);
    site_settled(site, &bundle_old);
    if (!set_flag(site->key, FS_IMMUTABLE_FL, true))
        skip();
    assert_int_equal(install_check(&site->config, count_obstacle, &found), 1);
    assert_true(set_flag(site->key, FS_IMMUTABLE_FL, false));
    assert_logged(&found, "www.key is immutable");
}

static void a_link_is_no_obstacle_and_is_replaced_with_a_warning(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf lines = BUF(8192);
    BUF_AUTO struct buf found = BUF(8192);
    char precious[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(site->scratch, "precious", precious), STR("precious"), 0666);
    if (geteuid() == 0)
        assert_int_equal(chown(precious, SOMEBODY, SOMEBODY), 0);
    assert_int_equal(symlink("../precious", site->key), 0);
    assert_int_equal(install_check(&site->config, count_obstacle, &found), 0);
    assert_int_equal(install_check_links(&site->config, count_obstacle, &found), 1);
    assert_logged(&found, "www.key is a symbolic link to ../precious");
    capture_log(&lines);
    site_settled(site, &bundle_new);
    release_log();
    assert_logged(&lines, "www.key was a symbolic link to ../precious");
    assert_logged(&lines, site->config.arn);
    assert_file(precious, STR("precious"));
    struct stat status;
    assert_int_equal(lstat(site->key, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(status.st_uid, geteuid());
    assert_mode(site->key, 0640);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_immutable_file_keeps_the_whole_set_as_it_is),
        TEST(an_append_only_file_keeps_the_whole_set_as_it_is),
        TEST(an_immutable_directory_keeps_the_whole_set_as_it_is),
        TEST(an_append_only_directory_keeps_the_whole_set_as_it_is),
        TEST(a_foreign_file_in_a_sticky_directory_cannot_be_replaced),
        TEST(own_files_and_own_directories_may_be_sticky),
        TEST(a_foreign_file_elsewhere_may_not_keep_its_owner),
        TEST(the_group_of_a_setgid_directory_may_be_had_by_anybody),
        TEST(a_directory_that_may_not_be_written_is_said),
        TEST(a_full_file_system_is_said),
        TEST(a_full_file_system_does_not_keep_recovery_from_its_renames),
        TEST(a_file_system_without_inodes_is_full),
        TEST(a_read_only_file_system_is_said),
        TEST(check_finds_what_a_replacement_finds),
        TEST(a_link_is_no_obstacle_and_is_replaced_with_a_warning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
