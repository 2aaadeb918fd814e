/* Runs the command of a credential_process. A small process of its own, the *runner*, starts it,
 * keeps its time limit and collects its output, so that the agent never waits for it. */
#ifndef WCP_SUPERVISOR_CREDENTIAL_COMMAND_H
#define WCP_SUPERVISOR_CREDENTIAL_COMMAND_H

#include "aws/credentials/plan.h"

#include <sys/types.h>

/* Checks the command line of plan->command, and that its program exists. Runs nothing. A program
 * that others can change is logged as a warning. False: ERROR_CONFIGURATION. */
bool credential_command_check(const struct credential_plan *plan, struct error *error);

/* Starts a runner for plan->command. The command runs without a shell, as the agent's user and in
 * its environment, with /dev/null as input and no descriptor of the agent's. After LIMIT_COMMAND_MS
 * it is told to end, then killed. `*pipe` is the reading end of the runner's pipe, which does not
 * block: what it contains up to its end is the report, a secret. The caller closes `*pipe` and
 * reaps `*runner`. False: an error of credential_command_check; ERROR_INTERNAL. */
bool credential_command_start(const struct credential_plan *plan, pid_t *runner, int *pipe,
                              struct error *error);

/* Kills the runner with the command and all that it has started, but what went into a process group
 * of its own. The runner does so itself when the agent ends. */
void credential_command_kill(pid_t runner);

/* Evaluates the report. True: plan->keys are the credentials. False: ERROR_TRANSIENT, with the end
 * of what the command has written to stderr. */
bool credential_command_finish(struct str report, struct credential_plan *plan,
                               struct error *error);

#endif
