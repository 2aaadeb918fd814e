/* A batch as the supervisor sees it: what workers report, and what becomes of the rest when one dies. */
#include "agent/batch.h"

#include "captured_log.h"
#include "data.h"
#include "scripted_worker.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CERTIFICATES = 6 };

static char *arns[CERTIFICATES] = {"arn-0", "arn-1", "arn-2", "arn-3", "arn-4", "arn-5"};
static struct certificate_config certificates[CERTIFICATES];
static const struct config config = {.certificates = certificates,
                                     .certificate_count = CERTIFICATES};
static const struct worker_user same_user;

/* --- what is heard, a line each --- */

static void hear_start(void *context, size_t certificate)
{
    buf_format(context, "start %zu\n", certificate);
}

static void hear_bundle(void *context, size_t certificate, const struct frame *frame)
{
    assert_int_equal(frame->not_after, 1781150706);
    assert_true(frame->bundle.certificate.length > 0 && frame->bundle.key.length > 0);
    buf_format(context, "bundle %zu %.*s\n", certificate, (int)frame->text.length, frame->text.data);
}

static void hear_failure(void *context, size_t certificate, const struct error *error)
{
    buf_format(context, "failure %zu %s: %s\n", certificate, error_kind_name(error->kind),
               error->message);
}

static int prepare(void **state)
{
    (void)state;
    for (size_t i = 0; i < CERTIFICATES; i++)
        certificates[i].arn = arns[i];
    setenv("AWS_ACCESS_KEY_ID", "id", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    return 0;
}

static int restore(void **state)
{
    (void)state;
    release_log();
    return 0;
}

/* Waits for the worker's end, which it may be given by `limit` running out. */
static void follow(struct batch *batch, bool expire)
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

/* Plays `script` for the certificates 4, 2 and 5, which are 0, 1 and 2 to the worker, until nothing is left to do. */
static void play(worker_script script, bool expire, unsigned workers, const char *expected)
{
    static const size_t members[] = {4, 2, 5};
    BUF_AUTO struct buf heard = BUF(64 * 1024);
    const struct batch_listener listener = {&heard, hear_start, hear_bundle, hear_failure};
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

/* --- reports --- */

static void report_everything(const struct worker_task *task, int pipe)
{
    for (uint16_t i = 0; i < task->count; i++) {
        say_stage(pipe, i, "exporting");
        if (i == 1)
            say_failure(pipe, i, "not there");
        else
            say_bundle(pipe, i, task->certificates[i]->arn);
    }
    say_done(pipe);
}

static void every_certificate_is_reported_by_its_place_in_the_configuration(void **state)
{
    (void)state;
    play(report_everything, false, 1,
         "start 4\nbundle 4 arn-4\n"
         "start 2\nfailure 2 permanent: not there\n"
         "start 5\nbundle 5 arn-5\n");
}

static void check_task(const struct worker_task *task, int pipe)
{
    bool right = task->config == &config && task->count == 3 && task->supervisor == getppid() &&
                 str_equal(buf_str(&task->credentials->access_key_id), STR("id")) &&
                 str_equal(buf_str(&task->credentials->secret_access_key), STR("secret"));
    say_failure(pipe, WHOLE_BATCH, right ? "right" : "wrong");
    say_done(pipe);
}

static void a_worker_gets_what_it_needs(void **state)
{
    (void)state;
    play(check_task, false, 1,
         "failure 4 permanent: right\nfailure 2 permanent: right\nfailure 5 permanent: right\n");
}

static void fail_after_one(const struct worker_task *task, int pipe)
{
    (void)task;
    say_stage(pipe, 2, "exporting");
    say_bundle(pipe, 2, "x");
    say_failure(pipe, WHOLE_BATCH, "the role is gone");
    say_done(pipe);
}

static void a_failure_of_the_batch_is_that_of_every_certificate_not_reported_yet(void **state)
{
    (void)state;
    play(fail_after_one, false, 1,
         "start 5\nbundle 5 x\n"
         "failure 4 permanent: the role is gone\nfailure 2 permanent: the role is gone\n");
}

static void repeat_reports(const struct worker_task *task, int pipe)
{
    (void)task;
    say_bundle(pipe, 0, "first");
    say_bundle(pipe, 0, "second");
    say_failure(pipe, 0, "third");
    say_stage(pipe, 0, "exporting");
    say_failure(pipe, 1, "first");
    say_bundle(pipe, 1, "second");
    say_bundle(pipe, 2, "first");
    say_done(pipe);
}

static void only_the_first_report_counts(void **state)
{
    (void)state;
    play(repeat_reports, false, 1, "bundle 4 first\nfailure 2 permanent: first\nbundle 5 first\n");
}

static void report_after_the_end(const struct worker_task *task, int pipe)
{
    say_done(pipe);
    for (uint16_t i = 0; i < task->count; i++)
        say_bundle(pipe, i, "late");
}

static void what_comes_after_the_end_is_not_read(void **state)
{
    (void)state;
    play(report_after_the_end, false, 1,
         "failure 4 internal: the worker did not report on it\n"
         "failure 2 internal: the worker did not report on it\n"
         "failure 5 internal: the worker did not report on it\n");
}

static void write_logs(const struct worker_task *task, int pipe)
{
    struct buf frame = BUF(4096);
    wire_write_log(&frame, LOG_LEVEL_WARN, STR("a\nforged %s line"));
    say_bytes(pipe, buf_str(&frame));
    report_everything(task, pipe);
}

static void a_workers_log_lines_go_to_the_log(void **state)
{
    (void)state;
    BUF_AUTO struct buf log = BUF(4096);
    capture_log(&log);
    play(write_logs, false, 1,
         "start 4\nbundle 4 arn-4\nstart 2\nfailure 2 permanent: not there\nstart 5\nbundle 5 arn-5\n");
    assert_same_text(buf_str(&log), STR("WARN a?forged %s line\n"));
}

static void send_largest_bundle(const struct worker_task *task, int pipe)
{
    struct buf chain = BUF(LIMIT_PEM_FILE);
    struct buf frame = BUF(LIMIT_FRAME);
    (void)task;
    while (chain.length < LIMIT_PEM_FILE)
        buf_append_byte(&chain, '\n');
    const struct bundle bundle = {STR("-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n"),
                                  buf_str(&chain),
                                  STR("-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----\n")};
    wire_write_bundle(&frame, 1, STR("large"), 1781150706, &bundle);
    say_bytes(pipe, buf_str(&frame));
    say_failure(pipe, WHOLE_BATCH, "small");
    say_done(pipe);
}

static void a_bundle_larger_than_the_pipe_is_taken_in_pieces(void **state)
{
    (void)state;
    play(send_largest_bundle, false, 1,
         "bundle 2 large\nfailure 4 permanent: small\nfailure 5 permanent: small\n");
}

/* --- workers that do not live to tell --- */

static bool is_about(const struct worker_task *task, size_t certificate, const char *arn)
{
    return strcmp(task->certificates[certificate]->arn, arn) == 0;
}

/* Reports each certificate; at arn-2 `end` comes instead. */
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

#define OTHERS(middle) "start 4\nbundle 4 arn-4\nstart 2\nfailure 2 " middle "\nstart 5\nbundle 5 arn-5\n"

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
    play(crash, false, 2, OTHERS("internal: the worker died of signal 11 while exporting something"));
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
    play(exit_early, false, 2, OTHERS("internal: the worker ended with status 3 while exporting something"));
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
         OTHERS("transient: the worker was ended while exporting something: it sent something that is "
                "no report"));
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
         OTHERS("internal: the worker died of signal 9 while exporting something"));
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
         "failure 4 transient: the worker was ended while exporting: it took longer than a batch may\n"
         "start 2\n"
         "failure 2 transient: the worker was ended while exporting: it took longer than a batch may\n"
         "start 5\n"
         "failure 5 transient: the worker was ended while exporting: it took longer than a batch may\n");
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
         "failure 4 internal: the worker ended with status 1 while starting\n"
         "failure 2 internal: the worker ended with status 1 while starting\n"
         "failure 5 internal: the worker ended with status 1 while starting\n");
}

static void be_late_at_resolving(const struct worker_task *task, int pipe)
{
    (void)task;
    say_stage(pipe, 0, "exporting");
    say_bundle(pipe, 0, "x");
    say_stage(pipe, WHOLE_BATCH, "resolving sts.example");
    raise(SIGALRM);
}

static void the_alarm_clock_says_what_took_too_long(void **state)
{
    (void)state;
    play(be_late_at_resolving, false, 1,
         "start 4\nbundle 4 x\n"
         "failure 2 transient: resolving sts.example took more than 5 s\n"
         "failure 5 transient: resolving sts.example took more than 5 s\n");
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
         "start 4\nbundle 2 x\nbundle 5 x\nfailure 4 internal: the worker did not report on it\n");
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
         "failure 4 transient: the worker was ended while talking: it sent something that is no report\n"
         "failure 2 transient: the worker was ended while talking: it sent something that is no report\n"
         "failure 5 transient: the worker was ended while talking: it sent something that is no report\n");
}

/* --- before a worker runs --- */

static void without_credentials_no_worker_runs(void **state)
{
    (void)state;
    static const size_t members[] = {1, 3};
    BUF_AUTO struct buf heard = BUF(4096);
    const struct batch_listener listener = {&heard, hear_start, hear_bundle, hear_failure};
    struct batch batch;
    setenv("AWS_SECRET_ACCESS_KEY", "", 1);
    scripted_worker_play(report_everything);
    batch_init(&batch, &config, members, 2, &same_user, &listener);
    assert_false(batch_start(&batch));
    assert_int_equal(scripted_worker_starts(), 0);
    assert_true(str_starts_with(buf_str(&heard), STR("failure 1 configuration: the credentials in")));
    assert_true(str_search(buf_str(&heard), STR("\nfailure 3 configuration:")) < heard.length);
    buf_free(&batch.input);
}

static void a_batch_has_time_by_the_number_of_its_certificates(void **state)
{
    (void)state;
    static const size_t members[] = {0, 1, 2};
    const struct batch_listener listener = {NULL, hear_start, hear_bundle, hear_failure};
    for (size_t count = 1; count <= 3; count++) {
        BUF_AUTO struct buf heard = BUF(4096);
        const struct batch_listener own = {&heard, listener.started, listener.bundle, listener.failure};
        struct batch batch;
        int most = LIMIT_BATCH_MS + (int)count * LIMIT_BATCH_PER_CERTIFICATE_MS;
        scripted_worker_play(die_at_once);
        batch_init(&batch, &config, members, count, &same_user, &own);
        assert_true(batch_start(&batch));
        assert_in_range(deadline_left_ms(batch.deadline), most - LIMIT_BATCH_PER_CERTIFICATE_MS + 1, most);
        follow(&batch, false);
        assert_false(batch_end(&batch));
    }
}

#define PREPARED(test) cmocka_unit_test_setup_teardown(test, prepare, restore)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PREPARED(every_certificate_is_reported_by_its_place_in_the_configuration),
        PREPARED(a_worker_gets_what_it_needs),
        PREPARED(a_failure_of_the_batch_is_that_of_every_certificate_not_reported_yet),
        PREPARED(only_the_first_report_counts),
        PREPARED(what_comes_after_the_end_is_not_read),
        PREPARED(a_workers_log_lines_go_to_the_log),
        PREPARED(a_bundle_larger_than_the_pipe_is_taken_in_pieces),
        PREPARED(a_crash_costs_the_certificate_it_happened_in),
        PREPARED(an_early_exit_costs_the_certificate_it_happened_in),
        PREPARED(garbage_ends_the_worker_and_costs_the_certificate_it_was_at),
        PREPARED(a_worker_that_closes_its_pipe_and_stays_is_ended),
        PREPARED(every_certificate_that_hangs_costs_a_worker_and_no_more),
        PREPARED(a_death_before_the_first_certificate_is_everybodys),
        PREPARED(the_alarm_clock_says_what_took_too_long),
        PREPARED(a_certificate_left_out_of_the_report_has_failed),
        PREPARED(a_worker_has_only_so_much_to_say),
        PREPARED(without_credentials_no_worker_runs),
        PREPARED(a_batch_has_time_by_the_number_of_its_certificates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
