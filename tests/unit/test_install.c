/* Installing a bundle: the contents of the files, their modes and owners, and obstacles. */
#include "base/format.h"
#include "base/limits.h"
#include "store/install_check.h"
#include "store/lock.h"
#include "support/captured_log.h"
#include "support/site.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 65533 };

static struct stat status_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status;
}

/* --- contents --- */

static void a_first_installation_writes_the_files_and_waits_for_the_command(void **state)
{
    const struct site *site = *state;
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_installed(site, &bundle_new);
    assert_true(outcome.changed && outcome.state == STORE_HOOK_DUE);
    assert_false(outcome.repaired || outcome.completed);
    assert_int_equal(strlen(outcome.generation), GENERATION_SIZE - 1);
    assert_int_equal(files_in(site->left), 3); /* and the journal */
    assert_int_equal(files_in(site->right), 1);
    assert_mode(site->certificate, 0644);
    assert_mode(site->key, 0640);
    assert_mode(site->chain, 0644);
    assert_mode(site->journal, 0644);
}

static void without_a_command_nothing_is_pending(void **state)
{
    struct site *site = *state;
    site->config.refresh_command = NULL;
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_true(outcome.changed);
    assert_int_equal(outcome.state, STORE_IN_PLACE);
    assert_no_file(site->journal);
}

static void without_a_chain_path_the_chain_follows_the_certificate(void **state)
{
    struct site *site = *state;
    site->config.chain_path = NULL;
    site_settled(site, &bundle_new);
    assert_file(site->certificate, STR("new certificate\nnew chain\n"));
    assert_no_file(site->chain);
}

static void a_combined_file_holds_key_certificate_and_chain(void **state)
{
    struct site *site = *state;
    site->config.combined_path = site->combined;
    site_settled(site, &bundle_new);
    assert_installed(site, &bundle_new);
    assert_file(site->combined, STR("new key\nnew certificate\nnew chain\n"));
    assert_mode(site->combined, 0600);
}

static void an_absent_chain_is_an_empty_file(void **state)
{
    struct site *site = *state;
    struct bundle bundle = bundle_new;
    bundle.chain = STR("");
    site->config.combined_path = site->combined;
    site_settled(site, &bundle);
    assert_file(site->chain, STR(""));
    assert_file(site->combined, STR("new key\nnew certificate\n"));
}

static void certificates_end_with_one_line_end(void **state)
{
    struct site *site = *state;
    struct bundle bundle = bundle_new;
    bundle.certificate = STR("new certificate \r\n\n");
    bundle.chain = STR("new chain");
    site_settled(site, &bundle);
    assert_installed(site, &bundle_new);
    site->config.chain_path = NULL;
    site_settled(site, &bundle);
    assert_file(site->certificate, STR("new certificate\nnew chain\n"));
}

/* --- compare, repair --- */

static void an_unchanged_bundle_touches_nothing(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_new);
    struct stat before = status_of(site->key);
    struct stat directory = status_of(site->right);
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_false(outcome.changed || outcome.repaired);
    assert_true(outcome.compared);
    assert_int_equal(outcome.state, STORE_IN_PLACE);
    struct stat after = status_of(site->key);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_memory_equal(&after.st_ctim, &before.st_ctim, sizeof after.st_ctim);
    after = status_of(site->right);
    assert_memory_equal(&after.st_ctim, &directory.st_ctim, sizeof after.st_ctim);
}

static void one_file_that_differs_replaces_the_whole_set(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = {site->certificate, site->key, site->chain};
    for (size_t i = 0; i < 3; i++) {
        site_settled(site, &bundle_new);
        struct stat before = status_of(paths[(i + 1) % 3]);
        scratch_write(paths[i], STR("new certificatE\n"), 0644);
        assert_true(site_install(site, &bundle_new).changed);
        assert_installed(site, &bundle_new);
        assert_true(status_of(paths[(i + 1) % 3]).st_ino != before.st_ino);
    }
}

static void a_missing_a_longer_and_a_shorter_file_differ(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_new);
    unlink(site->chain);
    assert_true(site_install(site, &bundle_new).changed);
    scratch_write(site->chain, STR("new chain\n\n"), 0644);
    assert_true(site_install(site, &bundle_new).changed);
    scratch_write(site->chain, STR("new chain"), 0644);
    assert_true(site_install(site, &bundle_new).changed);
    assert_installed(site, &bundle_new);
}

static void a_wrong_mode_is_repaired_without_writing_or_command(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_new);
    struct stat before = status_of(site->key);
    assert_int_equal(chmod(site->key, 0666), 0);
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_true(outcome.repaired);
    assert_false(outcome.changed);
    assert_int_equal(outcome.state, STORE_IN_PLACE);
    assert_mode(site->key, 0640);
    assert_int_equal(status_of(site->key).st_ino, before.st_ino);
}

static void a_configured_owner_and_group_are_set_on_what_is_there(void **state)
{
    struct site *site = *state;
    if (geteuid() != 0)
        skip();
    site_settled(site, &bundle_new);
    site->config.key_permission.owner = (char *)(uintptr_t) "65533";
    site->config.key_permission.group = (char *)(uintptr_t) "65532";
    assert_true(site_install(site, &bundle_new).repaired);
    struct stat status = status_of(site->key);
    assert_int_equal(status.st_uid, 65533);
    assert_int_equal(status.st_gid, 65532);
    assert_false(site_install(site, &bundle_new).repaired);
}

static void a_new_file_belongs_to_whom_the_old_one_did(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    site_settled(site, &bundle_old);
    assert_int_equal(chown(site->key, SOMEBODY, SOMEBODY), 0);
    site_settled(site, &bundle_new);
    assert_int_equal(status_of(site->key).st_uid, SOMEBODY);
    assert_int_equal(status_of(site->key).st_gid, SOMEBODY);
    assert_int_equal(status_of(site->certificate).st_uid, 0);
}

static void
a_first_file_of_root_belongs_to_whom_the_directory_does_but_not_the_journal(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(site->left, SOMEBODY, SOMEBODY), 0);
    assert_int_equal(site_install(site, &bundle_new).state, STORE_HOOK_DUE);
    assert_int_equal(status_of(site->certificate).st_uid, SOMEBODY);
    assert_int_equal(status_of(site->certificate).st_gid, SOMEBODY);
    assert_int_equal(status_of(site->journal).st_uid, 0);
    assert_int_equal(status_of(site->journal).st_gid, getegid());
}

static void an_unknown_owner_fails_and_leaves_nothing(void **state)
{
    struct site *site = *state;
    site_settled(site, &bundle_old);
    site->config.certificate_permission.owner = (char *)(uintptr_t) "no-such-user";
    assert_install_fails(site, ERROR_PERMANENT, "no user no-such-user");
    assert_installed(site, &bundle_old);
    assert_int_equal(files_in(site->left), 2);
    assert_int_equal(files_in(site->right), 1);
}

static void force_replaces_what_is_equal(void **state)
{
    const struct site *site = *state;
    const struct install_options options = {.force = true};
    struct install_outcome outcome;
    struct error error = {0};
    site_settled(site, &bundle_new);
    assert_true(install_bundle(&site->config, &bundle_new, &options, &outcome, &error));
    assert_true(outcome.changed && outcome.state == STORE_HOOK_DUE);
}

/* --- preflight --- */

static void what_is_no_regular_file_is_not_replaced(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    unlink(site->chain);
    assert_int_equal(mkdir(site->chain, 0755), 0);
    assert_install_fails(site, ERROR_PERMANENT, "www.chain is a directory");
    rmdir(site->chain);
    assert_int_equal(mkfifo(site->chain, 0644), 0);
    assert_install_fails(site, ERROR_PERMANENT, "www.chain is a special file");
    assert_file(site->certificate, bundle_old.certificate);
    assert_file(site->key, bundle_old.key);
    assert_int_equal(files_in(site->left), 2);
    assert_int_equal(files_in(site->right), 1);
}

static void a_missing_directory_changes_nothing(void **state)
{
    struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    site_settled(site, &bundle_old);
    site->config.private_key_path = path;
    scratch_path(site->scratch, "nowhere/www.key", path);
    assert_install_fails(site, ERROR_TRANSIENT, "does not exist");
    scratch_path(site->scratch, "link/www.key", path);
    char link[SCRATCH_PATH_SIZE];
    assert_int_equal(symlink(site->right, scratch_path(site->scratch, "link", link)), 0);
    assert_install_fails(site, ERROR_PERMANENT, "symbolic link");
    scratch_path(site->scratch, "left/www.crt/www.key", path);
    assert_install_fails(site, ERROR_PERMANENT, "directory");
    assert_installed(site, &bundle_old);
    assert_int_equal(files_in(site->left), 2);
}

static void a_directory_in_the_journals_place_is_found_before_anything_is_written(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    assert_int_equal(mkdir(site->journal, 0755), 0);
    assert_install_fails(site, ERROR_PERMANENT, ".www.crt.wcp-journal");
    assert_installed(site, &bundle_old);
    assert_int_equal(files_in(site->left), 3);
    assert_int_equal(files_in(site->right), 1);
}

static void count_obstacle(void *context, const struct certificate_config *certificate,
                           const struct error *error)
{
    (void)certificate;
    buf_format(context, "%s\n", error->message);
}

static void every_obstacle_is_found_beforehand(void **state)
{
    struct site *site = *state;
    BUF_AUTO struct buf found = BUF(8192);
    assert_int_equal(install_check(&site->config, count_obstacle, &found), 0);
    assert_int_equal(mkdir(site->certificate, 0755), 0);
    site->config.private_key_path = (char *)(uintptr_t) "/no/such/directory/www.key";
    site->config.certificate_permission.group = (char *)(uintptr_t) "no-such-group";
    assert_int_equal(install_check(&site->config, count_obstacle, &found), 3);
    assert_logged(&found, "www.crt is a directory");
    /* Without openat2, the message names the first directory that is missing. */
    assert_logged(&found, " does not exist");
    assert_logged(&found, "no group no-such-group");
    assert_int_equal(files_in(site->left), 1);
}

/* --- the lock --- */

static void a_lock_that_is_held_is_waited_for_within_a_bound(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    bool is_held = false;
    int held = open(site->left, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int other = open(site->left, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(lock_take(held, 0, "it", &is_held, &error));
    assert_false(is_held);
    assert_false(lock_take(other, 0, "the directory", &is_held, &error));
    assert_true(is_held);
    assert_non_null(strstr(error.message, "holds the lock on the directory"));
    assert_false(lock_take(other, 20, "the directory", &is_held, &error));
    assert_true(is_held);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_non_null(strstr(error.message, "has held the lock on the directory"));
    close(held);
    assert_true(lock_take(other, 0, "it", &is_held, &error));
    assert_false(is_held);
    close(other);
    assert_false(lock_take(-1, 0, "nothing", &is_held, &error));
    assert_false(is_held);
}

static void a_set_is_locked_while_it_is_looked_at_and_free_afterwards(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    bool held = false;
    site_settled(site, &bundle_new);
    int other = open(site->left, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(lock_take(other, 0, "it", &held, &error));
    close(other);
}

static void a_set_that_another_process_has_locked_is_not_examined(void **state)
{
    const struct site *site = *state;
    const struct install_options options = {0};
    struct install_outcome outcome;
    struct error error = {0};
    bool held = false;
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
    int other = open(site->left, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(lock_take(other, 0, "it", &held, &error));
    assert_int_equal(assert_install_fails(site, ERROR_TRANSIENT, "holds the lock").state,
                     STORE_HELD);
    assert_false(install_settle(&site->config, &options, &outcome, &error));
    assert_int_equal(outcome.state, STORE_HELD);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_false(install_confirm(&site->config, site_generation, &options, &outcome, &error));
    assert_int_equal(outcome.state, STORE_HELD);
    assert_installed(site, &bundle_old);
    close(other);
    assert_int_equal(site_settle(site).state, STORE_HOOK_DUE);
    assert_installed(site, &bundle_new);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_first_installation_writes_the_files_and_waits_for_the_command),
        TEST(without_a_command_nothing_is_pending),
        TEST(without_a_chain_path_the_chain_follows_the_certificate),
        TEST(a_combined_file_holds_key_certificate_and_chain),
        TEST(an_absent_chain_is_an_empty_file),
        TEST(certificates_end_with_one_line_end),
        TEST(an_unchanged_bundle_touches_nothing),
        TEST(one_file_that_differs_replaces_the_whole_set),
        TEST(a_missing_a_longer_and_a_shorter_file_differ),
        TEST(a_wrong_mode_is_repaired_without_writing_or_command),
        TEST(a_configured_owner_and_group_are_set_on_what_is_there),
        TEST(a_new_file_belongs_to_whom_the_old_one_did),
        TEST(a_first_file_of_root_belongs_to_whom_the_directory_does_but_not_the_journal),
        TEST(an_unknown_owner_fails_and_leaves_nothing),
        TEST(force_replaces_what_is_equal),
        TEST(what_is_no_regular_file_is_not_replaced),
        TEST(a_missing_directory_changes_nothing),
        TEST(a_directory_in_the_journals_place_is_found_before_anything_is_written),
        TEST(every_obstacle_is_found_beforehand),
        TEST(a_lock_that_is_held_is_waited_for_within_a_bound),
        TEST(a_set_is_locked_while_it_is_looked_at_and_free_afterwards),
        TEST(a_set_that_another_process_has_locked_is_not_examined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
