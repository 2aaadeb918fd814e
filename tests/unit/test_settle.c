/* Settling after an interrupted run: which journals are trusted, and when a replacement is
 * completed. */
#include "base/limits.h"
#include "support/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define OTHER_GENERATION "fedcba9876543210"

enum { SOMEBODY = 65533 };

/* Settles, and checks the generation whose hook is due. */
static void assert_hook_is_due(const struct site *site, const char *generation)
{
    struct install_outcome outcome = site_settle(site);
    assert_int_equal(outcome.state, STORE_HOOK_DUE);
    assert_string_equal(outcome.generation, generation);
}

/* Installs the old files, and leaves a committed replacement by the new ones. */
static void commit(const struct site *site)
{
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
}

/* The same by an earlier release, which did not keep the old files. */
static void commit_without_old(const struct site *site)
{
    site_settled(site, &bundle_old);
    site_commit_without_old(site);
}

/* --- completing --- */

static void a_committed_set_is_completed_whatever_was_renamed(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = {site->certificate, site->key, site->chain};
    char temporary[SCRATCH_PATH_SIZE];
    for (unsigned which = 0; which < 16; which++) {
        unsigned renamed = which & 7;
        bool of_earlier_release = which > 7;
        if (of_earlier_release)
            commit_without_old(site);
        else
            commit(site);
        for (size_t i = 0; i < SITE_FILES; i++)
            if ((renamed >> i & 1) != 0 && of_earlier_release)
                rename(site_temporary(paths[i], site_generation, temporary), paths[i]);
            else if ((renamed >> i & 1) != 0)
                site_exchange(paths[i]);
        struct install_outcome outcome = site_settle(site);
        assert_installed(site, &bundle_new);
        assert_int_equal(outcome.completed, renamed != 7);
        assert_false(outcome.went_back);
        assert_int_equal(outcome.state, STORE_HOOK_DUE);
        assert_string_equal(outcome.generation, site_generation);
        assert_int_equal(files_in(site->left), 3);
        assert_int_equal(files_in(site->right), 1);
        assert_hook_is_due(site, site_generation);
    }
}

static void settling_twice_is_settling_once(void **state)
{
    const struct site *site = *state;
    commit(site);
    site_settle(site);
    struct install_outcome outcome = site_settle(site);
    assert_false(outcome.completed);
    assert_int_equal(outcome.state, STORE_HOOK_DUE);
    assert_installed(site, &bundle_new);
}

static void nothing_to_settle_is_success(void **state)
{
    const struct site *site = *state;
    assert_int_equal(site_settle(site).state, STORE_ABSENT);
    site_settled(site, &bundle_old);
    assert_int_equal(site_settle(site).state, STORE_IN_PLACE);
    assert_installed(site, &bundle_old);
}

static void the_pending_command_is_told_by_an_unchanged_installation_too(void **state)
{
    const struct site *site = *state;
    commit(site);
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_false(outcome.changed);
    assert_true(outcome.completed && outcome.state == STORE_HOOK_DUE);
    assert_string_equal(outcome.generation, site_generation);
}

static void a_set_that_cannot_be_completed_or_taken_back_is_left_as_it_is(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    char temporary[SCRATCH_PATH_SIZE];
    for (size_t i = 0; i < SITE_FILES; i++) {
        commit_without_old(site);
        scratch_write(site_temporary(paths[i], site_generation, temporary), STR("damaged"), 0600);
        assert_settle_fails(site, ERROR_PERMANENT, "cannot be completed");
        assert_installed(site, &bundle_old);
        assert_file(temporary, STR("damaged"));
        assert_settle_fails(site, ERROR_PERMANENT, strrchr(paths[i], '/'));
        unlink(temporary);
        assert_settle_fails(site, ERROR_PERMANENT, "cannot be completed");
        assert_installed(site, &bundle_old);
    }
}

static void the_next_installation_replaces_a_set_that_cannot_be_completed(void **state)
{
    const struct site *site = *state;
    char temporary[SCRATCH_PATH_SIZE];
    commit_without_old(site);
    unlink(site_temporary(site->key, site_generation, temporary));
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_true(outcome.changed && outcome.state == STORE_HOOK_DUE);
    assert_string_not_equal(outcome.generation, site_generation);
    assert_installed(site, &bundle_new);
    assert_int_equal(files_in(site->left), 3);
    assert_int_equal(files_in(site->right), 1);
}

static void even_when_the_files_are_equal_already(void **state)
{
    const struct site *site = *state;
    const char *const members[] = {site->certificate, "lost", NULL};
    site_settled(site, &bundle_new);
    site_write_journal(site, members);
    assert_true(site_install(site, &bundle_new).changed);
}

static void a_target_that_became_something_else_stops_every_rename(void **state)
{
    const struct site *site = *state;
    for (int of_earlier_release = 0; of_earlier_release < 2; of_earlier_release++) {
        if (of_earlier_release)
            commit_without_old(site);
        else
            commit(site);
        unlink(site->chain);
        assert_int_equal(mkdir(site->chain, 0755), 0);
        assert_settle_fails(site, ERROR_PERMANENT, "cannot be completed");
        assert_file(site->certificate, bundle_old.certificate);
        assert_file(site->key, bundle_old.key);
        rmdir(site->chain);
        site_settle(site);
        assert_installed(site, &bundle_new);
    }
}

static void an_earlier_command_is_pending_though_the_next_change_fails(void **state)
{
    struct site *site = *state;
    const struct install_options options = {0};
    struct install_outcome outcome;
    struct error error = {0};
    commit(site);
    site->config.key_permission.owner = (char *)(uintptr_t) "no-such-user";
    assert_false(install_bundle(&site->config, &bundle_old, &options, &outcome, &error));
    assert_installed(site, &bundle_new);
    assert_int_equal(outcome.state, STORE_HOOK_DUE);
    assert_string_equal(outcome.generation, site_generation);
}

/* --- trust --- */

static void assert_not_believed(const struct site *site, const char *why)
{
    const struct install_options options = {0};
    struct install_outcome outcome;
    struct error error = {0};
    assert_settle_fails(site, ERROR_PERMANENT, "cannot be completed");
    assert_settle_fails(site, ERROR_PERMANENT, why);
    assert_installed(site, &bundle_old);
    assert_false(install_confirm(&site->config, site_generation, &options, &outcome, &error));
    assert_int_equal(outcome.state, STORE_UNSETTLED);
    assert_non_null(strstr(error.message, why));
}

static void a_journal_with_a_second_link_is_not_believed(void **state)
{
    const struct site *site = *state;
    char second[SCRATCH_PATH_SIZE];
    commit(site);
    assert_int_equal(link(site->journal, scratch_path(site->scratch, "second", second)), 0);
    assert_not_believed(site, "more than one link");
}

static void a_journal_that_others_may_write_is_not_believed(void **state)
{
    const struct site *site = *state;
    static const mode_t modes[] = {0620, 0602, 0660, 0666};
    commit(site);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(site->journal, modes[i]), 0);
        assert_not_believed(site, "written by others");
    }
    assert_int_equal(chmod(site->journal, 0644), 0);
    site_settle(site);
}

static void a_journal_of_another_user_is_not_believed(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    commit(site);
    assert_int_equal(chown(site->journal, SOMEBODY, 0), 0);
    assert_not_believed(site, "belongs to another user");
    site_settled(site, &bundle_new); /* its files do not get that owner */
}

/* As a service of that user leaves it for a `recover` by root. */
static void root_believes_the_owner_of_all_directories(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    commit(site);
    assert_int_equal(chown(site->journal, SOMEBODY, 0), 0);
    assert_int_equal(chown(site->left, SOMEBODY, 0), 0);
    assert_not_believed(site, "belongs to another user");
    assert_int_equal(chown(site->right, SOMEBODY + 1, 0), 0);
    assert_not_believed(site, "belongs to another user");
    assert_int_equal(chown(site->right, SOMEBODY, 0), 0);
    assert_hook_is_due(site, site_generation);
    assert_installed(site, &bundle_new);
}

static void others_believe_only_root_and_themselves(void **state)
{
    struct site *site = *state;
    const struct install_options options = {0};
    struct install_outcome outcome;
    struct error error = {0};
    char directory[SCRATCH_PATH_SIZE];
    if (geteuid() != 0)
        skip();
    commit(site);
    assert_int_equal(chown(site->journal, SOMEBODY + 1, 0), 0);
    assert_int_equal(chown(site->left, SOMEBODY + 1, 0), 0);
    assert_int_equal(chown(site->right, SOMEBODY + 1, 0), 0);
    assert_int_equal(chmod(scratch_path(site->scratch, "", directory), 0755), 0);
    assert_int_equal(seteuid(SOMEBODY), 0);
    bool settled = install_settle(&site->config, &options, &outcome, &error);
    assert_int_equal(seteuid(0), 0);
    assert_false(settled);
    assert_non_null(strstr(error.message, "belongs to another user"));
}

static void a_journal_that_is_no_regular_file_is_not_believed(void **state)
{
    const struct site *site = *state;
    char elsewhere[SCRATCH_PATH_SIZE];
    commit(site);
    assert_int_equal(rename(site->journal, scratch_path(site->scratch, "journal", elsewhere)), 0);
    assert_int_equal(symlink(elsewhere, site->journal), 0);
    assert_not_believed(site, "cannot be opened");
    unlink(site->journal);
    assert_int_equal(mkfifo(site->journal, 0600), 0);
    assert_not_believed(site, "not a regular file");
    unlink(site->journal);
    assert_int_equal(mkdir(site->journal, 0700), 0);
    assert_not_believed(site, "not a regular file");
}

static void a_damaged_or_too_large_journal_is_not_believed(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf large = BUF(LIMIT_JOURNAL + 1);
    commit(site);
    scratch_write(site->journal, STR(""), 0600);
    assert_not_believed(site, "damaged");
    for (size_t i = 0; i < LIMIT_JOURNAL + 1; i++)
        buf_append_byte(&large, '\n');
    scratch_write(site->journal, buf_str(&large), 0600);
    assert_not_believed(site, "cannot be read");
}

static void a_journal_that_names_another_file_is_not_believed(void **state)
{
    const struct site *site = *state;
    char foreign[SCRATCH_PATH_SIZE];
    char temporary[SCRATCH_PATH_SIZE];
    const char *const members[] = {site->key, bundle_new.key.data, foreign, "ours", NULL};
    commit(site);
    scratch_write(scratch_path(site->scratch, "foreign", foreign), STR("theirs"), 0644);
    scratch_write(site_temporary(foreign, site_generation, temporary), STR("ours"), 0644);
    site_write_journal(site, members);
    assert_not_believed(site, "which is not a file of this certificate");
    assert_file(foreign, STR("theirs"));
    assert_file(temporary, STR("ours"));
}

/* --- after the hook --- */

static void a_confirmation_removes_the_journal_of_its_generation_only(void **state)
{
    const struct site *site = *state;
    commit(site);
    site_settle(site);
    assert_int_equal(site_confirm(site, OTHER_GENERATION), STORE_HOOK_DUE);
    assert_int_equal(site_confirm(site, ""), STORE_HOOK_DUE);
    assert_hook_is_due(site, site_generation);
    assert_int_equal(site_confirm(site, site_generation), STORE_IN_PLACE);
    assert_no_file(site->journal);
    assert_int_equal(site_settle(site).state, STORE_IN_PLACE);
    assert_int_equal(site_confirm(site, site_generation), STORE_IN_PLACE);
}

/* The hook has run for these files although not all of them were in place: it is due again. */
static void a_confirmation_settles_first(void **state)
{
    const struct site *site = *state;
    char temporary[SCRATCH_PATH_SIZE];
    commit(site);
    site_exchange(site->certificate);
    assert_int_equal(site_confirm(site, OTHER_GENERATION), STORE_HOOK_DUE);
    assert_installed(site, &bundle_new);
    assert_no_file(site_temporary(site->certificate, site_generation, temporary));
}

static void a_command_that_is_configured_no_more_is_dropped(void **state)
{
    struct site *site = *state;
    commit(site);
    site->config.refresh_command = NULL;
    assert_int_equal(site_settle(site).state, STORE_IN_PLACE);
    assert_installed(site, &bundle_new);
    assert_no_file(site->journal);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_committed_set_is_completed_whatever_was_renamed),
        TEST(settling_twice_is_settling_once),
        TEST(nothing_to_settle_is_success),
        TEST(the_pending_command_is_told_by_an_unchanged_installation_too),
        TEST(a_set_that_cannot_be_completed_or_taken_back_is_left_as_it_is),
        TEST(the_next_installation_replaces_a_set_that_cannot_be_completed),
        TEST(even_when_the_files_are_equal_already),
        TEST(a_target_that_became_something_else_stops_every_rename),
        TEST(an_earlier_command_is_pending_though_the_next_change_fails),
        TEST(a_journal_with_a_second_link_is_not_believed),
        TEST(a_journal_that_others_may_write_is_not_believed),
        TEST(a_journal_of_another_user_is_not_believed),
        TEST(root_believes_the_owner_of_all_directories),
        TEST(others_believe_only_root_and_themselves),
        TEST(a_journal_that_is_no_regular_file_is_not_believed),
        TEST(a_damaged_or_too_large_journal_is_not_believed),
        TEST(a_journal_that_names_another_file_is_not_believed),
        TEST(a_confirmation_removes_the_journal_of_its_generation_only),
        TEST(a_confirmation_settles_first),
        TEST(a_command_that_is_configured_no_more_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
