#include "hooks.h"

#include "base/format.h"
#include "captured_log.h"
#include "data.h"
#include "scratch.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cmocka.h>

#define SAYS "INFO Refresh command output for arn-1: "

int refresh_test_setup(void **state)
{
    static char arn[] = "arn-1";
    static char certificate[] = "/etc/ssl/1.crt";
    static char key[] = "/etc/ssl/1.key";
    struct refresh_test *test = calloc(1, sizeof *test);
    if (test == NULL || scratch_setup(&test->directory) != 0)
        return -1;
    test->log = BUF(64 * 1024);
    test->certificate = (struct certificate_config){.arn = arn,
                                                    .certificate_path = certificate,
                                                    .private_key_path = key,
                                                    .refresh_command = test->command};
    capture_log(&test->log);
    *state = test;
    return 0;
}

int refresh_test_teardown(void **state)
{
    struct refresh_test *test = *state;
    release_log();
    unsetenv("WCP_TEST_HURRY");
    buf_free(&test->log);
    int result = scratch_teardown(&test->directory);
    free(test);
    return result;
}

void command(void **state, const char *line)
{
    struct refresh_test *test = *state;
    if (geteuid() != 0)
        skip();
    format_text(test->command, sizeof test->command, "%s", line);
}

void program(void **state, const char *script, const char *arguments)
{
    struct refresh_test *test = *state;
    BUF_AUTO struct buf text = BUF(8192);
    BUF_AUTO struct buf line = BUF(512);
    char path[SCRATCH_PATH_SIZE];
    buf_format(&text, "#!/bin/sh\n%s\n", script);
    scratch_write(scratch_path(&test->directory, "command", path), buf_str(&text), 0755);
    buf_format(&line, "%s %s", path, arguments);
    command(state, buf_text(&line));
}

bool run_to_end(const struct hook_subject *subjects, size_t count, struct error *error)
{
    struct hook refresh = {.output = -1};
    sigset_t child;
    sigset_t before;
    int status = 0;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    bool started = hook_start(&refresh, subjects, count, NULL, NULL, error);
    bool ended = false;
    bool given_up = false;
    while (started && !given_up && !(ended = hook_reap(&refresh, &status))) {
        struct signalfd_siginfo ignored;
        struct pollfd events[2] = {{.fd = children, .events = POLLIN},
                                   {.fd = refresh.output, .events = POLLIN}};
        poll(events, 2, deadline_left_ms(hook_next_check(&refresh)));
        (void)!read(children, &ignored, sizeof ignored);
        hook_receive(&refresh);
        given_up = deadline_left_ms(refresh.deadline) == 0 && !hook_expire(&refresh);
    }
    close(children);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return started && hook_finish(&refresh, ended, status, error);
}

bool run(void **state, struct error *error)
{
    struct refresh_test *test = *state;
    const struct hook_subject subject = {&test->certificate, "because", 0};
    buf_clear(&test->log);
    return run_to_end(&subject, 1, error);
}

void assert_says(void **state, const char *lines)
{
    struct refresh_test *test = *state;
    struct error error = {0};
    BUF_AUTO struct buf expected = BUF(64 * 1024);
    struct str rest = str_from(lines);
    struct str line;
    if (!run(state, &error))
        fail_msg("%s", error.message);
    while (str_next_line(&rest, &line))
        buf_format(&expected, SAYS "%.*s\n", (int)line.length, line.data);
    assert_same_text(buf_str(&test->log), buf_str(&expected));
}

void assert_fails(void **state, const char *why)
{
    struct error error = {0};
    if (run(state, &error))
        fail_msg("the command succeeded");
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    assert_int_not_equal(error.advice[0], '\0');
}
