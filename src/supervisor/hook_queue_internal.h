/* Private to hook_queue.c (jobs) and hook_queue_claim.c (whether a hook may run now). */
#ifndef WCP_SUPERVISOR_HOOK_QUEUE_INTERNAL_H
#define WCP_SUPERVISOR_HOOK_QUEUE_INTERNAL_H

#include "supervisor/hook_queue.h"

/* A certificate of the present job. */
struct certificate *hook_queue_member(const struct hook_queue *queue, size_t member);
/* True when both certificates have a hook, and it is the same. */
bool hook_queue_share_command(const struct certificate *a, const struct certificate *b);

/* Takes the locks of all certificates with the command of certificate `first`. False: the hook
 * cannot run now, and no lock is kept. */
bool hook_queue_lock(struct hook_queue *queue, size_t first, struct hook_locks *locks);
/* Remembers hooks that other processes run for certificates which are not configured any more: the
 * same command may be that of others. Takes over what `earlier` has remembered. */
void hook_queue_remember_departed(struct hook_queue *queue, struct hook_queue *earlier,
                                  const size_t *index_before);
void hook_queue_forget_departed(struct hook_queue *queue);
/* Makes a job of the certificates whose due hook is the same command as that of `first`. */
void hook_queue_collect(struct hook_queue *queue, size_t first);
/* Sets the generations that the job's hook runs for. */
void hook_queue_fill_generations(const struct hook_queue *queue, struct hook_locks *locks);
/* Closes the locks of a hook that need not run, and removes the records that this created. */
void hook_queue_give_up_locks(const struct hook_queue *queue, struct hook_locks *locks);
/* Removes the records of certificates that only lent their locks to the job. */
void hook_queue_remove_lent(const struct hook_queue *queue);

#endif
