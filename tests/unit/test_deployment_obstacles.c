/* A certificate of the agent whose files are locked, cannot be replaced, or are taken back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/failing_renames.h"
#include "support/managed.h"

static int setup(void **state)
{
    fail_no_rename();
    return managed_setup(state);
}

/* --- locks that are held ---------------------------------------------------------------------- */

static void a_fetch_waits_for_the_lock_outside_of_the_agent(void **state)
{
    const struct site *site = *state;
    struct deadline wake = {INT64_MAX};
    int lock = lock_set();
    int64_t start = clock_monotonic_ms();
    fetch(&bundle_new);
    assert_in_range(clock_monotonic_ms() - start, 0, 5000); /* it did not wait a minute */
    assert_int_equal(managed.certificate.life.fetch, FETCH_INSTALLING);
    assert_false(managed.certificate.outcomes.fetch_ended);
    assert_health(HEALTH_WAITING, 0);
    assert_int_equal(files_in(site->left), 0);
    assert_true(certificate_continue(&managed.certificate, &wake));
    assert_in_range(deadline_left_ms(wake), 0, 500);
    assert_true(continue_now());
    certificate_retry(&managed.certificate); /* does nothing meanwhile */
    close(lock);
    assert_false(continue_now());
    assert_installed(site, &bundle_new); /* though the frame is gone */
    assert_fetch_outcome(ERROR_NONE);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
}

static void a_fetch_fails_when_the_lock_is_held_for_too_long(void **state)
{
    const struct site *site = *state;
    int lock = lock_set();
    fetch(&bundle_new);
    managed.certificate.held_latest = deadline_in(0);
    assert_false(continue_now());
    assert_int_equal(managed.certificate.life.fetch, FETCH_IDLE);
    assert_fetch_outcome(ERROR_TRANSIENT);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("holds the lock on the certificate's directory");
    assert_false(continue_now());
    close(lock);
    fetch(&bundle_new);
    assert_installed(site, &bundle_new);
}

static void a_retry_waits_for_the_lock_outside_of_the_agent(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
    int lock = lock_set();
    fail_fetch("no network");
    assert_installed(site, &bundle_old);
    assert_true(continue_now());
    close(lock);
    assert_false(continue_now());
    assert_installed(site, &bundle_new);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_health(HEALTH_FAILING, 1);
}

static void files_that_are_locked_for_too_long_count_as_unsettled(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    int lock = lock_set();
    certificate_retry(&managed.certificate);
    managed.certificate.held_latest = deadline_in(0);
    assert_false(continue_now());
    assert_deployment(DEPLOYMENT_UNSETTLED);
    assert_deployment_outcome(SCHEDULE_UNSETTLED);
    assert_health(HEALTH_FAILING, 1);
    close(lock);
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_DONE);
    assert_health(HEALTH_WAITING, 0);
}

static void a_hook_is_not_run_while_the_lock_is_held(void **state)
{
    const struct site *site = *state;
    bool held = false;
    fetch(&bundle_new);
    int lock = lock_set();
    assert_false(certificate_hook_is_still_due(&managed.certificate, &held));
    assert_true(held);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_health(HEALTH_WAITING, 0);
    close(lock);
    run_hook();
    assert_no_file(site->journal);
}

static void a_success_is_confirmed_when_the_lock_is_free(void **state)
{
    const struct site *site = *state;
    bool held = false;
    fetch(&bundle_new);
    assert_true(certificate_hook_is_still_due(&managed.certificate, &held));
    certificate_hook_started(&managed.certificate);
    int lock = lock_set();
    certificate_hook_succeeded(&managed.certificate);
    assert_deployment(DEPLOYMENT_CONFIRMING);
    assert_health(HEALTH_WAITING, 0);
    assert_true(continue_now());
    close(lock);
    assert_false(continue_now());
    assert_health(HEALTH_FRESH, 0);
    assert_no_file(site->journal);
}

static void a_new_configuration_drops_what_waits_to_be_installed(void **state)
{
    const struct site *site = *state;
    struct certificate taken;
    int lock = lock_set();
    fetch(&bundle_new);
    certificate_init(&taken, &site->config, true);
    certificate_take_over(&taken, &managed.certificate);
    close(lock);
    assert_int_equal(taken.life.fetch, FETCH_IDLE);
    assert_int_equal(taken.held_actions, 0);
    assert_int_equal(taken.fetched.copy.length, 0);
    certificate_free(&taken);
    assert_int_equal(files_in(site->left), 0);
}

/* --- files that cannot be replaced ------------------------------------------------------------ */

static void files_that_are_taken_back_are_fetched_again(void **state)
{
    const struct site *site = *state;
    fail_renames_to(site->chain, EBUSY);
    fetch(&bundle_new);
    assert_fetch_outcome(ERROR_PERMANENT);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("the earlier ones are back");
    assert_reason("www.chain");
    assert_deployment(DEPLOYMENT_DONE);
    assert_int_equal(files_in(site->left), 0);
    assert_int_equal(files_in(site->right), 0);
    fail_no_rename();
    fetch(&bundle_new);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
}

static void committed_files_are_put_in_place_without_the_network(void **state)
{
    const struct site *site = *state;
    fail_renames_to(site->chain, ENOSPC);
    fetch(&bundle_new);
    assert_fetch_outcome(ERROR_NONE); /* it need not be repeated */
    assert_deployment_outcome(SCHEDULE_UNSETTLED);
    assert_deployment(DEPLOYMENT_UNSETTLED);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("committed");
    certificate_retry(&managed.certificate);
    assert_deployment_outcome(SCHEDULE_UNSETTLED);
    assert_health(HEALTH_FAILING, 2);
    fail_no_rename();
    certificate_retry(&managed.certificate);
    assert_installed(site, &bundle_new);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
    assert_false(managed.certificate.outcomes.fetch_ended);
}

static void the_agent_is_patient_for_a_time(void **state)
{
    const struct site *site = *state;
    fail_renames_to(site->chain, ENOSPC);
    fetch(&bundle_new);
    assert_fetch_outcome(ERROR_NONE);
    assert_in_range(deadline_left_ms(managed.certificate.patient_until), 9 * 60 * 1000,
                    10 * 60 * 1000);
    managed.certificate.patient_until = deadline_in(0);
    certificate_retry(&managed.certificate);
    assert_int_equal(files_in(site->left), 0);
    assert_deployment(DEPLOYMENT_DONE);
    assert_fetch_outcome(ERROR_TRANSIENT); /* fetched again */
    assert_reason("are not in place any more");
    fail_no_rename();
    fetch(&bundle_new);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
}

static void one_run_alone_is_not_patient(void **state)
{
    const struct site *site = *state;
    managed.certificate.resident = false;
    fail_renames_to(site->chain, ENOSPC);
    fetch(&bundle_new);
    assert_fetch_outcome(ERROR_TRANSIENT);
    assert_int_equal(files_in(site->left), 0);
    assert_deployment(DEPLOYMENT_DONE);
}

/* `wcp-tiny recover`, for example, meanwhile. */
static void what_another_process_takes_back_is_fetched_again(void **state)
{
    const struct site *site = *state;
    fail_renames_to(site->chain, ENOSPC);
    fetch(&bundle_new);
    assert_fetch_outcome(ERROR_NONE);
    assert_true(site_settle(site).went_back);
    fail_no_rename();
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_DONE);
    assert_fetch_outcome(ERROR_TRANSIENT);
    assert_health(HEALTH_FAILING, 1);
    fetch(&bundle_new);
    assert_installed(site, &bundle_new);
}

/* The old files' hook was due before, and is due again. Running it does not make them fresh. */
static void a_hook_that_is_due_for_old_files_does_not_make_them_fresh(void **state)
{
    const struct site *site = *state;
    const char *const paths[] = SITE_PATHS(site);
    char kept[SCRATCH_PATH_SIZE];
    fetch(&bundle_old);
    assert_fetch_outcome(ERROR_NONE);
    site_commit(site, JOURNAL_FORWARD, BEFORE_HOOK_DUE);
    for (size_t i = 0; i < SITE_FILES; i++)
        assert_int_equal(link(paths[i], site_kept(paths[i], site_generation, kept)), 0);
    fail_renames_to(site->chain, EBUSY);
    run_hook();
    assert_installed(site, &bundle_old);
    assert_no_file(site->journal);
    assert_deployment(DEPLOYMENT_DONE);
    assert_fetch_outcome(ERROR_TRANSIENT);
    assert_health(HEALTH_FAILING, 1);
    fail_no_rename();
    fetch(&bundle_old);
    assert_health(HEALTH_FRESH, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, managed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_fetch_waits_for_the_lock_outside_of_the_agent),
        TEST(a_fetch_fails_when_the_lock_is_held_for_too_long),
        TEST(a_retry_waits_for_the_lock_outside_of_the_agent),
        TEST(files_that_are_locked_for_too_long_count_as_unsettled),
        TEST(a_hook_is_not_run_while_the_lock_is_held),
        TEST(a_success_is_confirmed_when_the_lock_is_free),
        TEST(a_new_configuration_drops_what_waits_to_be_installed),
        TEST(files_that_are_taken_back_are_fetched_again),
        TEST(committed_files_are_put_in_place_without_the_network),
        TEST(the_agent_is_patient_for_a_time),
        TEST(one_run_alone_is_not_patient),
        TEST(what_another_process_takes_back_is_fetched_again),
        TEST(a_hook_that_is_due_for_old_files_does_not_make_them_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
