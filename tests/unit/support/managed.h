/* A certificate of the agent, with the files of a test's site. */
#ifndef WCP_TESTS_MANAGED_H
#define WCP_TESTS_MANAGED_H

#include "captured_log.h"
#include "site.h"
#include "supervisor/certificate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct managed {
    struct certificate certificate;
    struct buf log;
    struct site *site;
};

/* The state of a test; cmocka's setup and teardown. The certificate belongs to a resident agent. */
static struct managed managed;

static inline int managed_setup(void **state)
{
    managed.log = BUF(64 * 1024);
    capture_log(&managed.log);
    int result = site_setup(state);
    managed.site = *state;
    certificate_init(&managed.certificate, &managed.site->config, true);
    return result;
}

static inline int managed_teardown(void **state)
{
    certificate_free(&managed.certificate);
    release_log();
    buf_free(&managed.log);
    return site_teardown(state);
}

/* Starts again, as after a restart of the agent. */
static inline void restart(void)
{
    certificate_free(&managed.certificate);
    certificate_init(&managed.certificate, &managed.site->config, true);
}

static inline void start_fetch(void)
{
    life_cycle_next(&managed.certificate.life, LIFE_FETCH_DUE);
    certificate_given_to_worker(&managed.certificate);
    certificate_fetch_started(&managed.certificate);
}

/* A fetch returns this bundle, whose memory is not valid for longer than the call. */
static inline void fetch(const struct bundle *bundle)
{
    char memory[4][64];
    const struct str texts[] = {bundle->certificate, bundle->chain, bundle->key, STR("name")};
    struct str copies[4];
    for (size_t i = 0; i < 4; i++) {
        memcpy(memory[i], texts[i].data, texts[i].length);
        copies[i] = str_bytes(memory[i], texts[i].length);
    }
    const struct frame frame = {.type = FRAME_BUNDLE,
                                .bundle = {copies[0], copies[1], copies[2]},
                                .text = copies[3],
                                .not_after = 4102444799};
    start_fetch();
    certificate_fetched(&managed.certificate, &frame, false);
    memset(memory, 'x', sizeof memory);
}

static inline void fail_fetch_with(enum error_kind kind, const char *why)
{
    struct error error;
    error_set(&error, kind, "%s", why);
    start_fetch();
    certificate_fetch_failed(&managed.certificate, &error);
}

static inline void fail_fetch(const char *why)
{
    fail_fetch_with(ERROR_DENIED, why);
}

/* Runs the due hook, which succeeds. */
static inline void run_hook(void)
{
    bool held = true;
    assert_true(certificate_hook_is_still_due(&managed.certificate, &held));
    assert_false(held);
    certificate_hook_started(&managed.certificate);
    certificate_hook_succeeded(&managed.certificate);
}

static inline void assert_deployment(enum deployment expected)
{
    assert_int_equal(managed.certificate.life.deployment, expected);
}

static inline void assert_health(enum certificate_health health, unsigned failures)
{
    certificate_fill_status(&managed.certificate);
    assert_int_equal(managed.certificate.status.health, health);
    assert_int_equal(managed.certificate.status.failures, failures);
    assert_int_equal(managed.certificate.status.reason != NULL, failures > 0);
}

static inline void assert_reason(const char *part)
{
    certificate_fill_status(&managed.certificate);
    const char *reason = managed.certificate.status.reason;
    if (reason == NULL || strstr(reason, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, reason == NULL ? "" : reason);
}

/* What the schedule is told; it is told once. */
static inline void assert_fetch_outcome(enum error_kind kind)
{
    struct certificate_outcomes *outcomes = &managed.certificate.outcomes;
    assert_true(outcomes->fetch_ended);
    assert_int_equal(outcomes->fetch_error, kind);
    outcomes->fetch_ended = false;
}

static inline void assert_deployment_outcome(enum schedule_deployment expected)
{
    struct certificate_outcomes *outcomes = &managed.certificate.outcomes;
    assert_true(outcomes->deployment_ended);
    assert_int_equal(outcomes->deployment, expected);
    outcomes->deployment_ended = false;
}

/* Locks the set as another process does. Closing the descriptor releases it. */
static inline int lock_set(void)
{
    int lock = open(managed.site->left, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
    return lock;
}

/* Lets the time of the next attempt to lock come. Returns true while one is planned. */
static inline bool continue_now(void)
{
    struct deadline wake = {INT64_MAX};
    managed.certificate.held_retry = deadline_in(0);
    bool waits = certificate_continue(&managed.certificate, &wake);
    assert_int_equal(waits, wake.at_ms != INT64_MAX);
    return waits;
}

#endif
