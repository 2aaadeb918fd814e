/* A batch as the supervisor sees it: the reports of workers, and the steps before one runs. */
#include "base/format.h"
#include "support/scripted_worker.h"

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
                 str_equal(buf_str(&task->plan->keys.access_key_id), STR("id")) &&
                 str_equal(buf_str(&task->plan->keys.secret_access_key), STR("secret"));
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
         "failure 4 internal: the worker did not report this certificate\n"
         "failure 2 internal: the worker did not report this certificate\n"
         "failure 5 internal: the worker did not report this certificate\n");
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
         "start 4\nbundle 4 arn-4\nstart 2\nfailure 2 permanent: not there\nstart 5\nbundle 5 "
         "arn-5\n");
    assert_true(str_starts_with(buf_str(&log), STR("WARN a?forged %s line\nDEBUG Worker ")));
    assert_int_equal(str_index_of(str_skip(buf_str(&log), 30), '\n') + 31, log.length);
}

static void send_largest_bundle(const struct worker_task *task, int pipe)
{
    struct buf chain = BUF(LIMIT_PEM_FILE);
    struct buf frame = BUF(LIMIT_FRAME);
    (void)task;
    while (chain.length < LIMIT_PEM_FILE)
        buf_append_byte(&chain, '\n');
    const struct bundle bundle = {
        STR("-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----\n"), buf_str(&chain),
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

/* --- before a worker runs --- */

static void without_credentials_no_worker_runs(void **state)
{
    (void)state;
    static const size_t members[] = {1, 3};
    BUF_AUTO struct buf heard = BUF(4096);
    const struct batch_listener listener = {&heard, hear_start, hear_bundle, hear_failure, NULL};
    struct batch batch;
    setenv("AWS_SECRET_ACCESS_KEY", "", 1);
    scripted_worker_play(report_everything);
    batch_init(&batch, &config, members, 2, &same_user, &listener);
    assert_false(batch_start(&batch));
    assert_int_equal(scripted_worker_starts(), 0);
    assert_true(
        str_starts_with(buf_str(&heard), STR("failure 1 configuration: the credentials in")));
    assert_true(str_search(buf_str(&heard), STR("\nfailure 3 configuration:")) < heard.length);
    buf_free(&batch.input);
}

static void a_batch_has_time_by_the_number_of_its_certificates(void **state)
{
    (void)state;
    static const size_t members[] = {0, 1, 2};
    for (size_t count = 1; count <= 3; count++) {
        BUF_AUTO struct buf heard = BUF(4096);
        const struct batch_listener listener = {&heard, hear_start, hear_bundle, hear_failure,
                                                NULL};
        struct batch batch;
        int most = LIMIT_BATCH_MS + (int)count * LIMIT_BATCH_PER_CERTIFICATE_MS;
        scripted_worker_play(report_everything);
        batch_init(&batch, &config, members, count, &same_user, &listener);
        assert_true(batch_start(&batch));
        assert_in_range(deadline_left_ms(batch.deadline), most - LIMIT_BATCH_PER_CERTIFICATE_MS + 1,
                        most);
        follow(&batch, false);
        assert_false(batch_end(&batch));
    }
}

/* Other kinds of work use other frames. Frames that belong to another kind are ignored. */
static void say_everything(const struct worker_task *task, int pipe)
{
    (void)task;
    struct buf frame = BUF(256);
    say_stage(pipe, 0, "looking");
    say_bundle(pipe, 0, "a bundle that nobody asked for");
    wire_write_step(&frame, STEP_OK, STR("a step"));
    wire_write_served(&frame, 0, SERVED_SAME, 7);
    wire_write_served(&frame, 0, SERVED_OTHER, 8); /* it is settled */
    wire_write_served(&frame, 1, SERVED_OTHER, 9);
    send_frame(pipe, &frame);
    say_failure(pipe, 1, "another one is served");
    say_done(pipe);
    _exit(EXIT_SUCCESS);
}

static void hear_other(void *context, size_t certificate, const struct frame *frame)
{
    if (frame->type == FRAME_STEP)
        buf_format(context, "step %u %.*s\n", frame->verdict, (int)frame->text.length,
                   frame->text.data);
    else
        buf_format(context, "served %zu %u %lld\n", certificate, frame->verdict,
                   (long long)frame->not_after);
}

static void other_work_is_heard_by_its_own_listener(void **state)
{
    (void)state;
    static const size_t members[] = {4, 2};
    BUF_AUTO struct buf heard = BUF(4096);
    struct batch_listener listener = {
        .context = &heard, .failure = hear_failure, .other = hear_other};
    struct batch batch;
    setenv("AWS_ACCESS_KEY_ID", "alone", 1);
    unsetenv("AWS_SECRET_ACCESS_KEY"); /* there are no credentials, and none are needed */
    batch_init(&batch, &config, members, 2, &same_user, &listener);
    batch.work = say_everything;
    batch.credentials = BATCH_CREDENTIALS_UNUSED;
    assert_true(batch_start(&batch));
    follow(&batch, false);
    assert_false(batch_end(&batch));
    assert_string_equal(buf_text(&heard), "step 0 a step\nserved 4 1 7\nserved 2 2 9\n"
                                          "failure 2 permanent: another one is served\n");
}

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
        PREPARED(without_credentials_no_worker_runs),
        PREPARED(a_batch_has_time_by_the_number_of_its_certificates),
        PREPARED(other_work_is_heard_by_its_own_listener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
