/* The history of a seed, which is printed while it happens, when somebody asked for it. */
#ifndef WCP_SIMULATION_HISTORY_H
#define WCP_SIMULATION_HISTORY_H

#include <stdbool.h>

extern bool history_is_on;

/* A call of the running process and its result. */
#define history(...) (history_is_on ? history_print(__VA_ARGS__) : (void)0)
/* Something that happens to the world. */
#define history_note(...) (history_is_on ? history_print_note(__VA_ARGS__) : (void)0)

void history_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void history_print_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
