/* Going back: files that cannot all be replaced are put back as they were. */
#include "base/limits.h"
#include "support/failing_renames.h"
#include "support/site.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static int setup(void **state)
{
    fail_no_rename();
    return site_setup(state);
}

/* ioctl(2), whose request has another type in every C library. */
static bool change_flags(int file, unsigned long request, int *flags)
{
    return syscall(SYS_ioctl, file, request, flags) == 0;
}

/* Lets the file be as it is for good. Returns false when its file system cannot. */
static bool set_immutable(const char *path, bool immutable)
{
    int flags = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool done = change_flags(file, FS_IOC_GETFLAGS, &flags);
    flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    done = done && change_flags(file, FS_IOC_SETFLAGS, &flags);
    close(file);
    return done;
}

/* A committed replacement whose old files were kept as hard links. */
static void commit_with_links(const struct site *site, enum journal_before before)
{
    const char *const paths[] = SITE_PATHS(site);
    char kept[SCRATCH_PATH_SIZE];
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, before);
    for (size_t i = 0; i < SITE_FILES; i++)
        assert_int_equal(link(paths[i], site_kept(paths[i], site_generation, kept)), 0);
}

/* Only the old files are left. */
static void assert_as_before(const struct site *site)
{
    assert_installed(site, &bundle_old);
    assert_no_file(site->journal);
    assert_int_equal(files_in(site->left), 2);
    assert_int_equal(files_in(site->right), 1);
}

/* --- the cause -------------------------------------------------------------------------------- */

static void a_rename_that_fails_for_good_takes_everything_back(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    static const int numbers[] = {EPERM, EACCES, EBUSY, EXDEV, EISDIR};
    for (size_t i = 0; i < SITE_FILES * sizeof numbers / sizeof numbers[0]; i++) {
        const struct install_options options = {.patient = i % 2 != 0};
        struct install_outcome outcome;
        struct error error = {0};
        commit_with_links(site, BEFORE_DONE);
        fail_renames_to(paths[i % SITE_FILES], numbers[i / SITE_FILES]);
        assert_true(install_settle(&site->config, &options, &outcome, &error));
        fail_no_rename();
        assert_int_equal(outcome.state, STORE_IN_PLACE);
        assert_true(outcome.went_back);
        assert_false(outcome.completed || outcome.changed);
        assert_as_before(site);
    }
}

static void a_rename_that_may_succeed_later_is_left_to_a_patient_caller(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    static const int numbers[] = {EIO, ENOSPC, ENOMEM, EROFS, EDQUOT};
    const struct install_options patient = {.patient = true};
    for (size_t i = 0; i < SITE_FILES * sizeof numbers / sizeof numbers[0]; i++) {
        struct install_outcome outcome;
        struct error error = {0};
        commit_with_links(site, BEFORE_DONE);
        fail_renames_to(paths[i % SITE_FILES], numbers[i / SITE_FILES]);
        assert_false(install_settle(&site->config, &patient, &outcome, &error));
        assert_int_equal(error.kind, ERROR_TRANSIENT);
        assert_int_equal(outcome.state, STORE_UNSETTLED);
        assert_false(outcome.went_back);
        fail_no_rename();
        outcome = site_settle(site);
        assert_int_equal(outcome.state, STORE_HOOK_DUE);
        assert_true(outcome.completed);
        assert_installed(site, &bundle_new);
        assert_int_equal(files_in(site->left), 3);
        assert_int_equal(files_in(site->right), 1);
    }
}

static void an_impatient_caller_goes_back_at_once(void **state)
{
    const struct site *site = *state;
    commit_with_links(site, BEFORE_DONE);
    fail_renames_to(site->chain, ENOSPC);
    assert_true(site_settle(site).went_back);
    assert_as_before(site);
}

/* The versions change places here; whatever the agent checks beforehand, some have. */
static void a_file_that_cannot_be_changed_takes_everything_back(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    for (unsigned i = 0; i < SITE_FILES << SITE_FILES; i++) {
        const char *immutable = paths[i >> SITE_FILES];
        site_settled(site, &bundle_old);
        site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
        for (size_t k = 0; k < SITE_FILES; k++)
            if ((i >> k & 1) != 0 && paths[k] != immutable)
                site_exchange(paths[k]);
        if (!set_immutable(immutable, true))
            skip();
        struct install_outcome outcome = site_settle(site);
        assert_true(set_immutable(immutable, false));
        assert_true(outcome.went_back);
        assert_int_equal(outcome.state, STORE_IN_PLACE);
        assert_as_before(site);
    }
}

static void new_contents_that_are_lost_take_everything_back(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    char temporary[SCRATCH_PATH_SIZE];
    for (unsigned i = 0; i < 2 * SITE_FILES; i++) {
        const char *lost = paths[i / 2];
        site_settled(site, &bundle_old);
        site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
        site_exchange(paths[(i / 2 + 1) % SITE_FILES]);
        scratch_write(site_temporary(lost, site_generation, temporary), STR("damaged"), 0600);
        if (i % 2 != 0)
            unlink(temporary);
        assert_true(site_settle(site).went_back);
        assert_as_before(site);
    }
}

/* --- what is put back ------------------------------------------------------------------------- */

static void a_file_that_was_absent_is_removed_again(void **state)
{
    const struct site *site = *state;
    struct install_outcome outcome = {0};
    fail_renames_to(site->chain, EBUSY);
    outcome = assert_install_fails(site, ERROR_PERMANENT, "the earlier ones are back");
    assert_true(outcome.went_back);
    assert_int_equal(outcome.state, STORE_IN_PLACE);
    assert_int_equal(files_in(site->left), 0);
    assert_int_equal(files_in(site->right), 0);
}

static void a_symbolic_link_is_put_back(void **state)
{
    const struct site *site = *state;
    char text[SCRATCH_PATH_SIZE] = "";
    site_settled(site, &bundle_old);
    unlink(site->chain);
    assert_int_equal(symlink("/nowhere", site->chain), 0);
    site_commit(site, JOURNAL_BACK, BEFORE_DONE);
    site_exchange(site->chain);
    site_exchange(site->key);
    assert_true(site_settle(site).went_back);
    assert_int_equal(readlink(site->chain, text, sizeof text - 1), strlen("/nowhere"));
    assert_string_equal(text, "/nowhere");
    assert_file(site->key, bundle_old.key);
    assert_int_equal(files_in(site->left), 2);
    assert_int_equal(files_in(site->right), 1);
}

/* Whatever it is: its contents are not read, and the file itself is put back. */
static void a_file_that_is_too_large_to_be_ours_is_put_back(void **state)
{
    const struct site *site = *state;
    struct stat before;
    struct stat after;
    site_settled(site, &bundle_old);
    assert_int_equal(truncate(site->certificate, (off_t)LIMIT_INSTALLED_FILE + 1), 0);
    assert_int_equal(stat(site->certificate, &before), 0);
    fail_renames_to(site->journal, EIO);
    assert_install_fails(site, ERROR_TRANSIENT, "the journal");
    fail_no_rename();
    if (!set_immutable(site->key, true))
        skip();
    struct install_outcome outcome;
    struct error error = {0};
    const struct install_options options = {0};
    bool installed = install_bundle(&site->config, &bundle_new, &options, &outcome, &error);
    assert_true(set_immutable(site->key, false));
    assert_false(installed);
    assert_int_equal(stat(site->certificate, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_size, before.st_size);
    assert_true(site_install(site, &bundle_new).changed);
    assert_installed(site, &bundle_new);
    assert_int_equal(site_settle(site).state, STORE_HOOK_DUE); /* its journal can be read */
}

static void owner_and_mode_are_put_back(void **state)
{
    const struct site *site = *state;
    struct stat before;
    struct stat after;
    site_settled(site, &bundle_old);
    assert_int_equal(chmod(site->certificate, 0400), 0);
    assert_int_equal(stat(site->certificate, &before), 0);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
    site_exchange(site->certificate);
    if (!set_immutable(site->key, true))
        skip();
    site_settle(site);
    assert_true(set_immutable(site->key, false));
    assert_int_equal(stat(site->certificate, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_mode(site->certificate, 0400);
}

/* --- going on --------------------------------------------------------------------------------- */

static void going_back_is_finished_by_whoever_comes_next(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    for (unsigned moved = 0; moved < 1 << SITE_FILES; moved++) {
        site_settled(site, &bundle_old);
        site_commit(site, JOURNAL_BACK, BEFORE_DONE);
        for (size_t k = 0; k < SITE_FILES; k++)
            if ((moved >> k & 1) != 0)
                site_exchange(paths[k]);
        struct install_outcome outcome = site_settle(site);
        assert_int_equal(outcome.went_back, moved != 0);
        assert_false(outcome.completed);
        assert_int_equal(outcome.state, STORE_IN_PLACE);
        assert_as_before(site);
    }
}

static void what_cannot_be_put_back_yet_is_tried_again(void **state)
{
    const struct site *site = *state;
    char kept[SCRATCH_PATH_SIZE];
    commit_with_links(site, BEFORE_DONE);
    site_kept(site->certificate, site_generation, kept);
    fail_renames_to(site->chain, EBUSY);
    failing_from = strrchr(kept, '/') + 1;
    assert_settle_fails(site, ERROR_PERMANENT, "www.chain");
    assert_file(site->certificate, bundle_new.certificate);
    fail_no_rename();
    failing_from = strrchr(kept, '/') + 1; /* the journal says "back" by now */
    assert_settle_fails(site, ERROR_PERMANENT, "take back");
    fail_no_rename();
    assert_true(site_settle(site).went_back);
    assert_as_before(site);
}

static void without_an_old_version_only_forward_is_left(void **state)
{
    const struct site *site = *state;
    char kept[SCRATCH_PATH_SIZE];
    commit_with_links(site, BEFORE_DONE);
    unlink(site_kept(site->certificate, site_generation, kept));
    scratch_write(site->certificate, STR("somebody's"), 0644);
    fail_renames_to(site->key, EBUSY);
    assert_settle_fails(site, ERROR_PERMANENT, "www.key");
    fail_no_rename();
    assert_int_equal(site_settle(site).state, STORE_HOOK_DUE);
    assert_installed(site, &bundle_new);
}

static void the_way_back_is_lost_with_an_old_version(void **state)
{
    const struct site *site = *state;
    char temporary[SCRATCH_PATH_SIZE];
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_BACK, BEFORE_DONE);
    site_exchange(site->key);
    unlink(site_temporary(site->key, site_generation, temporary));
    assert_settle_fails(site, ERROR_PERMANENT, "earlier version of a file is missing");
    assert_true(site_install(site, &bundle_new).changed);
    assert_installed(site, &bundle_new);
}

/* --- the state before ------------------------------------------------------------------------- */

static void a_hook_that_was_due_before_is_due_still(void **state)
{
    struct site *site = *state;
    commit_with_links(site, BEFORE_HOOK_DUE);
    fail_renames_to(site->key, EBUSY);
    struct install_outcome outcome = site_settle(site);
    fail_no_rename();
    assert_true(outcome.went_back);
    assert_int_equal(outcome.state, STORE_HOOK_DUE);
    assert_string_equal(outcome.generation, site_generation);
    assert_installed(site, &bundle_old);
    outcome = site_settle(site);
    assert_false(outcome.went_back); /* it is over */
    assert_int_equal(outcome.state, STORE_HOOK_DUE);
    assert_int_equal(site_confirm(site, site_generation), STORE_IN_PLACE);
    assert_as_before(site);
}

static void without_a_hook_none_is_due(void **state)
{
    struct site *site = *state;
    commit_with_links(site, BEFORE_HOOK_DUE);
    site->config.refresh_command = NULL;
    fail_renames_to(site->key, EBUSY);
    assert_int_equal(site_settle(site).state, STORE_IN_PLACE);
    assert_as_before(site);
}

static void files_that_did_not_belong_together_are_replaced_by_the_next_installation(void **state)
{
    const struct site *site = *state;
    commit_with_links(site, BEFORE_UNSETTLED);
    fail_renames_to(site->key, EBUSY);
    assert_settle_fails(site, ERROR_PERMANENT, "www.key");
    assert_installed(site, &bundle_old);
    fail_no_rename();
    assert_settle_fails(site, ERROR_PERMANENT, "cannot be completed: an earlier attempt");
    assert_true(site_install(site, &bundle_old).changed);
    assert_int_equal(site_settle(site).state, STORE_HOOK_DUE);
    assert_installed(site, &bundle_old);
}

static void an_installation_that_goes_back_leaves_the_hook_due(void **state)
{
    const struct site *site = *state;
    char generation[GENERATION_SIZE];
    struct install_outcome outcome = site_install(site, &bundle_old);
    memcpy(generation, outcome.generation, sizeof generation);
    if (!set_immutable(site->key, true))
        skip();
    struct install_options options = {0};
    struct error error = {0};
    assert_false(install_bundle(&site->config, &bundle_new, &options, &outcome, &error));
    assert_true(set_immutable(site->key, false));
    assert_false(outcome.changed);
    assert_int_equal(outcome.state, STORE_HOOK_DUE);
    assert_installed(site, &bundle_old);
    assert_int_equal(files_in(site->left), 3);
    assert_int_equal(files_in(site->right), 1);
    assert_int_equal(site_settle(site).state, STORE_HOOK_DUE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_rename_that_fails_for_good_takes_everything_back),
        TEST(a_rename_that_may_succeed_later_is_left_to_a_patient_caller),
        TEST(an_impatient_caller_goes_back_at_once),
        TEST(a_file_that_cannot_be_changed_takes_everything_back),
        TEST(new_contents_that_are_lost_take_everything_back),
        TEST(a_file_that_was_absent_is_removed_again),
        TEST(a_symbolic_link_is_put_back),
        TEST(a_file_that_is_too_large_to_be_ours_is_put_back),
        TEST(owner_and_mode_are_put_back),
        TEST(going_back_is_finished_by_whoever_comes_next),
        TEST(what_cannot_be_put_back_yet_is_tried_again),
        TEST(without_an_old_version_only_forward_is_left),
        TEST(the_way_back_is_lost_with_an_old_version),
        TEST(a_hook_that_was_due_before_is_due_still),
        TEST(without_a_hook_none_is_due),
        TEST(files_that_did_not_belong_together_are_replaced_by_the_next_installation),
        TEST(an_installation_that_goes_back_leaves_the_hook_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
