/* A compromised worker: its attempts to break out of the sandbox fail, and its supervisor survives.
 * Each attempt is made by a real child of a supervisor, with each mechanism alone and without any,
 * which shows that this mechanism prevents it. */
#include "support/captives.h"
#include "worker/landlock.h"
#include "worker/sandbox.h"
#include "worker/seccomp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The expected outcomes of an attempt: without mechanisms, with Landlock, with seccomp. NULL: not
 * checked. */
struct expectation {
    const char *name;
    captive_try try;
    const char *without;
    const char *landlock;
    unsigned version; /* the version of Landlock that it requires */
    const char *seccomp;
};

static const char killed[] = "killed by signal 31";

static const struct expectation expectations[] = {
    {"open a file", try_open, "done", "Permission denied", 1, killed},
    {"read the credentials file", try_credentials, "done", "Permission denied", 1, killed},
    {"make a file", try_create, "done", "Permission denied", 1, killed},
    {"overwrite a file", try_overwrite, "done", "Permission denied", 1, killed},
    {"remove a file", try_remove, "done", "Permission denied", 1, killed},
    {"execute a program", try_execute, "executed", "Permission denied", 1, killed},
    {"fork", try_fork, "done", NULL, 0, killed},
    {"start a thread", try_thread, NULL, NULL, 0, killed},
    {"trace the supervisor", try_trace, "done", "Operation not permitted", 1, killed},
    {"read the supervisor's memory", try_memory, "done", "Operation not permitted", 1, killed},
    {"end the supervisor", try_signal, "the supervisor died", "Operation not permitted",
     LANDLOCK_WITH_SCOPES, killed},
    {"connect to another port", try_other_port, "done", "Permission denied", LANDLOCK_WITH_PORTS,
     NULL},
    {"wait for connections", try_bind, "done", "Permission denied", LANDLOCK_WITH_PORTS, killed},
    {"connect with the first data", try_fast_open, NULL, NULL, 0, killed},
    {"send a message with an address", try_message, NULL, NULL, 0, killed},
    {"make a datagram socket", try_datagram, "done", NULL, 0, killed},
    {"make a local socket", try_local_socket, "done", NULL, 0, killed},
    {"make a raw protocol's socket", try_other_protocol, NULL, NULL, 0, killed},
    {"map executable memory", try_executable_map, "done", NULL, 0, killed},
    {"make memory executable", try_make_executable, "done", NULL, 0, killed},
    {"take another socket option", try_socket_option, "done", NULL, 0, killed},
    {"use io_uring", try_io_uring, NULL, NULL, 0, killed},
    {"change a signal's action", try_signal_action, "done", NULL, 0, killed},
    {"undo it with prctl", try_prctl, "done", NULL, 0, killed},
};

static void assert_outcome(const struct expectation *expectation, enum captive_walls walls,
                           const char *expected)
{
    char outcome[CAPTIVE_OUTCOME_SIZE];
    if (expected == NULL)
        return;
    captive_play(expectation->try, walls, outcome);
    if (strcmp(outcome, expected) != 0)
        fail_msg("%s: %s, and not: %s", expectation->name, outcome, expected);
}

#define FOR_EACH(expectation)                                                                      \
    for (const struct expectation *(expectation) = expectations;                                   \
         (expectation) < expectations + sizeof expectations / sizeof expectations[0];              \
         (expectation)++)

static void without_walls_all_of_it_works(void **state)
{
    (void)state;
    FOR_EACH(expectation)
    assert_outcome(expectation, NO_WALLS, expectation->without);
}

static void landlock_alone_keeps_files_ports_and_the_supervisor(void **state)
{
    (void)state;
    unsigned version = captive_landlock_version();
    if (version == 0)
        skip();
    FOR_EACH(expectation)
    if (version >= expectation->version)
        assert_outcome(expectation, LANDLOCK_ALONE, expectation->landlock);
}

static void seccomp_alone_kills_whoever_tries(void **state)
{
    (void)state;
    FOR_EACH(expectation)
    assert_outcome(expectation, SECCOMP_ALONE, expectation->seccomp);
}

/* The mechanisms together, as sandbox_seal enters them. */
static void assert_sealed(void)
{
    unsigned version = captive_landlock_version();
    FOR_EACH(expectation)
    {
        assert_outcome(expectation, SEALED, expectation->seccomp);
        if (expectation->seccomp == NULL && version >= expectation->version && version > 0)
            assert_outcome(expectation, SEALED, expectation->landlock);
    }
}

static void a_sealed_worker_of_a_user_can_do_none_of_it(void **state)
{
    (void)state;
    assert_sealed();
}

static void a_sealed_worker_of_root_can_do_none_of_it(void **state)
{
    (void)state;
    if (!captive_as_root(true))
        skip();
    assert_sealed();
    captive_as_root(false);
}

static void what_a_worker_needs_works_behind_the_walls(void **state)
{
    (void)state;
    char outcome[CAPTIVE_OUTCOME_SIZE];
    captive_play(try_what_is_needed, SEALED, outcome);
    assert_string_equal(outcome, "done");
}

static void random_numbers_never_run_out_behind_the_walls(void **state)
{
    (void)state;
    char outcome[CAPTIVE_OUTCOME_SIZE];
    captive_play(try_many_random_numbers, SEALED, outcome);
    assert_string_equal(outcome, "done");
}

static void the_walls_are_named(void **state)
{
    (void)state;
    char outcome[CAPTIVE_OUTCOME_SIZE];
    unsigned version = captive_landlock_version();
    captive_play(try_names_of_walls, NO_WALLS, outcome);
    assert_non_null(strstr(outcome, "seccomp on; Landlock "));
    assert_int_equal(strstr(outcome, "files") != NULL, version > 0);
    assert_int_equal(strstr(outcome, "TCP ports") != NULL, version >= LANDLOCK_WITH_PORTS);
    assert_int_equal(strstr(outcome, "signals") != NULL, version >= LANDLOCK_WITH_SCOPES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_walls_all_of_it_works),
        cmocka_unit_test(landlock_alone_keeps_files_ports_and_the_supervisor),
        cmocka_unit_test(seccomp_alone_kills_whoever_tries),
        cmocka_unit_test(a_sealed_worker_of_a_user_can_do_none_of_it),
        cmocka_unit_test(a_sealed_worker_of_root_can_do_none_of_it),
        cmocka_unit_test(what_a_worker_needs_works_behind_the_walls),
        cmocka_unit_test(random_numbers_never_run_out_behind_the_walls),
        cmocka_unit_test(the_walls_are_named),
    };
    return cmocka_run_group_tests(tests, captives_prepare, captives_release);
}
