/* wcp-tiny recover: finishes updates that a crash interrupted; uses no network, runs no command. */
#include "command/command.h"
#include "log/syslog.h"
#include "store/hook_record.h"
#include "store/install.h"
#include "store/orphans.h"
#include "worker/sandbox.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static bool recover_one(const struct certificate_config *certificate)
{
    struct install_outcome outcome;
    struct error error = error_none();
    const struct install_options options = {.lock_wait_ms = LIMIT_LOCK_WAIT_MS};
    if (!install_settle(certificate, &options, &outcome, &error)) {
        log_error("Recovery of the files for %s failed: %s%s%s", certificate->arn, error.message,
                  error.advice[0] != '\0' ? "; " : "", error.advice);
        return false;
    }
    if (outcome.state != STORE_HOOK_DUE)
        hook_record_remove(certificate); /* of before a power cut */
    else
        log_info("The refresh command for %s is pending: the next refresh runs it",
                 certificate->arn);
    return true;
}

/* Returns true when nobody has put a configuration into its usual place yet. Every boot of such a
 * machine comes here: syslog hears of it, the console does not. */
static bool is_unconfigured(const struct options *options)
{
    struct error unheard;
    if (strcmp(options->config_path, CONFIG_DEFAULT_PATH) != 0 ||
        access(CONFIG_DEFAULT_PATH, F_OK) == 0 || errno != ENOENT)
        return false;
    syslog_send(LOG_LEVEL_INFO, STR("nothing to recover: there is no " CONFIG_DEFAULT_PATH " yet"),
                &unheard);
    return true;
}

int command_recover(const struct options *options)
{
    struct config config;
    int code = EXIT_DONE;
    sandbox_protect_process();
    if (is_unconfigured(options))
        return EXIT_DONE;
    if (!command_load_config(options, &config, &code))
        return code;
    log_set_level(config.log_level == LOG_LEVEL_NONE ? LOG_LEVEL_ERROR : config.log_level);
    for (size_t i = 0; config.acm_enabled && i < config.certificate_count; i++)
        if (!recover_one(&config.certificates[i]))
            code = EXIT_FAILED;
    orphans_report(&config);
    config_free(&config);
    return code;
}
