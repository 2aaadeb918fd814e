/* Recovery after an interrupted run: which journals are trusted, when a replacement is completed,
 * and which files are removed. */
#include "base/limits.h"
#include "store/orphans.h"
#include "support/captured_log.h"
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

static void assert_command_is_pending(const struct site *site, const char *generation,
                                      bool expected)
{
    struct error error = {0};
    bool pending = !expected;
    assert_true(install_hook_is_pending(&site->config, generation, &pending, &error));
    assert_int_equal(pending, expected);
}

/* Installs the old files, and leaves a committed replacement by the new ones. */
static void commit(const struct site *site)
{
    site_settled(site, &bundle_old);
    site_commit_new(site);
}

/* --- completing --- */

static void a_committed_set_is_completed_whatever_was_renamed(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = {site->certificate, site->key, site->chain};
    char temporary[SCRATCH_PATH_SIZE];
    for (unsigned renamed = 0; renamed < 8; renamed++) {
        commit(site);
        for (size_t i = 0; i < 3; i++)
            if ((renamed >> i & 1) != 0)
                rename(site_temporary(paths[i], site_generation, temporary), paths[i]);
        struct install_outcome outcome = site_recover(site);
        assert_installed(site, &bundle_new);
        assert_int_equal(outcome.completed, renamed != 7);
        assert_true(outcome.hook_pending);
        assert_string_equal(outcome.generation, site_generation);
        assert_int_equal(files_in(site->left), 3);
        assert_int_equal(files_in(site->right), 1);
        assert_command_is_pending(site, site_generation, true);
    }
}

static void recovering_twice_is_recovering_once(void **state)
{
    const struct site *site = *state;
    commit(site);
    site_recover(site);
    struct install_outcome outcome = site_recover(site);
    assert_false(outcome.completed);
    assert_true(outcome.hook_pending);
    assert_installed(site, &bundle_new);
}

static void nothing_to_recover_is_success(void **state)
{
    const struct site *site = *state;
    assert_false(site_recover(site).hook_pending);
    site_settled(site, &bundle_old);
    assert_false(site_recover(site).hook_pending);
    assert_installed(site, &bundle_old);
}

static void the_pending_command_is_told_by_an_unchanged_installation_too(void **state)
{
    const struct site *site = *state;
    commit(site);
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_false(outcome.changed);
    assert_true(outcome.completed && outcome.hook_pending);
    assert_string_equal(outcome.generation, site_generation);
}

static void a_set_that_cannot_be_completed_is_left_as_it_is(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = {site->certificate, site->key, site->chain};
    char temporary[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf log = BUF(8192);
    capture_log(&log);
    for (size_t i = 0; i < 3; i++) {
        commit(site);
        scratch_write(site_temporary(paths[i], site_generation, temporary), STR("damaged"), 0600);
        assert_recover_fails(site, ERROR_PERMANENT, "cannot be completed");
        assert_installed(site, &bundle_old);
        assert_file(temporary, STR("damaged"));
        assert_logged(&log, strrchr(paths[i], '/'));
        unlink(temporary);
        assert_recover_fails(site, ERROR_PERMANENT, "cannot be completed");
        assert_installed(site, &bundle_old);
        buf_clear(&log);
    }
    release_log();
}

static void the_next_installation_replaces_a_set_that_cannot_be_completed(void **state)
{
    const struct site *site = *state;
    char temporary[SCRATCH_PATH_SIZE];
    commit(site);
    unlink(site_temporary(site->key, site_generation, temporary));
    struct install_outcome outcome = site_install(site, &bundle_new);
    assert_true(outcome.changed && outcome.hook_pending);
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
    commit(site);
    unlink(site->chain);
    assert_int_equal(mkdir(site->chain, 0755), 0);
    assert_recover_fails(site, ERROR_PERMANENT, "cannot be completed");
    assert_file(site->certificate, bundle_old.certificate);
    assert_file(site->key, bundle_old.key);
    rmdir(site->chain);
    site_recover(site);
    assert_installed(site, &bundle_new);
}

static void an_earlier_command_is_pending_though_the_next_change_fails(void **state)
{
    struct site *site = *state;
    struct install_outcome outcome;
    struct error error = {0};
    commit(site);
    site->config.key_permission.owner = (char *)(uintptr_t) "no-such-user";
    assert_false(install_bundle(&site->config, &bundle_old, false, &outcome, &error));
    assert_installed(site, &bundle_new);
    assert_true(outcome.hook_pending);
    assert_string_equal(outcome.generation, site_generation);
}

/* --- trust --- */

static void assert_not_believed(const struct site *site, const char *why)
{
    BUF_AUTO struct buf log = BUF(8192);
    struct error error = {0};
    bool pending = false;
    capture_log(&log);
    assert_recover_fails(site, ERROR_PERMANENT, "cannot be completed");
    assert_logged(&log, why);
    release_log();
    assert_installed(site, &bundle_old);
    assert_false(install_hook_is_pending(&site->config, site_generation, &pending, &error));
    assert_non_null(strstr(error.message, why));
    assert_false(install_hook_done(&site->config, site_generation, &error));
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
    site_recover(site);
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

static void a_command_done_clears_the_journal_of_its_generation_only(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    commit(site);
    site_recover(site);
    assert_true(install_hook_done(&site->config, OTHER_GENERATION, &error));
    assert_command_is_pending(site, site_generation, true);
    assert_command_is_pending(site, OTHER_GENERATION, false);
    assert_true(install_hook_done(&site->config, site_generation, &error));
    assert_no_file(site->journal);
    assert_command_is_pending(site, site_generation, false);
    assert_true(install_hook_done(&site->config, site_generation, &error));
}

static void a_command_that_is_configured_no_more_is_dropped(void **state)
{
    struct site *site = *state;
    BUF_AUTO struct buf log = BUF(8192);
    commit(site);
    site->config.refresh_command = NULL;
    capture_log(&log);
    assert_false(site_recover(site).hook_pending);
    release_log();
    assert_logged(&log, "No refresh command is configured");
    assert_installed(site, &bundle_new);
    assert_no_file(site->journal);
}

/* --- sweeping --- */

static void stray_files_are_swept_and_others_are_not(void **state)
{
    const struct site *site = *state;
    char stray[SCRATCH_PATH_SIZE];
    char other[SCRATCH_PATH_SIZE];
    const char *const targets[] = {site->certificate, site->key, site->chain, site->journal};
    site_settled(site, &bundle_old);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        scratch_write(site_temporary(targets[i], OTHER_GENERATION, stray), STR(""), 0600);
    scratch_path(site->scratch, "left/www.key", other);
    scratch_write(site_temporary(other, OTHER_GENERATION, stray), STR(""), 0600);
    scratch_write(scratch_path(site->scratch, "left/.www.crt.wcp-new", other), STR(""), 0600);
    site_recover(site);
    assert_int_equal(files_in(site->left), 4);
    assert_int_equal(files_in(site->right), 1);
    assert_file(stray, STR(""));
    assert_file(other, STR(""));
}

static void what_a_journal_owns_is_not_swept_while_it_cannot_be_completed(void **state)
{
    const struct site *site = *state;
    char stray[SCRATCH_PATH_SIZE];
    char damaged[SCRATCH_PATH_SIZE];
    commit(site);
    scratch_write(site_temporary(site->key, site_generation, damaged), STR("damaged"), 0600);
    scratch_write(site_temporary(site->key, OTHER_GENERATION, stray), STR(""), 0600);
    assert_recover_fails(site, ERROR_PERMANENT, "cannot be completed");
    assert_no_file(stray);
    assert_file(damaged, STR("damaged"));
    assert_int_equal(files_in(site->left), 5);
}

/* The journal may be on a file system that is not mounted there yet. */
static void nothing_is_swept_elsewhere_while_the_certificates_directory_is_empty(void **state)
{
    const struct site *site = *state;
    char stray[SCRATCH_PATH_SIZE];
    char own[SCRATCH_PATH_SIZE];
    scratch_write(site_temporary(site->key, OTHER_GENERATION, stray), STR(""), 0600);
    site_recover(site);
    assert_file(stray, STR(""));
    scratch_write(site_temporary(site->certificate, OTHER_GENERATION, own), STR(""), 0600);
    site_recover(site);
    assert_no_file(stray);
    assert_no_file(own);
    scratch_write(stray, STR(""), 0600);
    site_install(site, &bundle_new);
    assert_no_file(stray);
}

static void journals_of_no_certificate_are_reported(void **state)
{
    struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf log = BUF(8192);
    const struct config config = {.certificates = &site->config, .certificate_count = 1};
    commit(site);
    scratch_write(scratch_path(site->scratch, "left/.gone.crt.wcp-journal", path), STR(""), 0600);
    scratch_write(scratch_path(site->scratch, "left/.other", path), STR(""), 0600);
    capture_log(&log);
    orphans_report(&config);
    release_log();
    assert_logged(&log, ".gone.crt.wcp-journal belongs to no configured certificate");
    assert_not_logged(&log, ".www.crt.wcp-journal");
    assert_not_logged(&log, ".other");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_committed_set_is_completed_whatever_was_renamed),
        TEST(recovering_twice_is_recovering_once),
        TEST(nothing_to_recover_is_success),
        TEST(the_pending_command_is_told_by_an_unchanged_installation_too),
        TEST(a_set_that_cannot_be_completed_is_left_as_it_is),
        TEST(the_next_installation_replaces_a_set_that_cannot_be_completed),
        TEST(even_when_the_files_are_equal_already),
        TEST(a_target_that_became_something_else_stops_every_rename),
        TEST(an_earlier_command_is_pending_though_the_next_change_fails),
        TEST(a_journal_with_a_second_link_is_not_believed),
        TEST(a_journal_that_others_may_write_is_not_believed),
        TEST(a_journal_of_another_user_is_not_believed),
        TEST(a_journal_that_is_no_regular_file_is_not_believed),
        TEST(a_damaged_or_too_large_journal_is_not_believed),
        TEST(a_journal_that_names_another_file_is_not_believed),
        TEST(a_command_done_clears_the_journal_of_its_generation_only),
        TEST(a_command_that_is_configured_no_more_is_dropped),
        TEST(stray_files_are_swept_and_others_are_not),
        TEST(what_a_journal_owns_is_not_swept_while_it_cannot_be_completed),
        TEST(nothing_is_swept_elsewhere_while_the_certificates_directory_is_empty),
        TEST(journals_of_no_certificate_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
