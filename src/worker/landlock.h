/* The second wall, where the kernel has it (5.13 and later): Landlock. */
#ifndef WCP_WORKER_LANDLOCK_H
#define WCP_WORKER_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

/* The first versions that can limit more than files. */
enum { LANDLOCK_WITH_PORTS = 4, LANDLOCK_WITH_SCOPES = 6 };

/* From here on, and for good: no file may be opened, made, removed or executed (version 1); TCP is
 * connected to `ports` only, and nothing is bound (4); no process outside is signalled, no abstract
 * socket of theirs reached (6). no_new_privs must be set. Returns the version of the interface that
 * is in force; 0: none. Needs landlock_create_ruleset(2) and its two companions. */
unsigned landlock_enter(const uint16_t *ports, size_t count);

#endif
