/* What the kernel lets this process do beyond its user: the packaged service is no root, but has
 * some of root's capabilities. */
#ifndef WCP_BASE_CAPABILITY_H
#define WCP_BASE_CAPABILITY_H

#include <stdbool.h>

/* Returns true when the capability (CAP_CHOWN, … of linux/capability.h, below 32) is effective. */
bool capability_is_effective(unsigned capability);

#endif
