/* Support for tests of hooks: programs to run, and their log messages. Every test has its own
 * directory. */
#ifndef WCP_TESTS_REFRESH_COMMANDS_H
#define WCP_TESTS_REFRESH_COMMANDS_H

#include "supervisor/hook.h"

/* The state of a test; cmocka's `*state` points to it. */
struct refresh_test {
    void *directory; /* as scratch.h has it */
    struct buf log;
    struct certificate_config
        certificate; /* "arn-1", without a chain; its command is the last program() */
    char command[512];
};

/* Setup and teardown. Only root runs commands directly: others skip the test. */
int refresh_test_setup(void **state);
int refresh_test_teardown(void **state);

/* Writes a shell script and makes it, with `arguments`, the refresh command. */
void program(void **state, const char *script, const char *arguments);
/* Makes `line` the refresh command. */
void command(void **state, const char *line);

/* Runs the subjects' command to its end. */
bool run_to_end(const struct hook_subject *subjects, size_t count, struct error *error);
/* Runs the command for the certificate. */
bool run(void **state, struct error *error);
/* Runs the command, which must succeed and print exactly these lines. */
void assert_says(void **state, const char *lines);
/* Runs the command, which must fail with a message that contains `why`. */
void assert_fails(void **state, const char *why);

#endif
