/* wcp-tiny run and acm start: stay, and keep every certificate fresh. wcp-tiny refresh: ask the
 * agent that stays for a cycle now. */
#include "command/command.h"
#include "supervisor/agent.h"
#include "supervisor/run_directory.h"
#include "worker/sandbox.h"

#include <signal.h>

static int run_agent(const struct options *options, struct config *config,
                     const struct problems *problems)
{
    struct error error = error_none();
    if (agent_run(options->config_path, config, problems, &error))
        return EXIT_DONE;
    complain_of("wcp-tiny run", &error);
    return error.kind == ERROR_DENIED ? EXIT_NOT_ALLOWED : EXIT_FAILED;
}

/* A box's agent waits for a good configuration: an init that starts it again must not spin. */
int command_run(const struct options *options)
{
    struct config config;
    struct problems problems = {0};
    struct error error = error_none();
    sandbox_protect_process();
    bool loaded = config_load(options->config_path, &config, &problems, &error);
    int code = run_agent(options, loaded ? &config : NULL, &problems);
    problems_free(&problems);
    if (loaded)
        config_free(&config);
    return code;
}

/* As AWS's own agent: without a good configuration it does not stay. */
int command_acm_start(const struct options *options)
{
    struct config config;
    int code = EXIT_DONE;
    sandbox_protect_process();
    if (!command_load_config(options, &config, &code))
        return code;
    if (config.acm_enabled)
        code = run_agent(options, &config, NULL);
    else
        complain("ACM is not enabled in %s ([capabilities.acm] enabled = true): nothing to do",
                 options->config_path);
    config_free(&config);
    return code;
}

int command_refresh(const struct options *options)
{
    struct error error = error_none();
    if (run_directory_signal_agent(options->config_path, SIGUSR1, &error)) {
        complain("The agent was asked to refresh now; see its log, or run: wcp-tiny status");
        return EXIT_DONE;
    }
    complain_of("wcp-tiny refresh", &error);
    return error.kind == ERROR_DENIED ? EXIT_NOT_ALLOWED : EXIT_FAILED;
}
