/* Workers that try to break out of their sandbox. Each is a real process, a child of its own
 * supervisor process. */
#ifndef WCP_TESTS_CAPTIVES_H
#define WCP_TESTS_CAPTIVES_H

#include <stdbool.h>

enum { CAPTIVE_OUTCOME_SIZE = 256 };

enum captive_walls { NO_WALLS, LANDLOCK_ALONE, SECCOMP_ALONE, SEALED };

/* 0, or -1 with errno. */
typedef int (*captive_try)(void);

/* Setup and teardown of a group: a directory whose files everybody may read and write, two ports.
 */
int captives_prepare(void **state);
int captives_release(void **state);

/* Chooses whether the next supervisors run as root, so that their workers change the user, or as a
 * user, so that they keep it. False when this process is not root. */
bool captive_as_root(bool root);
/* Landlock's version in the running kernel; 0: none. */
unsigned captive_landlock_version(void);

/* Forks a supervisor, which forks a worker. The worker enters its sandbox with these walls, and
 * tries. `outcome`: "done", the text of its errno, "killed by signal N", "executed" when its
 * program was replaced, or "the supervisor died". */
void captive_play(captive_try try, enum captive_walls walls, char outcome[CAPTIVE_OUTCOME_SIZE]);

int try_open(void);
int try_credentials(void);
int try_create(void);
int try_overwrite(void);
int try_remove(void);
int try_execute(void);
int try_fork(void);
int try_thread(void);
int try_trace(void);
int try_memory(void);
int try_signal(void);
int try_other_port(void);
int try_bind(void);
int try_fast_open(void);
int try_message(void);
int try_datagram(void);
int try_local_socket(void);
int try_other_protocol(void);
int try_executable_map(void);
int try_make_executable(void);
int try_socket_option(void);
int try_io_uring(void);
int try_signal_action(void);
int try_prctl(void);

/* Try the allowed operations. The outcome of the last is the summary of sandbox_seal. The random
 * numbers are so many that a generator in the library (CTR_DRBG) seeds itself again. */
int try_what_is_needed(void);
int try_many_random_numbers(void);
int try_names_of_walls(void);

#endif
