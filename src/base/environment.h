/* The variables of the process's environment. */
#ifndef WCP_BASE_ENVIRONMENT_H
#define WCP_BASE_ENVIRONMENT_H

/* Returns the value of a variable, borrowed from the environment; NULL when the variable is unset
 * or empty. */
const char *environment_get(const char *name);

#endif
