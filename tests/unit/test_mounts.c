/* A file system that is not mounted is noticed: its mount point gets no file. */
#include "store/install_check.h"
#include "store/mounts.h"
#include "support/captured_log.h"
#include "support/site.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 65533 };
#define LEFT_RECORD "left/.www.crt.wcp-mounts"
#define RIGHT_RECORD "right/.www.key.wcp-mounts"

/* The process has a mount namespace of its own from the first test on. */
static int enter_namespace(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) == 0)
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return 0;
}

static void mount_on(const char *path)
{
    if (mount("wcp-tiny-tests", path, "tmpfs", 0, "size=1m,mode=0755") != 0)
        skip(); /* it takes root */
}

/* Takes the file system away; it comes back with all that was in it. */
static void park(const struct site *site, const char *path)
{
    char parked[SCRATCH_PATH_SIZE];
    mkdir(scratch_path(site->scratch, "parked", parked), 0755);
    assert_int_equal(mount(path, parked, NULL, MS_MOVE, NULL), 0);
}

static void bring_back(const struct site *site, const char *path)
{
    char parked[SCRATCH_PATH_SIZE];
    scratch_path(site->scratch, "parked", parked);
    assert_int_equal(mount(parked, path, NULL, MS_MOVE, NULL), 0);
}

static int teardown(void **state)
{
    const struct site *site = *state;
    char parked[SCRATCH_PATH_SIZE];
    scratch_path(site->scratch, "parked", parked);
    while (umount2(site->right, MNT_DETACH) == 0 || umount2(site->left, MNT_DETACH) == 0 ||
           umount2(parked, MNT_DETACH) == 0)
        ;
    return site_teardown(state);
}

static void read_text(const struct site *site, const char *name, struct buf *text)
{
    char path[SCRATCH_PATH_SIZE];
    FILE *file = fopen(scratch_path(site->scratch, name, path), "re");
    assert_non_null(file);
    char block[4096];
    size_t got = fread(block, 1, sizeof block, file);
    fclose(file);
    buf_append(text, str_bytes(block, got));
}

static struct stat status_of_record(const struct site *site, const char *name)
{
    struct stat status;
    char path[SCRATCH_PATH_SIZE];
    assert_int_equal(lstat(scratch_path(site->scratch, name, path), &status), 0);
    return status;
}

static void a_success_is_recorded_in_each_directory(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf left = BUF(4096);
    BUF_AUTO struct buf right = BUF(4096);
    mount_on(site->right);
    site_settled(site, &bundle_new);
    read_text(site, LEFT_RECORD, &left);
    read_text(site, RIGHT_RECORD, &right);
    assert_true(str_equal(buf_str(&left), buf_str(&right)));
    char path[SCRATCH_PATH_SIZE];
    assert_mode(scratch_path(site->scratch, LEFT_RECORD, path), 0644);
    assert_logged(&left, site->left);
    assert_non_null(strstr(buf_text(&left), "on /tmp/wcp-unit."));
    struct stat before = status_of_record(site, RIGHT_RECORD);
    struct stat directory;
    assert_int_equal(stat(site->right, &directory), 0);
    site_settled(site, &bundle_new);
    assert_int_equal(status_of_record(site, RIGHT_RECORD).st_ino, before.st_ino);
    struct stat after;
    assert_int_equal(stat(site->right, &after), 0);
    assert_memory_equal(&after.st_ctim, &directory.st_ctim, sizeof after.st_ctim);
}

static void a_bare_mount_point_gets_no_file(void **state)
{
    const struct site *site = *state;
    mount_on(site->right);
    site_settled(site, &bundle_old);
    park(site, site->right);
    assert_install_fails(site, ERROR_TRANSIENT, site->key);
    assert_install_fails(site, ERROR_TRANSIENT, site->right);
    assert_file(site->certificate, bundle_old.certificate);
    assert_int_equal(files_in(site->right), 0);
    assert_int_equal(files_in(site->left), 2);
    bring_back(site, site->right);
    assert_installed(site, &bundle_old);
    site_settled(site, &bundle_new);
    assert_installed(site, &bundle_new);
}

static void the_certificates_directory_may_be_the_one_that_is_missing(void **state)
{
    const struct site *site = *state;
    mount_on(site->left);
    site_settled(site, &bundle_old);
    park(site, site->left);
    assert_install_fails(site, ERROR_TRANSIENT, site->certificate);
    assert_int_equal(files_in(site->left), 0);
    assert_file(site->key, bundle_old.key);
    bring_back(site, site->left);
    site_settled(site, &bundle_new);
}

static void keep_obstacle(void *error, const struct certificate_config *certificate,
                          const struct error *obstacle)
{
    (void)certificate;
    *(struct error *)error = *obstacle;
}

static void check_says_it_and_what_to_do(void **state)
{
    const struct site *site = *state;
    struct error error = error_none();
    mount_on(site->right);
    site_settled(site, &bundle_old);
    assert_int_equal(install_check(&site->config, keep_obstacle, &error), 0);
    park(site, site->right);
    assert_int_equal(install_check(&site->config, keep_obstacle, &error), 1);
    assert_non_null(strstr(error.message, site->right));
    assert_non_null(strstr(error.advice, "mount /tmp/wcp-unit."));
    assert_non_null(strstr(error.advice, "wcp-tiny once --force --only arn:aws:acm:"));
}

static void force_accepts_another_mount_point_for_good(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf lines = BUF(8192);
    struct install_outcome outcome;
    struct error error = error_none();
    mount_on(site->right);
    site_settled(site, &bundle_old);
    assert_int_equal(umount(site->right), 0);
    capture_log(&lines);
    assert_true(install_bundle(&site->config, &bundle_new, &(struct install_options){.force = true},
                               &outcome, &error));
    release_log();
    assert_logged(&lines, ": accepted");
    assert_true(install_confirm(&site->config, outcome.generation, &(struct install_options){0},
                                &outcome, &error));
    site_settled(site, &bundle_old);
    assert_installed(site, &bundle_old);
}

static void files_that_are_all_there_show_that_another_mount_point_is_right(void **state)
{
    const struct site *site = *state;
    mount_on(site->right);
    site_settled(site, &bundle_old);
    assert_int_equal(umount(site->right), 0);
    scratch_write(site->key, bundle_old.key, 0640);
    site_settled(site, &bundle_old);
    site_settled(site, &bundle_new);
    assert_installed(site, &bundle_new);
}

/* --- which mounts count --- */

static void a_directory_that_is_bound_to_itself_is_where_it_was(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    if (mount(site->right, site->right, NULL, MS_BIND, NULL) != 0)
        skip();
    site_settled(site, &bundle_new);
    assert_int_equal(umount(site->right), 0);
    site_settled(site, &bundle_old);
}

static void a_part_of_a_mounted_file_system_that_is_bound_to_itself_is_where_it_was(void **state)
{
    struct site *site = *state;
    char part[SCRATCH_PATH_SIZE];
    char key[SCRATCH_PATH_SIZE];
    mount_on(site->right);
    assert_int_equal(mkdir(scratch_path(site->scratch, "right/part", part), 0755), 0);
    site->config.private_key_path = key;
    scratch_path(site->scratch, "right/part/www.key", key);
    site_settled(site, &bundle_old);
    assert_int_equal(mount(part, part, NULL, MS_BIND, NULL), 0);
    site_settled(site, &bundle_new);
    assert_int_equal(umount(part), 0);
    park(site, site->right);
    assert_int_equal(mkdir(part, 0755), 0);
    assert_install_fails(site, ERROR_TRANSIENT, key);
}

static void a_directory_of_another_file_system_counts_even_when_it_has_the_same_name(void **state)
{
    const struct site *site = *state;
    char other[SCRATCH_PATH_SIZE];
    char inner[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(site->scratch, "other", other), 0755), 0);
    mount_on(other);
    assert_int_equal(mkdir(scratch_path(site->scratch, "other/right", inner), 0755), 0);
    assert_int_equal(mount(inner, site->right, NULL, MS_BIND, NULL), 0);
    site_settled(site, &bundle_old);
    assert_int_equal(umount(site->right), 0);
    assert_install_fails(site, ERROR_TRANSIENT, site->key);
    assert_int_equal(umount(other), 0);
}

static void a_mount_point_with_spaces_is_named_as_it_is(void **state)
{
    struct site *site = *state;
    char directory[SCRATCH_PATH_SIZE];
    char key[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(site->scratch, "with space\\", directory), 0755), 0);
    mount_on(directory);
    site->config.private_key_path = key;
    scratch_path(site->scratch, "with space\\/www.key", key);
    site_settled(site, &bundle_old);
    assert_int_equal(umount(directory), 0);
    assert_install_fails(site, ERROR_TRANSIENT, "file system at /tmp/wcp-unit.");
    assert_install_fails(site, ERROR_TRANSIENT, "/with space\\ when");
}

/* --- which records are believed --- */

static void a_record_that_others_may_have_written_is_not_believed(void **state)
{
    const struct site *site = *state;
    char record[SCRATCH_PATH_SIZE];
    char other[SCRATCH_PATH_SIZE];
    scratch_path(site->scratch, LEFT_RECORD, record);
    scratch_path(site->scratch, "other", other);
    for (size_t i = 0; i < 5; i++) {
        mount_on(site->right);
        site_settled(site, &bundle_old);
        assert_int_equal(umount(site->right), 0);
        assert_install_fails(site, ERROR_TRANSIENT, site->key);
        if (i == 0)
            assert_int_equal(chmod(record, 0664), 0);
        else if (i == 1)
            assert_int_equal(link(record, other), 0);
        else if (i == 2)
            assert_int_equal(chown(record, SOMEBODY, 0), 0);
        else if (i == 3)
            assert_int_equal(truncate(record, 40), 0);
        else
            assert_int_equal(rename(record, other) + symlink(other, record), 0);
        site_settled(site, &bundle_new); /* with a record of its own */
        site_settled(site, &bundle_new);
        struct stat status = status_of_record(site, LEFT_RECORD);
        assert_true(S_ISREG(status.st_mode) && status.st_nlink == 1 && status.st_uid == 0);
        unlink(other);
        unlink(record);
        char bare[SCRATCH_PATH_SIZE];
        unlink(scratch_path(site->scratch, RIGHT_RECORD, bare));
    }
}

static void a_record_that_may_not_be_read_is_not_taken_for_none(void **state)
{
    const struct site *site = *state;
    struct file_set set;
    struct error error = {0};
    mount_on(site->right);
    site_settled(site, &bundle_old);
    assert_int_equal(umount(site->right), 0);
    assert_int_equal(chmod(*site->scratch, 0755), 0);
    assert_int_equal(seteuid(SOMEBODY), 0); /* who may read the record */
    assert_true(file_set_open(&site->config, &set, &error));
    assert_false(mounts_check(&set, false, &error));
    assert_non_null(strstr(error.message, "lay on the file system at"));
    assert_int_equal(seteuid(0), 0);
    char record[SCRATCH_PATH_SIZE];
    assert_int_equal(chmod(scratch_path(site->scratch, LEFT_RECORD, record), 0), 0);
    assert_int_equal(seteuid(SOMEBODY), 0);
    assert_false(mounts_check(&set, false, &error));
    assert_int_equal(seteuid(0), 0);
    file_set_close(&set);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "cannot read which file system"));
    assert_non_null(strstr(error.advice, ".www.crt.wcp-mounts"));
}

static void what_a_killed_run_left_is_removed(void **state)
{
    const struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    site_settled(site, &bundle_new);
    scratch_write(scratch_path(site->scratch, LEFT_RECORD "-new", path), STR("half"), 0600);
    site_settled(site, &bundle_new);
    assert_no_file(path);
}

static void a_set_in_one_directory_has_no_record(void **state)
{
    struct site *site = *state;
    char key[SCRATCH_PATH_SIZE];
    char record[SCRATCH_PATH_SIZE];
    site->config.private_key_path = key;
    scratch_path(site->scratch, "left/www.key", key);
    site_settled(site, &bundle_new);
    assert_no_file(scratch_path(site->scratch, LEFT_RECORD, record));
}

static void two_certificates_with_one_file_name_do_not_share_a_record(void **state)
{
    const struct site *site = *state;
    struct site other = *site;
    char directory[SCRATCH_PATH_SIZE];
    char certificate[SCRATCH_PATH_SIZE];
    char key[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(site->scratch, "other", directory), 0755), 0);
    other.config.certificate_path = certificate;
    other.config.private_key_path = key;
    other.config.chain_path = NULL;
    scratch_path(site->scratch, "other/www.crt", certificate);
    scratch_path(site->scratch, "right/other.key", key);
    scratch_path(site->scratch, "other/.www.crt.wcp-journal", other.journal);
    site_settled(site, &bundle_new);
    struct stat before = status_of_record(site, RIGHT_RECORD);
    site_settled(&other, &bundle_new);
    site_settled(site, &bundle_new);
    assert_int_equal(status_of_record(site, RIGHT_RECORD).st_ino, before.st_ino);
    status_of_record(site, "right/.other.key.wcp-mounts");
}

static void without_proc_nothing_is_recorded_and_nothing_refused(void **state)
{
    const struct site *site = *state;
    char record[SCRATCH_PATH_SIZE];
    mount_on("/proc");
    site_settled(site, &bundle_new);
    assert_no_file(scratch_path(site->scratch, LEFT_RECORD, record));
    assert_int_equal(umount("/proc"), 0);
    mount_on(site->right);
    site_settled(site, &bundle_new);
    assert_int_equal(umount(site->right), 0);
    mount_on("/proc");
    site_settled(site, &bundle_old);
    assert_int_equal(umount("/proc"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_success_is_recorded_in_each_directory),
        TEST(a_bare_mount_point_gets_no_file),
        TEST(the_certificates_directory_may_be_the_one_that_is_missing),
        TEST(check_says_it_and_what_to_do),
        TEST(force_accepts_another_mount_point_for_good),
        TEST(files_that_are_all_there_show_that_another_mount_point_is_right),
        TEST(a_directory_that_is_bound_to_itself_is_where_it_was),
        TEST(a_part_of_a_mounted_file_system_that_is_bound_to_itself_is_where_it_was),
        TEST(a_directory_of_another_file_system_counts_even_when_it_has_the_same_name),
        TEST(a_mount_point_with_spaces_is_named_as_it_is),
        TEST(a_record_that_others_may_have_written_is_not_believed),
        TEST(a_record_that_may_not_be_read_is_not_taken_for_none),
        TEST(what_a_killed_run_left_is_removed),
        TEST(a_set_in_one_directory_has_no_record),
        TEST(two_certificates_with_one_file_name_do_not_share_a_record),
        TEST(without_proc_nothing_is_recorded_and_nothing_refused),
    };
    return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
