#include "worker/landlock.h"

#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From linux/landlock.h, which older toolchains lack, wholly or in part. */
enum {
    CREATE_RULESET_VERSION = 1,
    RULE_NET_PORT = 2,
    NET_BIND_TCP = 1,
    NET_CONNECT_TCP = 2,
    SCOPE_ABSTRACT_UNIX_SOCKET = 1,
    SCOPE_SIGNAL = 2,
};

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct port_rule {
    uint64_t allowed;
    uint64_t port;
};

/* All file rights of a version. A right that is handled by a ruleset but not granted is denied. */
static uint64_t all_file_rights(unsigned version)
{
    static const uint16_t rights[] = {0, 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff};
    const unsigned last = sizeof rights / sizeof rights[0] - 1;
    return rights[version < last ? version : last];
}

static bool allow_ports(int descriptor, const uint16_t *ports, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct port_rule rule = {NET_CONNECT_TCP, ports[i]};
        if (syscall(__NR_landlock_add_rule, descriptor, RULE_NET_PORT, &rule, 0) != 0)
            return false;
    }
    return true;
}

unsigned landlock_enter(const uint16_t *ports, size_t count)
{
    long version = syscall(__NR_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    if (version <= 0)
        return 0;
    bool knows_ports = version >= LANDLOCK_WITH_PORTS;
    const struct ruleset ruleset = {
        .files = all_file_rights((unsigned)version),
        .network = knows_ports ? NET_BIND_TCP | NET_CONNECT_TCP : 0,
        .scopes = version >= LANDLOCK_WITH_SCOPES ? SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL : 0,
    };
    int descriptor = (int)syscall(__NR_landlock_create_ruleset, &ruleset, sizeof ruleset, 0);
    if (descriptor < 0)
        return 0;
    bool done = (!knows_ports || allow_ports(descriptor, ports, count)) &&
                syscall(__NR_landlock_restrict_self, descriptor, 0) == 0;
    close(descriptor);
    return done ? (unsigned)version : 0;
}
