/* wcp-tiny run and acm start: run the resident agent. wcp-tiny refresh: asks a running agent for a
 * refresh now. */
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

/* With an invalid configuration the agent waits for a valid one: if it exited, init would restart
 * it in a loop. */
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

/* Like AWS's agent, it exits when the configuration is invalid or disabled. */
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
    struct config config = {0};
    struct problems problems = {0};
    struct error error = error_none();
    /* An invalid configuration can be in force in an earlier version. */
    bool loaded = config_load(options->config_path, &config, &problems, &error);
    bool asked =
        run_directory_signal_agent(options->config_path, loaded ? &config : NULL, SIGUSR1, &error);
    problems_free(&problems);
    if (loaded)
        config_free(&config);
    if (asked) {
        complain("The agent was asked to refresh now; see its log, or run: wcp-tiny status");
        return EXIT_DONE;
    }
    complain_of("wcp-tiny refresh", &error);
    return error.kind == ERROR_DENIED ? EXIT_NOT_ALLOWED : EXIT_FAILED;
}
