/* Files that an interrupted run left behind: which are removed, and which are reported. */
#include "store/orphans.h"
#include "support/captured_log.h"
#include "support/site.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define OTHER_GENERATION "fedcba9876543210"

static void stray_files_are_swept_and_others_are_not(void **state)
{
    const struct site *site = *state;
    char stray[SCRATCH_PATH_SIZE];
    char other[SCRATCH_PATH_SIZE];
    const char *const targets[] = {site->certificate, site->key, site->chain, site->journal};
    site_settled(site, &bundle_old);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        scratch_write(site_temporary(targets[i], OTHER_GENERATION, stray), STR(""), 0600);
        scratch_write(site_kept(targets[i], OTHER_GENERATION, stray), STR(""), 0600);
    }
    scratch_path(site->scratch, "left/www.key", other);
    scratch_write(site_temporary(other, OTHER_GENERATION, stray), STR(""), 0600);
    scratch_write(scratch_path(site->scratch, "left/.www.crt.wcp-new", other), STR(""), 0600);
    site_settle(site);
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
    site_settled(site, &bundle_old);
    site_commit_without_old(site);
    scratch_write(site_temporary(site->key, site_generation, damaged), STR("damaged"), 0600);
    scratch_write(site_temporary(site->key, OTHER_GENERATION, stray), STR(""), 0600);
    assert_settle_fails(site, ERROR_PERMANENT, "cannot be completed");
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
    site_settle(site);
    assert_file(stray, STR(""));
    scratch_write(site_temporary(site->certificate, OTHER_GENERATION, own), STR(""), 0600);
    site_settle(site);
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
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
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
        TEST(stray_files_are_swept_and_others_are_not),
        TEST(what_a_journal_owns_is_not_swept_while_it_cannot_be_completed),
        TEST(nothing_is_swept_elsewhere_while_the_certificates_directory_is_empty),
        TEST(journals_of_no_certificate_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
