/* A certificate of the agent with its files: what events do to it, its status, and its schedule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/hook_records.h"
#include "support/managed.h"

/* --- fetches ---------------------------------------------------------------------------------- */

static void a_fetched_certificate_is_fresh_when_its_hook_has_succeeded(void **state)
{
    const struct site *site = *state;
    struct certificate *certificate = &managed.certificate;
    assert_health(HEALTH_WAITING, 0);
    fetch(&bundle_new);
    assert_installed(site, &bundle_new);
    assert_fetch_outcome(ERROR_NONE);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_health(HEALTH_WAITING, 0);
    assert_true(certificate->status.hook_pending);
    assert_string_equal(certificate->hook_reason, "certificate files changed");
    assert_int_equal(certificate->status.not_after, 4102444799);
    assert_false(certificate->outcomes.deployment_ended);
    run_hook();
    assert_deployment(DEPLOYMENT_DONE);
    assert_deployment_outcome(SCHEDULE_DEPLOYED);
    assert_health(HEALTH_FRESH, 0);
    assert_false(certificate->status.hook_pending);
    assert_true(certificate->status.last_success > 0);
    assert_no_file(site->journal);
    assert_logged(&managed.log, "INFO Certificate refresh successful");
}

static void without_a_hook_it_is_fresh_at_once(void **state)
{
    struct site *site = *state;
    site->config.refresh_command = NULL;
    restart();
    fetch(&bundle_new);
    assert_health(HEALTH_FRESH, 0);
    assert_no_file(site->journal);
}

static void an_unchanged_certificate_is_fresh_without_its_hook(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_new);
    fetch(&bundle_new);
    assert_health(HEALTH_FRESH, 0);
    assert_logged(&managed.log, "Skipping refresh command");
    buf_clear(&managed.log);
    fetch(&bundle_new);
    assert_logged(&managed.log, "Certificate refresh successful"); /* once for each fetch */
    buf_clear(&managed.log);
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_DONE);
    assert_not_logged(&managed.log, "Certificate refresh successful");
}

static void the_first_refresh_may_want_the_hook_all_the_same(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_new);
    managed.certificate.life.hook_at_start = true;
    fetch(&bundle_new);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_string_equal(managed.certificate.hook_reason, "first refresh after the start");
    run_hook();
    assert_health(HEALTH_FRESH, 0);
    fetch(&bundle_new);
    assert_health(HEALTH_FRESH, 0);
}

static unsigned count_logged(const char *part)
{
    const char *at = buf_text(&managed.log);
    unsigned count = 0;
    for (; at != NULL && (at = strstr(at, part)) != NULL; at++)
        count++;
    return count;
}

static void three_hundred_throttled_fetches_are_nine_lines(void **state)
{
    (void)state;
    for (unsigned failures = 1; failures <= 300; failures++) {
        fail_fetch_with(ERROR_THROTTLED, "Rate exceeded");
        assert_fetch_outcome(ERROR_THROTTLED);
        assert_health(HEALTH_FAILING, failures);
    }
    assert_int_equal(count_logged("ERROR "), 9);
    assert_int_equal(count_logged("INFO Starting certificate refresh"), 9);
    assert_logged(&managed.log, "(failure #256): Rate exceeded");
    fail_fetch_with(ERROR_TRANSIENT, "no route");
    fail_fetch_with(ERROR_TRANSIENT, "no route");
    assert_int_equal(count_logged("no route"), 2);
}

static void a_failed_fetch_is_counted_until_one_succeeds(void **state)
{
    (void)state;
    for (unsigned failures = 1; failures <= 3; failures++) {
        fail_fetch("the role is gone");
        assert_fetch_outcome(ERROR_DENIED);
        assert_health(HEALTH_FAILING, failures);
        assert_reason("the role is gone");
    }
    fetch(&bundle_new);
    assert_fetch_outcome(ERROR_NONE);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
}

static void a_failed_fetch_settles_what_an_earlier_run_left(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
    fail_fetch("no network");
    assert_installed(site, &bundle_new);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_string_equal(managed.certificate.hook_reason, "an earlier change is not deployed yet");
    run_hook();
    assert_deployment(DEPLOYMENT_DONE);
    assert_health(HEALTH_FAILING, 1); /* nothing was fetched */
}

static void two_failures_of_one_attempt_count_once(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    scratch_write(site->journal, STR("damaged"), 0644);
    fail_fetch("no network");
    assert_deployment(DEPLOYMENT_UNSETTLED);
    assert_deployment_outcome(SCHEDULE_UNSETTLED);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("no network");
    assert_reason(". And: ");
    assert_reason("the journal is damaged");
    fail_fetch("no network");
    assert_health(HEALTH_FAILING, 2);
}

/* --- hooks ------------------------------------------------------------------------------------ */

static void a_hook_that_fails_is_due_again_when_it_is_retried(void **state)
{
    const struct site *site = *state;
    struct error error;
    bool held = false;
    error_set(&error, ERROR_TRANSIENT, "it exited with status 3");
    fetch(&bundle_new);
    assert_true(certificate_hook_is_still_due(&managed.certificate, &held));
    certificate_hook_started(&managed.certificate);
    certificate_hook_failed(&managed.certificate, &error);
    assert_deployment(DEPLOYMENT_HOOK_FAILED);
    assert_deployment_outcome(SCHEDULE_NOT_DEPLOYED);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("status 3");
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    certificate_retry(&managed.certificate); /* it is due already */
    certificate_hook_not_started(&managed.certificate, &error);
    assert_deployment(DEPLOYMENT_HOOK_FAILED);
    assert_deployment_outcome(SCHEDULE_NOT_DEPLOYED);
    assert_health(HEALTH_FAILING, 2);
    certificate_retry(&managed.certificate);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
    assert_no_file(site->journal);
}

static void a_hook_that_another_process_has_run_is_not_run_again(void **state)
{
    const struct site *site = *state;
    bool held = true;
    fetch(&bundle_new);
    assert_int_equal(site_confirm(site, managed.certificate.due), STORE_IN_PLACE);
    assert_false(certificate_hook_is_still_due(&managed.certificate, &held));
    assert_false(held);
    assert_health(HEALTH_FRESH, 0);
    assert_logged(&managed.log, "was already run by another wcp-tiny");
}

/* The agent was killed while the hook ran; its runner recorded the end. */
static void a_hook_that_has_succeeded_without_an_agent_is_not_run_again(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE); /* of GENERATION */
    assert_string_equal(GENERATION, site_generation);
    record_end(site, 0);
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_DONE);
    assert_installed(site, &bundle_new);
    assert_int_equal(files_in(site->left), 2); /* neither journal nor record */
    assert_logged(&managed.log, "has succeeded already");
    assert_health(HEALTH_WAITING, 0); /* nothing was fetched */
}

static void a_hook_that_has_failed_without_an_agent_is_run_again(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_DONE);
    record_end(site, 1 << 8);
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    run_hook();
    assert_int_equal(files_in(site->left), 2);
}

/* --- another process, other files ------------------------------------------------------------- */

/* While our hook waits, another process commits other files, and dies after one rename. */
static void files_of_another_process_are_completed_before_the_hook_runs(void **state)
{
    const struct site *site = *state;
    fetch(&bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_HOOK_DUE);
    site_exchange(site->certificate);
    run_hook();
    assert_installed(site, &bundle_new);
    assert_no_file(site->journal);
    assert_deployment(DEPLOYMENT_DONE);
}

/* The same, and its files can be neither completed nor taken back. */
static void files_that_do_not_belong_together_are_not_fresh(void **state)
{
    const struct site *site = *state;
    char temporary[SCRATCH_PATH_SIZE];
    bool held = true;
    fetch(&bundle_old);
    site_commit(site, JOURNAL_FORWARD, BEFORE_HOOK_DUE);
    site_exchange(site->certificate);
    unlink(site_temporary(site->certificate, site_generation, temporary));
    unlink(site_temporary(site->key, site_generation, temporary));
    assert_false(certificate_hook_is_still_due(&managed.certificate, &held));
    assert_false(held);
    assert_deployment(DEPLOYMENT_UNSETTLED);
    assert_deployment_outcome(SCHEDULE_UNSETTLED);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("the refresh command has not been run");
    certificate_retry(&managed.certificate);
    assert_health(HEALTH_FAILING, 2);
    fetch(&bundle_old); /* replaces all files */
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    run_hook();
    assert_health(HEALTH_FRESH, 0);
    assert_installed(site, &bundle_old);
}

/* Another process replaces the files again, and its hook fails, while ours runs. */
static void success_for_one_journal_is_not_success_for_another(void **state)
{
    const struct site *site = *state;
    bool held = true;
    fetch(&bundle_old);
    assert_true(certificate_hook_is_still_due(&managed.certificate, &held));
    certificate_hook_started(&managed.certificate);
    site_commit(site, JOURNAL_FORWARD, BEFORE_HOOK_DUE);
    site_settle(site);
    certificate_hook_succeeded(&managed.certificate);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_string_equal(managed.certificate.due, site_generation);
    assert_health(HEALTH_WAITING, 0);
    run_hook();
    assert_deployment(DEPLOYMENT_DONE);
    assert_no_file(site->journal);
}

/* --- probes ----------------------------------------------------------------------------------- */

static void configure_server(struct site *site, char *refresh_command)
{
    site->config.served_at = (char *)(uintptr_t) "127.0.0.1:443";
    site->config.refresh_command = refresh_command;
    restart();
}

/* The probe of the server ends. */
static void probe(enum served_state result, bool after_hook)
{
    struct served_result probed = {.state = result, .not_after = 7};
    if (result != SERVED_SAME)
        error_set(&probed.error, ERROR_TRANSIENT, "it presents another one");
    if (!after_hook)
        life_cycle_next(&managed.certificate.life, LIFE_PROBE_STARTED);
    certificate_probed(&managed.certificate, &probed, after_hook);
    assert_int_equal(managed.certificate.status.served, result);
    assert_int_equal(managed.certificate.status.served_not_after, 7);
}

static void start_hook(void)
{
    bool held = false;
    assert_true(certificate_hook_is_still_due(&managed.certificate, &held));
    certificate_hook_started(&managed.certificate);
}

static void a_certificate_is_fresh_when_its_server_presents_it(void **state)
{
    configure_server(*state, NULL);
    fetch(&bundle_new);
    assert_deployment(DEPLOYMENT_PROBE_DUE);
    assert_health(HEALTH_WAITING, 0);
    probe(SERVED_OTHER, false);
    assert_deployment(DEPLOYMENT_PROBE_FAILED);
    assert_deployment_outcome(SCHEDULE_NOT_DEPLOYED);
    assert_health(HEALTH_FAILING, 1);
    assert_reason("it presents another one");
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_PROBE_DUE);
    probe(SERVED_SAME, false);
    assert_deployment_outcome(SCHEDULE_DEPLOYED);
    assert_health(HEALTH_FRESH, 0);
}

static void a_server_that_missed_a_change_gets_the_hook(void **state)
{
    struct site *site = *state;
    site_settled(site, &bundle_new);
    configure_server(site, site->config.refresh_command);
    fetch(&bundle_new);
    assert_deployment(DEPLOYMENT_PROBE_DUE);
    probe(SERVED_OTHER, false);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_string_equal(managed.certificate.hook_reason,
                        "the server does not present this certificate");
    start_hook();
    probe(SERVED_OTHER, true);
    assert_deployment(DEPLOYMENT_HOOK_FAILED);
    assert_health(HEALTH_FAILING, 1);
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_HOOK_DUE); /* no journal requests it, and it is wanted still */
    start_hook();
    probe(SERVED_SAME, true);
    assert_deployment(DEPLOYMENT_DONE);
    assert_health(HEALTH_FRESH, 0);
}

/* The hook has succeeded, and the server presents another certificate all the same: it has to run
 * again, and its journal stays. */
static void a_success_that_the_server_contradicts_is_none(void **state)
{
    struct site *site = *state;
    configure_server(site, site->config.refresh_command);
    fetch(&bundle_new);
    start_hook();
    int lock = take_lock(site);
    struct hook_record ended = {.state = HOOK_RECORDED_ENDED, .status = 0};
    memcpy(ended.generation, managed.certificate.running, GENERATION_SIZE);
    assert_true(hook_record_write(lock, &ended));
    close(lock);
    probe(SERVED_OTHER, true);
    assert_deployment(DEPLOYMENT_HOOK_FAILED);
    certificate_retry(&managed.certificate);
    assert_deployment(DEPLOYMENT_HOOK_DUE);
    assert_int_equal(site_settle(site).state, STORE_HOOK_DUE);
    assert_not_logged(&managed.log, "has succeeded already");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, managed_setup, managed_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_fetched_certificate_is_fresh_when_its_hook_has_succeeded),
        TEST(without_a_hook_it_is_fresh_at_once),
        TEST(an_unchanged_certificate_is_fresh_without_its_hook),
        TEST(the_first_refresh_may_want_the_hook_all_the_same),
        TEST(three_hundred_throttled_fetches_are_nine_lines),
        TEST(a_failed_fetch_is_counted_until_one_succeeds),
        TEST(a_failed_fetch_settles_what_an_earlier_run_left),
        TEST(two_failures_of_one_attempt_count_once),
        TEST(a_hook_that_fails_is_due_again_when_it_is_retried),
        TEST(a_hook_that_another_process_has_run_is_not_run_again),
        TEST(a_hook_that_has_succeeded_without_an_agent_is_not_run_again),
        TEST(a_hook_that_has_failed_without_an_agent_is_run_again),
        TEST(files_of_another_process_are_completed_before_the_hook_runs),
        TEST(files_that_do_not_belong_together_are_not_fresh),
        TEST(success_for_one_journal_is_not_success_for_another),
        TEST(a_certificate_is_fresh_when_its_server_presents_it),
        TEST(a_server_that_missed_a_change_gets_the_hook),
        TEST(a_success_that_the_server_contradicts_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
