/* A worker that plays a script: a test program that includes this, in one source, has it in place of
 * src/agent/worker.c. */
#ifndef WCP_TESTS_SCRIPTED_WORKER_H
#define WCP_TESTS_SCRIPTED_WORKER_H

#include "agent/wire.h"
#include "agent/worker.h"
#include "base/file.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs in the forked child; returning ends it with status 0. `task` is what the supervisor gave it. */
typedef void (*worker_script)(const struct worker_task *task, int pipe);

#define PEM_BLOCK(label) "-----BEGIN " label "-----\nTUlJQg==\n-----END " label "-----\n"

static worker_script script_to_play;
static unsigned *starts; /* shared with the children */

/* What the next workers play. */
static inline void scripted_worker_play(worker_script script)
{
    if (starts == NULL)
        starts = mmap(NULL, sizeof *starts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(starts != MAP_FAILED);
    *starts = 0;
    script_to_play = script;
}

/* How many were started since. */
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

/* For scripts. A pipe that nobody reads ends the worker. */
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
    const struct bundle bundle = {STR(PEM_BLOCK("CERTIFICATE")), STR(""), STR(PEM_BLOCK("PRIVATE KEY"))};
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

#endif
