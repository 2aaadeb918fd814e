#include "worker/worker.h"

#include "aws/acm.h"
#include "base/format.h"
#include "base/limits.h"
#include "config/arn.h"
#include "pki/pkcs8.h"
#include "worker/worker_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct aws_client *find_acm(const struct worker *worker, struct str region)
{
    for (size_t i = 0; i < worker->region_count; i++)
        if (str_equal(str_from(worker->acm[i].region), region))
            return &worker->acm[i];
    return NULL;
}

static bool is_prepared(const struct aws_client *client)
{
    return client->url.host[0] != '\0';
}

struct aws_client *worker_client(struct worker *worker, size_t index)
{
    if (is_prepared(&worker->source) && index-- == 0)
        return &worker->source;
    if (is_prepared(&worker->sts) && index-- == 0)
        return &worker->sts;
    return index < worker->region_count ? &worker->acm[index] : NULL;
}

/* True when nothing leaves this machine, or its host: the addresses of metadata services are no
 * others. */
static bool stays_near(const char *host)
{
    return url_host_is_loopback(host) || str_starts_with(str_from(host), STR("169.254.")) ||
           str_starts_with(str_from(host), STR("fd00:ec2::"));
}

static void warn_if_exposed(struct worker *worker)
{
    const struct aws_client *client;
    const char *last = "";
    for (size_t i = 0; (client = worker_client(worker, i)) != NULL; i++) {
        const struct url *endpoint = &client->url;
        if (!endpoint->tls && !stays_near(endpoint->host) && strcmp(endpoint->host, last) != 0)
            log_warn("The endpoint http://%s is plain http: credentials and keys cross the network "
                     "unprotected; use https",
                     endpoint->host);
        last = endpoint->host;
    }
}

static bool prepare_clients(struct worker *worker, struct error *error)
{
    const struct worker_task *task = worker->task;
    const char *proxy = task->config->https_proxy;
    struct arn arn;
    worker->acm = calloc(task->count, sizeof *worker->acm);
    if (worker->acm == NULL)
        return error_no_memory(error);
    for (size_t i = 0; i < task->count; i++) {
        if (!arn_split(str_from(task->certificates[i]->arn), &arn))
            return error_set(error, ERROR_INTERNAL, "a certificate's ARN is invalid");
        if (find_acm(worker, arn.region) != NULL)
            continue;
        if (!aws_client_prepare(&worker->acm[worker->region_count++], task->settings, SERVICE_ACM,
                                arn.partition, arn.region, proxy, error))
            return false;
    }
    if (!worker_prepare_source(worker, error))
        return false;
    warn_if_exposed(worker);
    return true;
}

bool worker_resolve(struct worker *worker, struct aws_client *client, struct error *error)
{
    const char *host = aws_client_host(client);
    const struct aws_client *known = client;
    for (size_t i = 0; (known = worker_client(worker, i)) != client; i++)
        if (strcmp(aws_client_host(known), host) == 0)
            break;
    if (known != client) {
        client->addresses = known->addresses;
        client->given_up = known->given_up;
        return client->given_up.kind == ERROR_NONE;
    }
    return report_resolve(worker->pipe, host, &client->addresses, error);
}

bool worker_prepare(struct worker *worker, struct error *error)
{
    worker->session.back_off =
        (struct back_off){worker->task->settings->most_attempts, worker->task->resident};
    return prepare_clients(worker, error);
}

/* Does everything that needs files, before the sandbox is sealed. When the name of a region's
 * endpoint is not found, only the certificates of that region fail. */
static bool prepare_and_resolve(struct worker *worker, struct error *error)
{
    struct aws_client *client;
    if (!worker_judge_source(worker, error) || !worker_prepare(worker, error))
        return false;
    for (size_t i = 0; (client = worker_client(worker, i)) != NULL; i++) {
        if (worker_resolve(worker, client, error))
            continue;
        if (client == &worker->source || client == &worker->sts)
            return false;
        client->given_up = *error;
    }
    return true;
}

static uint16_t port_of(const struct aws_client *client)
{
    return client->proxy.present ? client->proxy.url.port : client->url.port;
}

bool worker_seal(struct worker *worker, char summary[SANDBOX_SUMMARY_SIZE])
{
    uint16_t ports[LIMIT_CERTIFICATES + 2];
    const struct aws_client *client;
    size_t count = 0;
    for (; (client = worker_client(worker, count)) != NULL; count++)
        ports[count] = port_of(client);
    return sandbox_seal(ports, count, summary);
}

bool worker_start_tls(struct worker *worker, struct error *error)
{
    worker->session.tls = tls_context_new(buf_str(worker->task->ca_bundle), error);
    if (worker->session.tls == NULL)
        return false;
    struct aws_client *client;
    buf_free(worker->task->ca_bundle);
    for (size_t i = 0; (client = worker_client(worker, i)) != NULL; i++)
        client->session = &worker->session;
    return true;
}

/* Decrypts the key and verifies all parts. A certificate that fails here is not installed. */
static bool verify_export(const struct exported_certificate *exported, struct str passphrase,
                          struct buf *key, struct certificate_facts *facts, struct error *error)
{
    struct str certificate = buf_str(&exported->certificate);
    int64_t started_ms = clock_monotonic_ms();
    bool sound =
        certificate_list_is_sound(certificate, "the certificate in ACM's reply", 1, error) &&
        certificate_list_is_sound(buf_str(&exported->chain), "the certificate chain in ACM's reply",
                                  0, error) &&
        pkcs8_decrypt_pem(buf_str(&exported->encrypted_key), passphrase, key, error) &&
        certificate_matches_key(certificate, buf_str(key), facts, error);
    if (sound)
        log_debug("Key of %zu bytes decrypted and verified, %lld ms", key->length,
                  (long long)(clock_monotonic_ms() - started_ms));
    return sound;
}

bool worker_export(struct worker *worker, uint16_t member, struct certificate_facts *facts,
                   struct buf *frame, struct error *error)
{
    const char *arn_text = worker->task->certificates[member]->arn;
    BUF_AUTO struct buf passphrase = BUF_SECRET(ACM_PASSPHRASE_LENGTH);
    BUF_AUTO struct buf key = BUF_SECRET(LIMIT_KEY_PEM);
    struct exported_certificate exported = {0};
    struct arn arn;
    report_stage(worker->pipe, member, "exporting ", arn_text);
    arn_split(str_from(arn_text), &arn);
    bool done = acm_new_passphrase(&passphrase) ||
                error_set(error, ERROR_INTERNAL, "the kernel gave no random bytes");
    done = done && worker_renew_role(worker, error) &&
           acm_export_certificate(find_acm(worker, arn.region), &worker->role, arn_text,
                                  buf_str(&passphrase), &exported, error);
    done = done && verify_export(&exported, buf_str(&passphrase), &key, facts, error);
    if (done) {
        const struct bundle bundle = {buf_str(&exported.certificate), buf_str(&exported.chain),
                                      buf_str(&key)};
        done = wire_write_bundle(frame, member, str_from(facts->name), facts->not_after, &bundle) ||
               error_no_memory(error);
    }
    exported_certificate_free(&exported);
    return done;
}

static void export_all(struct worker *worker)
{
    for (uint16_t i = 0; i < worker->task->count; i++) {
        struct buf frame = BUF_SECRET(LIMIT_FRAME);
        struct certificate_facts facts;
        struct error error = error_none();
        if (worker_export(worker, i, &facts, &frame, &error)) {
            report_frame(worker->pipe, &frame);
        } else {
            buf_free(&frame);
            report_failure(worker->pipe, i, &error);
        }
    }
}

__attribute__((noreturn)) static void end_worker_process(struct worker *worker)
{
    for (size_t i = 0; i < worker->region_count; i++)
        aws_client_close(&worker->acm[i]);
    credentials_free(&worker->role);
    tls_context_free(worker->session.tls);
    free(worker->acm);
    report_end(worker->pipe);
}

void worker_run(const struct worker_task *task, int pipe)
{
    struct worker worker = {.task = task, .pipe = pipe, .obtained = worker_report_source};
    struct error error = error_none();
    char summary[SANDBOX_SUMMARY_SIZE];
    bool ready = report_begin(&task->user, task->supervisor, &worker.pipe, &error) &&
                 prepare_and_resolve(&worker, &error);
    if (ready) {
        worker_seal(&worker, summary);
        log_debug("The worker's sandbox is sealed: %s", summary);
    }
    if (!ready || !worker_start_tls(&worker, &error) || !worker_assume_role(&worker, &error)) {
        report_failure(worker.pipe, WHOLE_BATCH, &error);
        _exit(EXIT_FAILURE);
    }
    export_all(&worker);
    end_worker_process(&worker);
}
