/* Landlock: restricts files, TCP ports and signals, on Linux 5.13 and later. */
#ifndef WCP_WORKER_LANDLOCK_H
#define WCP_WORKER_LANDLOCK_H

#include <stddef.h>
#include <stdint.h>

/* The first versions of the interface that restrict more than files. */
enum { LANDLOCK_WITH_PORTS = 4, LANDLOCK_WITH_SCOPES = 6 };

/* Restricts this process for the rest of its life. No file can be opened, created, removed or
 * executed (version 1). TCP can connect only to `ports`, and cannot bind (version 4). No signal can
 * be sent to another process, and no abstract Unix socket of another can be reached (version 6).
 * no_new_privs must be set. Returns the version in force; 0: none. Uses
 * landlock_create_ruleset(2), landlock_add_rule(2) and landlock_restrict_self(2). */
unsigned landlock_enter(const uint16_t *ports, size_t count);

#endif
