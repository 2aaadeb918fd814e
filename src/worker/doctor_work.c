#include "worker/doctor_work.h"

#include "base/clock.h"
#include "base/format.h"
#include "net/dial.h"
#include "worker/worker_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In seconds. A larger skew is corrected in signatures, but certificates may then seem invalid. */
enum { SKEW_TOLERATED = 4 * 60 };

static void report_step(const struct worker *worker, enum step_verdict verdict, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

static void report_step(const struct worker *worker, enum step_verdict verdict, const char *format,
                        ...)
{
    BUF_AUTO struct buf text = BUF(LIMIT_LOG_LINE);
    struct buf frame = BUF(LIMIT_LOG_LINE + 64);
    va_list arguments;
    va_start(arguments, format);
    buf_format_va(&text, format, arguments);
    va_end(arguments);
    make_printable(text.data, text.length);
    wire_write_step(&frame, verdict, buf_str(&text));
    report_frame(worker->pipe, &frame);
}

static bool report_failed_step(const struct worker *worker, const char *step,
                               const struct error *error)
{
    report_step(worker, STEP_FAIL, "%s: %s; %s", step, error->message, error_advice(error));
    return false;
}

/* Connects over TLS, with the details of the handshake in the debug log. */
static bool try_tls(const struct worker *worker, const struct aws_client *client,
                    struct transport *transport, struct error *error)
{
    log_set_level(LOG_LEVEL_DEBUG);
    bool done = transport_secure(transport, worker->session.tls, client->url.host,
                                 deadline_in(LIMIT_REQUEST_MS), error);
    log_set_level(LOG_LEVEL_INFO);
    return done;
}

/* Whoever asks for the credentials explains better why metadata do not answer: perhaps there are
 * none, and others are missing. */
static bool is_metadata(const struct worker *worker, const struct aws_client *client)
{
    enum credential_source source = worker->task->plan->source;
    return client == &worker->source && client->addresses.count > 0 &&
           (source == SOURCE_IMDS || source == SOURCE_CONTAINER);
}

static bool try_server(const struct worker *worker, const struct aws_client *client,
                       struct transport *transport)
{
    struct error error = error_none();
    char server[URL_AUTHORITY_SIZE];
    url_host_and_port(&client->url, server);
    if (!dial(&client->addresses, &client->proxy, &client->url, worker->session.tls,
              deadline_in(LIMIT_REQUEST_MS), transport, &error)) {
        if (is_metadata(worker, client))
            return false;
        report_step(worker, STEP_SKIP, "tls: %s: no connection", server);
        return report_failed_step(worker, client->proxy.present ? "proxy" : "tcp", &error);
    }
    report_step(worker, STEP_OK, "tcp: %s%s%s", server,
                client->proxy.present ? " through the proxy " : "",
                client->proxy.present ? client->proxy.url.host : "");
    if (!client->url.tls) {
        report_step(worker, STEP_SKIP, "tls: %s: the endpoint is plain http", server);
        return true;
    }
    if (!try_tls(worker, client, transport, &error))
        return report_failed_step(worker, "tls", &error);
    report_step(worker, STEP_OK, "tls: %s", server);
    return true;
}

/* True when the endpoint is reachable. */
static bool try_endpoint(const struct worker *worker, const struct aws_client *client)
{
    struct transport transport;
    if (client->addresses.count == 0)
        return false;
    bool reached = try_server(worker, client, &transport);
    transport_close(&transport);
    return reached;
}

static void try_resolve(struct worker *worker, struct aws_client *client)
{
    struct error error = error_none();
    if (worker_resolve(worker, client, &error))
        report_step(worker, STEP_OK, "name: %s", aws_client_host(client));
    else
        report_failed_step(worker, "name", &error);
}

static void report_skew(const struct worker *worker)
{
    long long skew = (long long)worker->session.measured_skew;
    bool off = skew > SKEW_TOLERATED || skew < -SKEW_TOLERATED;
    if (worker->session.skew_is_measured)
        report_step(worker, off ? STEP_FAIL : STEP_OK, "clock: %lld s %s AWS's%s",
                    skew < 0 ? -skew : skew, skew < 0 ? "ahead of" : "behind",
                    off ? "; set it (NTP, or date -s)" : "");
}

static void report_obtained(const struct worker *worker, enum obtained_step step, const char *name,
                            int64_t expiration)
{
    char end[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(expiration, end);
    report_step(worker, STEP_OK, "%s: %s%s%s", step == OBTAINED_SOURCE ? "credentials" : "role",
                name, expiration != 0 ? ", until " : "", expiration != 0 ? end : "");
}

/* True when the role was assumed. */
static bool try_role(struct worker *worker)
{
    const char *arn = worker->task->certificates[0]->role_arn;
    struct error error = error_none();
    if (worker->task->plan->name[0] == '\0') {
        report_step(worker, STEP_SKIP, "role: %s: no credentials", arn);
        return false;
    }
    bool taken = worker_assume_role(worker, &error);
    report_skew(worker);
    return taken || report_failed_step(worker, worker->has_base ? "role" : "credentials", &error);
}

static void try_export(struct worker *worker, uint16_t member)
{
    BUF_AUTO struct buf frame = BUF_SECRET(LIMIT_FRAME);
    const char *arn = worker->task->certificates[member]->arn;
    char until[CLOCK_ISO8601_SIZE];
    struct certificate_facts facts;
    struct error error = error_none();
    if (!worker_export(worker, member, &facts, &frame, &error)) {
        error_context(&error, "%s", arn);
        report_failed_step(worker, "certificate", &error);
        return;
    }
    clock_format_iso8601(facts.not_after, until);
    report_step(worker, STEP_OK, "certificate: %s: %s, issued by %s, valid until %s", arn,
                facts.name, facts.issuer, until);
}

/* True when everything that is asked for the role is reachable. */
static bool try_endpoints(struct worker *worker)
{
    const struct aws_client *client;
    bool reached = true;
    for (size_t i = 0; (client = worker_client(worker, i)) != NULL; i++) {
        bool needed = client == &worker->source || client == &worker->sts;
        if (try_endpoint(worker, client) || !needed || !reached || is_metadata(worker, client))
            continue;
        report_step(worker, STEP_SKIP, "role: %s: %s is unreachable",
                    worker->task->certificates[0]->role_arn,
                    client == &worker->sts ? "STS" : worker->task->plan->name);
        reached = false;
    }
    return reached;
}

/* As try_endpoints, with what comes before it. */
static bool try_connections(struct worker *worker)
{
    char summary[SANDBOX_SUMMARY_SIZE];
    struct error error = error_none();
    struct aws_client *client;
    if (!worker_judge_source(worker, &error))
        worker->task->plan->name[0] = '\0'; /* examine_credentials has said why */
    if (!worker_prepare(worker, &error))
        return report_failed_step(worker, "endpoints", &error);
    for (size_t i = 0; (client = worker_client(worker, i)) != NULL; i++)
        try_resolve(worker, client);
    if (worker_seal(worker, summary))
        report_step(worker, STEP_OK, "sandbox: %s", summary);
    else
        report_step(
            worker, STEP_NOTE,
            "sandbox: %s; build the kernel with CONFIG_SECCOMP_FILTER: without it, a worker "
            "that an attacker has taken over could make every system call",
            summary);
    if (!worker_start_tls(worker, &error))
        return report_failed_step(worker, "tls", &error);
    return try_endpoints(worker);
}

void doctor_work_run(const struct worker_task *task, int pipe)
{
    struct worker worker = {.task = task, .pipe = pipe, .obtained = report_obtained};
    struct error error = error_none();
    log_set_level(LOG_LEVEL_INFO);
    if (!report_begin(&task->user, task->supervisor, &worker.pipe, &error)) {
        report_failure(worker.pipe, WHOLE_BATCH, &error);
        _exit(EXIT_FAILURE);
    }
    bool has_role = try_connections(&worker) && try_role(&worker);
    for (uint16_t i = 0; i < task->count; i++) {
        if (has_role)
            try_export(&worker, i);
        else
            report_step(&worker, STEP_SKIP, "certificate: %s: no role", task->certificates[i]->arn);
    }
    report_stage(worker.pipe, WHOLE_BATCH, "ending", "");
    report_end(worker.pipe);
}
