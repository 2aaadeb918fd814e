/* What every child of the agent begins with. */
#ifndef WCP_AGENT_PROCESS_H
#define WCP_AGENT_PROCESS_H

/* Every signal with its default action, none blocked. */
void process_reset_signals(void);
/* Closes every descriptor from `first` on: close_range(2) where the kernel has it. */
void process_close_from(int first);

#endif
