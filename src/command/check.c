/* wcp-tiny check: validates the configuration and its requirements on this machine; no network. */
#include "aws/ca_bundle.h"
#include "aws/credentials/roles_anywhere.h"
#include "aws/credentials/search.h"
#include "aws/endpoint.h"
#include "base/file.h"
#include "base/log.h"
#include "base/who_may_write.h"
#include "command/command.h"
#include "command/hook_check.h"
#include "config/arn.h"
#include "crypto/crypto.h"
#include "net/proxy.h"
#include "net/trust.h"
#include "store/install_check.h"
#include "supervisor/credential_command.h"
#include "worker/sandbox.h"

#include <string.h>

static void print_problems(const struct options *options, const struct problems *problems)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        if (problem->line > 0)
            complain("%s:%u:%u: %s", options->config_path, problem->line, problem->column,
                     problem->text);
        else
            complain("%s", problem->text);
    }
    if (problems->overflowed)
        complain("%s: more problems exist than can be listed", options->config_path);
}

static int report_problems(const struct options *options, const struct problems *problems,
                           const struct error *error)
{
    print_problems(options, problems);
    if (problems->count > 1 || (problems->count == 1 && problems->list[0].line > 0))
        complain("%s: %zu problem%s; correct the file and run: wcp-tiny check --config %s",
                 options->config_path, problems->count, problems->count == 1 ? "" : "s",
                 options->config_path);
    return error->kind == ERROR_DENIED ? EXIT_NOT_ALLOWED : EXIT_WRONG;
}

bool command_load_config(const struct options *options, struct config *config, int *exit_code)
{
    struct problems problems = {0};
    struct error error = error_none();
    bool loaded = config_load(options->config_path, config, &problems, &error);
    if (!loaded)
        *exit_code = report_problems(options, &problems, &error);
    problems_free(&problems);
    return loaded;
}

bool command_read_config(const struct options *options, struct buf *text, struct config *config,
                         int *exit_code)
{
    struct problems problems = {0};
    struct error error = error_none();
    bool in_place = strcmp(options->config_path, CONFIG_DEFAULT_PATH) == 0;
    bool read = in_place
                    ? protected_file_read(options->config_path, "configuration", text, NULL, &error)
                    : file_read(options->config_path, "configuration", text, &error);
    if (!read)
        complain("wcp-tiny: %s; %s", error.message, error_advice(&error));
    bool fine = read && config_parse(buf_str(text), config, &problems);
    if (!fine)
        *exit_code = report_problems(options, &problems, &error);
    problems_free(&problems);
    return fine;
}

static void print_obstacle(void *context, const struct certificate_config *certificate,
                           const struct error *error)
{
    const struct options *options = context;
    complain("%s:%u: %s: %s%s%s", options->config_path, certificate->line, certificate->arn,
             error->message, error->advice[0] != '\0' ? "; " : "", error->advice);
}

static void print_link(void *context, const struct certificate_config *certificate,
                       const struct error *error)
{
    const struct options *options = context;
    complain("%s:%u: warning: %s: %s", options->config_path, certificate->line, certificate->arn,
             error->message);
}

static size_t check_certificate(const struct options *options,
                                const struct certificate_config *certificate)
{
    struct error error = error_none();
    if (certificate->refresh_command != NULL &&
        !hook_check_program(certificate->refresh_command, &error))
        complain("%s:%u: warning: %s: %s", options->config_path, certificate->line,
                 certificate->arn, error.message);
    install_check_links(certificate, print_link, (void *)(uintptr_t)options);
    return install_check(certificate, print_obstacle, (void *)(uintptr_t)options);
}

/* Prints a warning about credentials. That about a line of a shared file begins with its place. */
static void print_warning(void *context, enum log_level level, struct str message)
{
    size_t place = str_search(message, STR(": "));
    place = message.data[0] == '/' && place < message.length ? place + 2 : 0;
    (void)context;
    if (level >= LOG_LEVEL_WARN)
        complain("%.*swarning: %.*s", (int)place, message.data, (int)(message.length - place),
                 message.data + place);
}

/* True when there are credentials that can be used, as far as this machine can tell without the
 * network, in this process's environment. Fills `settings`. */
static bool check_credentials(const struct config *config, struct aws_settings *settings,
                              struct error *error)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan = {0};
    IDENTITY_AUTO struct identity identity = {0};
    if (!credential_search(config, &plan, settings, error))
        return false;
    if (plan.tried != NULL)
        complain("warning: there are no credentials here (%s); instance metadata will be asked for "
                 "some, which only EC2 has",
                 plan.tried);
    return (plan.source != SOURCE_COMMAND || credential_command_check(&plan, error)) &&
           roles_anywhere_judge(&config->roles_anywhere, &plan, &identity, error);
}

/* True when the endpoints of every certificate have a name. */
static bool check_endpoints(const struct config *config, const struct aws_settings *settings,
                            struct error *error)
{
    struct arn arn;
    struct url url;
    for (size_t i = 0; i < config->certificate_count; i++)
        if (!arn_split(str_from(config->certificates[i].arn), &arn) ||
            !endpoint_resolve(settings, SERVICE_ACM, arn.partition, arn.region, &url, error) ||
            !endpoint_resolve(settings, SERVICE_STS, arn.partition, arn.region, &url, error))
            return false;
    return true;
}

/* True when there is no CA bundle, or one with certificates. */
static bool check_ca_bundle(const struct config *config, const struct aws_settings *settings,
                            struct error *error)
{
    BUF_AUTO struct buf pem = {0};
    struct trust trust;
    if (!ca_bundle_load(config->ca_bundle, settings->ca_bundle, &pem, error))
        return false;
    if (pem.length == 0)
        return true;
    if (!crypto_start())
        return error_no_memory(error);
    bool loaded = trust_load(&trust, buf_str(&pem), error);
    trust_free(&trust);
    return loaded;
}

/* Checks credentials, settings, the URLs of proxy and endpoints, and the CA bundle. Returns the
 * number of problems. */
static size_t check_edge(const struct options *options, const struct config *config)
{
    AWS_SETTINGS_AUTO struct aws_settings settings = {0};
    struct proxy proxy;
    struct error error = error_none();
    size_t problems = 0;
    log_set_sink(print_warning, NULL);
    if (!check_credentials(config, &settings, &error)) {
        complain("%s; %s", error.message, error_advice(&error)); /* it names its own file */
        problems++;
    }
    if (!check_endpoints(config, &settings, &error)) {
        complain("%s; %s", error.message, error_advice(&error));
        problems++;
    }
    if (!proxy_choose(config->https_proxy, "any", 0, &proxy, &error)) {
        complain_of(options->config_path, &error);
        problems++;
    }
    if (!check_ca_bundle(config, &settings, &error)) {
        complain_of(options->config_path, &error);
        problems++;
    }
    log_set_sink(NULL, NULL);
    return problems;
}

int command_check(const struct options *options)
{
    struct config config;
    size_t obstacles = 0;
    int code = EXIT_DONE;
    sandbox_protect_process(); /* credentials and keys are read */
    if (!command_load_config(options, &config, &code))
        return code;
    if (config.acm_enabled)
        obstacles = check_edge(options, &config);
    for (size_t i = 0; i < config.certificate_count; i++)
        obstacles += check_certificate(options, &config.certificates[i]);
    if (obstacles > 0)
        complain(
            "%s: the configuration is valid, but %zu problem%s on this machine must be fixed first",
            options->config_path, obstacles, obstacles == 1 ? "" : "s");
    else
        complain("%s: %zu certificate(s), %s", options->config_path, config.certificate_count,
                 config.acm_enabled ? "no problem found"
                                    : "no problem found, but ACM is not enabled");
    config_free(&config);
    return obstacles > 0 ? EXIT_FAILED : EXIT_DONE;
}
