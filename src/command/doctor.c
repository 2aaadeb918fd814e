/* wcp-tiny doctor: tries each step of a refresh, and prints a line for each. A step comes after
 * those that it depends on. */
#include "aws/ca_bundle.h"
#include "aws/credentials/roles_anywhere.h"
#include "aws/credentials/search.h"
#include "base/format.h"
#include "command/command.h"
#include "command/hook_check.h"
#include "log/destination.h"
#include "store/install_check.h"
#include "supervisor/hook.h"
#include "supervisor/machine_ready.h"
#include "supervisor/run_directory.h"
#include "supervisor/served.h"
#include "worker/doctor_work.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct doctor {
    const struct config *config;
    struct buf printed; /* all lines so far: a line that several roles share is printed once */
    size_t failed;
    struct batch batch;
    struct served served;
};

static void print_step(struct doctor *doctor, const char *mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void print_step(struct doctor *doctor, const char *mark, const char *format, ...)
{
    BUF_AUTO struct buf line = BUF(LIMIT_LOG_LINE);
    va_list arguments;
    va_start(arguments, format);
    buf_format(&line, "%s ", mark);
    buf_format_va(&line, format, arguments);
    va_end(arguments);
    buf_append_byte(&line, '\n');
    if (str_search(buf_str(&doctor->printed), buf_str(&line)) < doctor->printed.length)
        return;
    buf_append(&doctor->printed, buf_str(&line));
    doctor->failed += mark[0] == 'F';
    say("%.*s", (int)line.length - 1, line.data);
}

static const char ok[] = "ok  ";
static const char failed[] = "FAIL";
static const char skipped[] = "skip";
static const char noted[] = "note";

static void print_failure(struct doctor *doctor, const char *step, const struct error *error)
{
    print_step(doctor, failed, "%s: %s; %s", step, error->message, error_advice(error));
}

/* Prints log messages: warnings, and the details of a TLS handshake (debug). */
static void on_log(void *doctor, enum log_level level, struct str message)
{
    print_step(doctor, level == LOG_LEVEL_DEBUG ? "    " : noted, "%.*s", (int)message.length,
               message.data);
}

/* --- steps in workers ------------------------------------------------------------------------- */

static void on_step(void *context, size_t certificate, const struct frame *frame)
{
    static const char *const marks[] = {
        [STEP_OK] = ok, [STEP_FAIL] = failed, [STEP_SKIP] = skipped, [STEP_NOTE] = noted};
    (void)certificate;
    if (frame->type == FRAME_STEP)
        print_step(context, marks[frame->verdict], "%.*s", (int)frame->text.length,
                   frame->text.data);
}

/* Prints the death of a worker. A worker that is done reports no certificate either, but its steps
 * are complete. */
static void on_death(void *context, size_t certificate, const struct error *error)
{
    struct doctor *doctor = context;
    (void)certificate;
    if (!doctor->batch.done)
        print_failure(doctor, "worker", error);
}

static void run_batch(struct batch *batch)
{
    struct pollfd event = {.events = POLLIN};
    do {
        event.fd = batch->pipe;
        poll(&event, 1, deadline_left_ms(batch->deadline));
    } while (batch_handle_events(batch, true));
}

/* Finds the first certificate that is not `done`, and those that share its session. Returns their
 * number. */
static size_t next_session(const struct config *config, bool done[LIMIT_CERTIFICATES],
                           size_t indexes[LIMIT_CERTIFICATES])
{
    size_t count = 0;
    for (size_t i = 0; i < config->certificate_count; i++) {
        if (done[i] || (count > 0 && !config_same_session(&config->certificates[i],
                                                          &config->certificates[indexes[0]])))
            continue;
        done[i] = true;
        indexes[count++] = i;
    }
    return count;
}

static void examine_network(struct doctor *doctor, const struct worker_user *user)
{
    const struct batch_listener listener = {
        .context = doctor, .failure = on_death, .other = on_step};
    bool done[LIMIT_CERTIFICATES] = {false};
    size_t indexes[LIMIT_CERTIFICATES];
    size_t count = 0;
    log_set_level(LOG_LEVEL_DEBUG);
    while ((count = next_session(doctor->config, done, indexes)) > 0) {
        batch_init(&doctor->batch, doctor->config, indexes, count, user, &listener);
        doctor->batch.work = doctor_work_run;
        doctor->batch.credentials = BATCH_CREDENTIALS_WANTED;
        if (batch_start(&doctor->batch))
            run_batch(&doctor->batch);
    }
    log_set_level(LOG_LEVEL_INFO);
}

static void examine_served(struct doctor *doctor, const struct worker_user *user)
{
    const struct config *config = doctor->config;
    size_t indexes[LIMIT_CERTIFICATES];
    size_t count = 0;
    for (size_t i = 0; i < config->certificate_count; i++)
        if (config->certificates[i].served_at != NULL)
            indexes[count++] = i;
    if (count > 0 &&
        served_start(&doctor->served, config, indexes, count, user, (struct served_patience){0}))
        run_batch(&doctor->served.batch);
    for (size_t i = 0; i < count; i++) {
        const struct served_result *result = &doctor->served.results[indexes[i]];
        if (result->state == SERVED_SAME)
            print_step(doctor, ok, "served: %s: the installed certificate for %s",
                       config->certificates[indexes[i]].served_at,
                       config->certificates[indexes[i]].arn);
        else
            print_failure(doctor, "served", &result->error);
    }
}

/* --- steps in this process -------------------------------------------------------------------- */

/* config_load has already checked the permissions of the configuration. */
static void examine_permissions(struct doctor *doctor, const struct worker_user *user,
                                const char *config_path)
{
    char state[RUN_DIRECTORY_PATH_SIZE];
    unsigned self = (unsigned)geteuid();
    run_directory_path(config_path, state);
    print_step(
        doctor, ok, "permissions: user %u, workers user %u; state in %s%s", self,
        user->change ? (unsigned)user->uid : self, state,
        access(state, W_OK) == 0 ? "" : ", which does not exist or is not writable for this user");
}

static bool examine_clock(struct doctor *doctor)
{
    char now[CLOCK_ISO8601_SIZE];
    struct error error = error_none();
    clock_format_iso8601(clock_now(), now);
    if (machine_check(&error) == MACHINE_READY) {
        print_step(doctor, ok, "clock: %s", now);
        return true;
    }
    print_failure(doctor, "clock", &error);
    print_step(doctor, skipped, "network: no TLS certificate is valid by this clock");
    return false;
}

static void examine_credentials(struct doctor *doctor, struct aws_settings *settings)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan = {0};
    IDENTITY_AUTO struct identity identity = {0};
    char until[CLOCK_ISO8601_SIZE];
    struct error error = error_none();
    if (!credential_search(doctor->config, &plan, settings, &error) ||
        !roles_anywhere_judge(&doctor->config->roles_anywhere, &plan, &identity, &error)) {
        print_failure(doctor, "credentials", &error);
        return;
    }
    clock_format_iso8601(identity.facts.not_after, until);
    bool is_known = plan.source == SOURCE_KEYS || plan.source == SOURCE_ROLES_ANYWHERE;
    print_step(doctor, is_known ? ok : noted, "credentials: %s%s%s", plan.name,
               plan.source == SOURCE_ROLES_ANYWHERE ? ", valid until " : "",
               plan.source == SOURCE_ROLES_ANYWHERE ? until : "");
}

static bool examine_ca_bundle(struct doctor *doctor, const struct aws_settings *settings)
{
    BUF_AUTO struct buf pem = {0};
    struct error error = error_none();
    if (!ca_bundle_load(doctor->config->ca_bundle, settings->ca_bundle, &pem, &error)) {
        print_failure(doctor, "CA bundle", &error);
        print_step(doctor, skipped, "network: no TLS server can be trusted without the CA bundle");
        return false;
    }
    if (pem.length > 0)
        print_step(doctor, ok, "CA bundle: %zu bytes", pem.length);
    return true;
}

static void on_obstacle(void *doctor, const struct certificate_config *certificate,
                        const struct error *error)
{
    (void)certificate;
    print_failure(doctor, "files", error);
}

static void examine_certificate(struct doctor *doctor, const struct certificate_config *certificate)
{
    struct error error = error_none();
    const char *command = certificate->refresh_command;
    if (install_check(certificate, on_obstacle, doctor) == 0)
        print_step(doctor, ok, "files: %s", certificate->arn);
    if (command == NULL)
        return;
    if (hook_check_program(command, &error) && hook_is_allowed(certificate, &error))
        print_step(doctor, ok, "command: %s", command);
    else
        print_failure(doctor, "command", &error);
}

static void examine_agent(struct doctor *doctor, const char *config_path)
{
    BUF_AUTO struct buf destination = BUF(LIMIT_LOG_LINE);
    struct error error = error_none();
    int pid = (int)run_directory_agent_pid(config_path, doctor->config);
    if (log_destination_describe(doctor->config, &destination, &error))
        print_step(doctor, ok, "log: %.*s", (int)destination.length, destination.data);
    else
        print_failure(doctor, "log", &error);
    if (pid > 0)
        print_step(doctor, ok, "agent: pid %d; see: wcp-tiny status", pid);
    else
        print_step(doctor, skipped, "agent: none runs here; start it with: wcp-tiny run");
}

static void examine(struct doctor *doctor, const char *config_path)
{
    AWS_SETTINGS_AUTO struct aws_settings settings = {0};
    const struct config *config = doctor->config;
    struct worker_user user;
    sandbox_choose_user(config->worker_user, &user);
    examine_permissions(doctor, &user, config_path);
    bool has_time = examine_clock(doctor);
    examine_credentials(doctor, &settings);
    if (has_time && examine_ca_bundle(doctor, &settings))
        examine_network(doctor, &user);
    for (size_t i = 0; i < config->certificate_count; i++)
        examine_certificate(doctor, &config->certificates[i]);
    if (has_time)
        examine_served(doctor, &user);
    examine_agent(doctor, config_path);
    if (doctor->failed > 0)
        complain("wcp-tiny doctor: %zu step(s) failed; fix the first one first", doctor->failed);
}

static void print_build_shortcomings(struct doctor *doctor)
{
    for (const char *const *lack = build_lacks; *lack != NULL; lack++)
        print_step(doctor, noted,
                   "this build is older than wanted: %s; build it again without ALLOW_OLDER",
                   *lack);
}

int command_doctor(const struct options *options)
{
    struct config config;
    int code = EXIT_DONE;
    sandbox_protect_process();
    if (!command_load_config(options, &config, &code)) {
        say("FAIL configuration: %s; fix the problems above", options->config_path);
        return code;
    }
    struct doctor *doctor = calloc(1, sizeof *doctor);
    if (doctor == NULL)
        return EXIT_FAILED;
    doctor->config = &config;
    doctor->printed = BUF(LIMIT_LOG_LINE * 256);
    log_set_sink(on_log, doctor);
    print_step(doctor, ok, "configuration: %s, %zu certificate(s)%s", options->config_path,
               config.certificate_count,
               config.acm_enabled ? "" : "; ACM is not enabled: nothing to do");
    print_build_shortcomings(doctor);
    if (config.acm_enabled)
        examine(doctor, options->config_path);
    log_set_sink(NULL, NULL);
    code = doctor->failed > 0 ? EXIT_FAILED : EXIT_DONE;
    buf_free(&doctor->printed);
    free(doctor);
    config_free(&config);
    return code;
}
