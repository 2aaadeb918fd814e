/* Variables of the process's environment. */
#ifndef WCP_BASE_ENVIRONMENT_H
#define WCP_BASE_ENVIRONMENT_H

/* The variable's value, borrowed; NULL when it is unset or empty. */
const char *environment_get(const char *name);

#endif
