/* Workers that die or send invalid reports: each fails one certificate, or its batch. */
#include "support/scripted_worker.h"
#include "worker/seccomp.h"

#include <sys/prctl.h>
#include <sys/socket.h>

static bool is_about(const struct worker_task *task, size_t certificate, const char *arn)
{
    return strcmp(task->certificates[certificate]->arn, arn) == 0;
}

/* Reports each certificate, but calls `end` at arn-2. */
static void report_until(const struct worker_task *task, int pipe, void (*end)(int pipe))
{
    for (uint16_t i = 0; i < task->count; i++) {
        say_stage(pipe, i, "exporting something");
        if (is_about(task, i, "arn-2"))
            end(pipe);
        say_bundle(pipe, i, task->certificates[i]->arn);
    }
    say_done(pipe);
}

#define OTHERS(middle)                                                                             \
    "start 4\nbundle 4 arn-4\nstart 2\nfailure 2 " middle "\nstart 5\nbundle 5 arn-5\n"

static void die_of_signal(int pipe)
{
    (void)pipe;
    signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own handler */
    raise(SIGSEGV);
}

static void crash(const struct worker_task *task, int pipe)
{
    report_until(task, pipe, die_of_signal);
}

static void a_crash_costs_the_certificate_it_happened_in(void **state)
{
    (void)state;
    play(crash, false, 2,
         OTHERS("internal: the worker was killed by signal 11 while exporting something"));
}

static void break_out(int pipe)
{
    (void)pipe;
    signal(SIGSYS, SIG_DFL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    seccomp_enter();
    socket(AF_UNIX, SOCK_STREAM, 0);
}

static void try_to_break_out(const struct worker_task *task, int pipe)
{
    report_until(task, pipe, break_out);
}

static void breaking_out_of_the_sandbox_is_death_and_said_so(void **state)
{
    (void)state;
    play(try_to_break_out, false, 2,
         OTHERS("internal: the worker was killed for a system call that its sandbox forbids, while "
                "exporting something"));
}

static void leave(int pipe)
{
    (void)pipe;
    _exit(3);
}

static void exit_early(const struct worker_task *task, int pipe)
{
    report_until(task, pipe, leave);
}

static void an_early_exit_costs_the_certificate_it_happened_in(void **state)
{
    (void)state;
    play(exit_early, false, 2,
         OTHERS("internal: the worker exited with status 3 while exporting something"));
}

static void talk_garbage(int pipe)
{
    say_bytes(pipe, STR("\x07\x00\x00\x00\x00 no frame"));
    pause();
}

static void send_garbage(const struct worker_task *task, int pipe)
{
    report_until(task, pipe, talk_garbage);
}

static void garbage_ends_the_worker_and_costs_the_certificate_it_was_at(void **state)
{
    (void)state;
    play(send_garbage, false, 2,
         OTHERS("transient: the worker was killed while exporting something: it sent an invalid "
                "report"));
}

static void close_and_stay(int pipe)
{
    close(pipe);
    for (;;)
        pause();
}

static void close_its_pipe(const struct worker_task *task, int pipe)
{
    report_until(task, pipe, close_and_stay);
}

static void a_worker_that_closes_its_pipe_and_stays_is_ended(void **state)
{
    (void)state;
    play(close_its_pipe, false, 2,
         OTHERS("internal: the worker was killed by signal 9 while exporting something"));
}

static void hang(const struct worker_task *task, int pipe)
{
    (void)task;
    say_stage(pipe, 0, "exporting");
    for (;;)
        pause();
}

static void every_certificate_that_hangs_costs_a_worker_and_no_more(void **state)
{
    (void)state;
    play(hang, true, 3,
         "start 4\n"
         "failure 4 transient: the worker was killed while exporting: it exceeded the time limit "
         "of a batch\n"
         "start 2\n"
         "failure 2 transient: the worker was killed while exporting: it exceeded the time limit "
         "of a batch\n"
         "start 5\n"
         "failure 5 transient: the worker was killed while exporting: it exceeded the time limit "
         "of a batch\n");
}

static void die_at_once(const struct worker_task *task, int pipe)
{
    (void)task;
    (void)pipe;
    _exit(1);
}

static void a_death_before_the_first_certificate_is_everybodys(void **state)
{
    (void)state;
    play(die_at_once, false, 1,
         "failure 4 internal: the worker exited with status 1 while starting\n"
         "failure 2 internal: the worker exited with status 1 while starting\n"
         "failure 5 internal: the worker exited with status 1 while starting\n");
}

static void leave_one_out(const struct worker_task *task, int pipe)
{
    say_stage(pipe, 0, "exporting");
    for (uint16_t i = 1; i < task->count; i++)
        say_bundle(pipe, i, "x");
    say_done(pipe);
}

static void a_certificate_left_out_of_the_report_has_failed(void **state)
{
    (void)state;
    play(leave_one_out, false, 1,
         "start 4\nbundle 2 x\nbundle 5 x\nfailure 4 internal: the worker did not report this "
         "certificate\n");
}

static void talk_too_much(const struct worker_task *task, int pipe)
{
    (void)task;
    for (unsigned i = 0; i < 20000; i++)
        say_stage(pipe, WHOLE_BATCH, "talking");
    say_done(pipe);
}

static void a_worker_has_only_so_much_to_say(void **state)
{
    (void)state;
    play(talk_too_much, false, 1,
         "failure 4 transient: the worker was killed while talking: it sent an invalid report\n"
         "failure 2 transient: the worker was killed while talking: it sent an invalid report\n"
         "failure 5 transient: the worker was killed while talking: it sent an invalid report\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PREPARED(a_crash_costs_the_certificate_it_happened_in),
        PREPARED(breaking_out_of_the_sandbox_is_death_and_said_so),
        PREPARED(an_early_exit_costs_the_certificate_it_happened_in),
        PREPARED(garbage_ends_the_worker_and_costs_the_certificate_it_was_at),
        PREPARED(a_worker_that_closes_its_pipe_and_stays_is_ended),
        PREPARED(every_certificate_that_hangs_costs_a_worker_and_no_more),
        PREPARED(a_death_before_the_first_certificate_is_everybodys),
        PREPARED(a_certificate_left_out_of_the_report_has_failed),
        PREPARED(a_worker_has_only_so_much_to_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
