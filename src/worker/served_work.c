#include "worker/served_work.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "net/dial.h"
#include "net/tls.h"
#include "pki/certificate.h"
#include "pki/pem.h"
#include "worker/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ATTEMPT_MS = 5000, /* limits one server, so that the others are probed, too */
    PAUSE_MS = 500,
};

/* A certificate and the server that should present it. */
struct site {
    const struct certificate_config *certificate;
    struct buf pem; /* the installed file */
    struct buf der; /* its first certificate */
    struct url url; /* host and port only */
    struct addresses addresses;
    char server_name[CERTIFICATE_NAME_SIZE];
    enum served_state state; /* SERVED_UNKNOWN: it cannot be probed, for the reason in `error` */
    int64_t not_after;       /* of the presented certificate */
    int64_t installed_until; /* not_after of the installed certificate */
    struct proxy no_proxy;   /* zero: connect directly */
    struct error error;
};

/* Splits "host:port" or "[IPv6 address]:port", a form that the configuration's rules guarantee. */
static void split_host_port(const char *served_at, struct url *url)
{
    struct str text = str_from(served_at);
    const char *colon = strrchr(served_at, ':');
    struct str host = str_take(text, (size_t)(colon - served_at));
    uint64_t port = 0;
    str_to_unsigned(str_from(colon + 1), UINT16_MAX, &port);
    if (str_starts_with(host, STR("[")))
        host = str_take(str_skip(host, 1), host.length - 2);
    format_text(url->host, sizeof url->host, "%.*s", (int)host.length, host.data);
    url->port = (uint16_t)port;
}

/* Chooses the server name to send: the certificate's first name. A wildcard is replaced by a name
 * that it covers. A name that is not a host name is replaced by the host of served_at. */
static void choose_server_name(struct site *site, const char *name)
{
    bool wildcard = str_starts_with(str_from(name), STR("*."));
    if (str_consists_of(str_from(name + wildcard), STR(".-")))
        format_text(site->server_name, sizeof site->server_name, "%s%s", wildcard ? "www" : "",
                    name + wildcard);
    else
        format_text(site->server_name, sizeof site->server_name, "%s", site->url.host);
}

static bool parse_installed(struct site *site)
{
    struct certificate_facts facts;
    struct pem_block block;
    struct str rest = buf_str(&site->pem);
    site->der = BUF(LIMIT_PEM_FILE);
    if (!certificate_read(rest, &facts, &site->error) ||
        !pem_find(&rest, STR("CERTIFICATE"), &block, &site->error) ||
        !pem_decode(&block, &site->der, &site->error))
        return error_context(&site->error, "%s", site->certificate->certificate_path);
    site->installed_until = facts.not_after;
    choose_server_name(site, facts.name);
    return true;
}

/* Describes the presented certificate in the site's error. Its name and date stay empty when it
 * cannot be parsed. */
static void describe_other(struct site *site, struct str leaf)
{
    BUF_AUTO struct buf pem = BUF(LIMIT_PEM_FILE);
    char until[CLOCK_ISO8601_SIZE];
    struct certificate_facts facts;
    struct error ignored;
    pem_encode(STR("CERTIFICATE"), leaf, &pem);
    certificate_read(buf_str(&pem), &facts, &ignored);
    site->state = SERVED_OTHER;
    site->not_after = facts.not_after;
    clock_format_iso8601(facts.not_after, until);
    error_refuse(
        &site->error, ERROR_TRANSIENT,
        "check the server's log: its reload may have failed, or it serves this certificate "
        "at another address than served_at",
        "%s does not present the installed certificate, but one for \"%s\", valid until %s",
        site->certificate->served_at, facts.name, until);
}

static bool compare_with_installed(struct site *site, const struct tls *tls)
{
    struct str leaf = tls_peer_certificate(tls);
    if (!str_equal(leaf, buf_str(&site->der))) {
        describe_other(site, leaf);
        return false;
    }
    site->state = SERVED_SAME;
    site->not_after = site->installed_until;
    return true;
}

/* Connects to the server once. True when it presents the installed certificate. */
static bool probe_server(struct site *site, struct tls_context *context)
{
    struct deadline deadline = deadline_in(ATTEMPT_MS);
    struct transport transport;
    bool same = false;
    if (dial(&site->addresses, &site->no_proxy, &site->url, NULL, deadline, &transport,
             &site->error) &&
        transport_secure(&transport, context, site->server_name, deadline, &site->error)) {
        same = compare_with_installed(site, transport.with_server);
    } else {
        site->state = SERVED_UNREACHABLE;
        site->not_after = 0;
        site->error.kind = ERROR_TRANSIENT;
        error_context(&site->error, "served_at %s", site->certificate->served_at);
        error_advise(&site->error, "start the server there, or correct served_at");
    }
    transport_close(&transport);
    return same;
}

static bool prepare_sites(struct site *sites, const struct worker_task *task, int *pipe,
                          struct error *error)
{
    uint16_t ports[LIMIT_CERTIFICATES];
    char summary[SANDBOX_SUMMARY_SIZE];
    for (size_t i = 0; i < task->count; i++) {
        sites[i].certificate = task->certificates[i];
        sites[i].pem = BUF(LIMIT_PEM_FILE);
        file_read(sites[i].certificate->certificate_path, "certificate", &sites[i].pem,
                  &sites[i].error);
        split_host_port(sites[i].certificate->served_at, &sites[i].url);
        ports[i] = sites[i].url.port;
    }
    if (!report_begin(&task->user, task->supervisor, pipe, error))
        return false;
    for (size_t i = 0; i < task->count; i++)
        if (sites[i].error.kind == ERROR_NONE && parse_installed(&sites[i]) &&
            report_resolve(*pipe, sites[i].url.host, &sites[i].addresses, &sites[i].error))
            sites[i].state = SERVED_UNREACHABLE;
    sandbox_seal(ports, task->count, summary);
    return true;
}

/* Probes all sites, and repeats those that may still succeed until the patience is over. */
static void probe_all(struct site *sites, const struct worker_task *task, int pipe,
                      struct tls_context *context)
{
    struct deadline end = deadline_in(task->patience.milliseconds);
    for (;;) {
        bool again = false;
        for (uint16_t i = 0; i < task->count; i++) {
            if (sites[i].state == SERVED_UNKNOWN || sites[i].state == SERVED_SAME)
                continue;
            report_stage(pipe, i, "looking at ", sites[i].certificate->served_at);
            if (!probe_server(&sites[i], context))
                again |= task->patience.with_others || sites[i].state == SERVED_UNREACHABLE;
        }
        if (!again || deadline_left_ms(end) == 0)
            return;
        clock_pause(PAUSE_MS);
    }
}

static void report_site(int pipe, uint16_t member, const struct site *site)
{
    struct buf frame = BUF(64);
    if (site->state != SERVED_UNKNOWN) {
        wire_write_served(&frame, member, site->state, site->not_after);
        report_frame(pipe, &frame);
    }
    if (site->state != SERVED_SAME)
        report_failure(pipe, member, &site->error);
}

void served_work_run(const struct worker_task *task, int pipe)
{
    struct error error = error_none();
    struct tls_context *context = NULL;
    struct site *sites = calloc(task->count, sizeof *sites);
    if (sites == NULL)
        error_no_memory(&error);
    else if (prepare_sites(sites, task, &pipe, &error))
        context = tls_context_new(STR(""), &error);
    if (context == NULL) {
        report_failure(pipe, WHOLE_BATCH, &error);
        _exit(EXIT_FAILURE);
    }
    tls_context_disable_verification(context);
    probe_all(sites, task, pipe, context);
    for (uint16_t i = 0; i < task->count; i++)
        report_site(pipe, i, &sites[i]);
    report_end(pipe);
}
