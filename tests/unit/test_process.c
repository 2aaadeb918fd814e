/* Child processes: how they are started, and which descriptors they keep. */
#include "base/process.h"

#include "base/file.h"
#include "base/limits.h"
#include "support/data.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs `body` in a child, and collects what it writes. Returns its exit status. */
static int collect(process_body body, void *context, struct buf *said)
{
    struct error error = {0};
    char block[256];
    int end = -1;
    int status = 0;
    pid_t child = process_start(body, context, &end, &error);
    if (child < 0)
        fail_msg("%s", error.message);
    assert_int_equal(fcntl(end, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fcntl(end, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    while (true) {
        struct pollfd event = {.fd = end, .events = POLLIN};
        assert_int_equal(poll(&event, 1, -1), 1);
        ssize_t got = read(end, block, sizeof block);
        if (got <= 0)
            break;
        buf_append(said, str_bytes(block, (size_t)got));
    }
    close(end);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int say(void *context, int end)
{
    write_all(end, str_from(context));
    return 7;
}

static void a_child_writes_to_its_parent_and_ends_with_a_status(void **state)
{
    (void)state;
    char word[] = "well";
    BUF_AUTO struct buf said = BUF(1024);
    assert_int_equal(collect(say, word, &said), 7);
    assert_same_text(buf_str(&said), STR("well"));
}

static void without_descriptors_no_child_is_started(void **state)
{
    (void)state;
    struct rlimit before;
    struct error error = {0};
    char word[] = "ill";
    int end = -1;
    int next = dup(STDERR_FILENO); /* the lowest number that is free */
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit full = {(rlim_t)next + 1, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
    pid_t child = process_start(say, word, &end, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(child, -1);
    assert_int_equal(end, -1);
    assert_int_equal(error.kind, ERROR_INTERNAL);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* --- descriptors ------------------------------------------------------------------------------ */

enum { MOST_KEPT = 8, HIGHEST = 600 };

struct kept {
    int descriptors[MOST_KEPT];
    size_t count;
};

/* Opens all descriptors up to HIGHEST, closes all but those of `context`, and tells which ones are
 * open: a byte for each. */
static int close_and_tell(void *context, int end)
{
    const struct kept *kept = context;
    char open_ones[HIGHEST + 1];
    int pipe = HIGHEST + 1;
    int all[MOST_KEPT + 1];
    if (dup2(end, pipe) != pipe)
        return 1;
    for (int descriptor = STDERR_FILENO + 1; descriptor <= HIGHEST; descriptor++)
        if (dup2(STDERR_FILENO, descriptor) != descriptor)
            return 2;
    memcpy(all, kept->descriptors, sizeof kept->descriptors);
    all[kept->count] = pipe;
    process_close_all_but(all, kept->count + 1);
    for (int descriptor = 0; descriptor <= HIGHEST; descriptor++)
        open_ones[descriptor] = fcntl(descriptor, F_GETFD) >= 0 ? 'o' : '-';
    write_all(pipe, str_bytes(open_ones, sizeof open_ones));
    return 0;
}

static bool is_kept(const struct kept *kept, int descriptor)
{
    bool found = descriptor <= STDERR_FILENO;
    for (size_t i = 0; i < kept->count; i++)
        found = found || kept->descriptors[i] == descriptor;
    return found;
}

static void all_descriptors_but_the_kept_ones_are_closed(void **state)
{
    static struct kept cases[] = {
        {{0}, 0},
        {{-1, -1}, 2}, /* none: a certificate may have no lock */
        {{3}, 1},
        {{HIGHEST}, 1},
        {{9, 3, 7, 4}, 4}, /* in any order */
        {{5, 5, 6, 6}, 4}, /* twice */
        {{1, 0, 2, 599, -1, 300, 301, 3}, 8},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO struct buf said = BUF(4096);
        assert_int_equal(collect(close_and_tell, &cases[i], &said), 0);
        assert_int_equal(said.length, HIGHEST + 1);
        for (int descriptor = 0; descriptor <= HIGHEST; descriptor++)
            if ((said.data[descriptor] == 'o') != is_kept(&cases[i], descriptor))
                fail_msg("case %zu: descriptor %d is %c", i, descriptor, said.data[descriptor]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_writes_to_its_parent_and_ends_with_a_status),
        cmocka_unit_test(without_descriptors_no_child_is_started),
        cmocka_unit_test(all_descriptors_but_the_kept_ones_are_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
