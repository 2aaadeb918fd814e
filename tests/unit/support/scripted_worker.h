/* A batch whose workers run scripts. The one source of a test program that includes this replaces
 * src/worker/worker.c. */
#ifndef WCP_TESTS_SCRIPTED_WORKER_H
#define WCP_TESTS_SCRIPTED_WORKER_H

#include "base/file.h"
#include "base/format.h"
#include "captured_log.h"
#include "data.h"
#include "supervisor/batch.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs in the forked child, which exits with status 0 when it returns. `task` is the
 * supervisor's. */
typedef void (*worker_script)(const struct worker_task *task, int pipe);

#define PEM_BLOCK(label) "-----BEGIN " label "-----\nTUlJQg==\n-----END " label "-----\n"

static worker_script script_to_play;
static unsigned *starts; /* shared with the children */

/* Sets the script of the next workers. */
static inline void scripted_worker_play(worker_script script)
{
    if (starts == NULL)
        starts =
            mmap(NULL, sizeof *starts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(starts != MAP_FAILED);
    *starts = 0;
    script_to_play = script;
}

/* The number of workers started since then. */
static inline unsigned scripted_worker_starts(void)
{
    return *starts;
}

void worker_run(const struct worker_task *task, int pipe)
{
    ++*starts;
    script_to_play(task, pipe);
    _exit(EXIT_SUCCESS);
}

/* For scripts: sends bytes. The worker exits when nobody reads the pipe. */
static inline void say_bytes(int pipe, struct str bytes)
{
    if (!write_all(pipe, bytes))
        _exit(EXIT_FAILURE);
}

static inline void send_frame(int pipe, struct buf *frame)
{
    say_bytes(pipe, buf_str(frame));
    buf_free(frame);
}

static inline void say_stage(int pipe, uint16_t certificate, const char *activity)
{
    struct buf frame = BUF(4096);
    wire_write_stage(&frame, certificate, str_from(activity));
    send_frame(pipe, &frame);
}

static inline void say_bundle(int pipe, uint16_t certificate, const char *name)
{
    const struct bundle bundle = {STR(PEM_BLOCK("CERTIFICATE")), STR(""),
                                  STR(PEM_BLOCK("PRIVATE KEY"))};
    struct buf frame = BUF(LIMIT_FRAME);
    wire_write_bundle(&frame, certificate, str_from(name), 1781150706, &bundle);
    send_frame(pipe, &frame);
}

static inline void say_failure(int pipe, uint16_t certificate, const char *message)
{
    struct buf frame = BUF(4096);
    struct error error;
    error_set(&error, ERROR_PERMANENT, "%s", message);
    wire_write_failure(&frame, certificate, &error);
    send_frame(pipe, &frame);
}

static inline void say_done(int pipe)
{
    struct buf frame = BUF(64);
    wire_write_done(&frame);
    send_frame(pipe, &frame);
}

/* --- the batch --- */

enum { CERTIFICATES = 6 };

static char *const arns[CERTIFICATES] = {"arn-0", "arn-1", "arn-2", "arn-3", "arn-4", "arn-5"};
static struct certificate_config certificates[CERTIFICATES];
static const struct config config = {.certificates = certificates,
                                     .certificate_count = CERTIFICATES};
static const struct worker_user same_user;

/* --- the listener: writes a line for each report --- */

static inline void hear_start(void *context, size_t certificate)
{
    buf_format(context, "start %zu\n", certificate);
}

static inline void hear_bundle(void *context, size_t certificate, const struct frame *frame)
{
    assert_int_equal(frame->not_after, 1781150706);
    assert_true(frame->bundle.certificate.length > 0 && frame->bundle.key.length > 0);
    buf_format(context, "bundle %zu %.*s\n", certificate, (int)frame->text.length,
               frame->text.data);
}

static inline void hear_failure(void *context, size_t certificate, const struct error *error)
{
    buf_format(context, "failure %zu %s: %s\n", certificate, error_kind_name(error->kind),
               error->message);
}

static inline int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < CERTIFICATES; i++)
        certificates[i].arn = arns[i];
    setenv("AWS_ACCESS_KEY_ID", "id", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    return 0;
}

static inline int restore(void **state)
{
    (void)state;
    release_log();
    return 0;
}

/* Handles reports until the batch ends. `expire`: its deadline passes. */
static inline void follow(struct batch *batch, bool expire)
{
    struct pollfd pipe = {.fd = batch->pipe, .events = POLLIN};
    if (expire) {
        while (batch->current < 0) {
            assert_int_equal(poll(&pipe, 1, -1), 1);
            assert_true(batch_receive(batch));
        }
        batch_expire(batch);
    }
    do
        assert_int_equal(poll(&pipe, 1, -1), 1);
    while (batch_receive(batch));
}

/* Runs `script` for the certificates with index 4, 2 and 5, which are members 0, 1 and 2, until the
 * batch has ended. */
static inline void play(worker_script script, bool expire, unsigned workers, const char *expected)
{
    static const size_t members[] = {4, 2, 5};
    BUF_AUTO struct buf heard = BUF(64 * 1024);
    const struct batch_listener listener = {&heard, hear_start, hear_bundle, hear_failure, NULL};
    struct batch batch;
    scripted_worker_play(script);
    batch_init(&batch, &config, members, 3, &same_user, &listener);
    bool running = batch_start(&batch);
    assert_true(running);
    while (running) {
        follow(&batch, expire);
        running = batch_end(&batch);
    }
    assert_string_equal(buf_text(&heard), expected);
    assert_int_equal(scripted_worker_starts(), workers);
    assert_int_equal(batch.pid, 0);
    assert_int_equal(batch.pipe, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

#define PREPARED(test) cmocka_unit_test_setup_teardown(test, prepare, restore)

#endif
