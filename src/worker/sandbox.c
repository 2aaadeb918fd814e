#include "worker/sandbox.h"

#include "base/format.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/process.h"
#include "worker/landlock.h"
#include "worker/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    NOBODY = 65534,
    CAPABILITY_VERSION_3 = 0x20080522,
};

void sandbox_choose_user(const char *name, struct worker_user *user)
{
    *user = (struct worker_user){.change = geteuid() == 0, .uid = NOBODY, .gid = NOBODY};
    if (!user->change)
        return;
    const char *wanted = name != NULL ? name : "wcp-worker";
    const struct passwd *entry = getpwnam(wanted);
    if (entry == NULL || entry->pw_uid == 0) {
        log_warn("The worker's user %s %s; workers run as nobody. Create it, or set worker_user "
                 "under [edge]",
                 wanted, entry == NULL ? "does not exist" : "is root");
        entry = getpwnam("nobody");
    }
    if (entry != NULL && entry->pw_uid != 0) {
        user->uid = entry->pw_uid;
        user->gid = entry->pw_gid;
    }
}

/* Sets the soft and hard limit of a resource, which may be lower already. The system call has 64
 * bits on every machine. */
static bool set_limit(int resource, uint64_t most)
{
    struct {
        uint64_t soft, hard;
    } limit = {0};
    if (most > 0 && syscall(SYS_prlimit64, 0, resource, NULL, &limit) == 0 && limit.hard < most)
        most = limit.hard;
    limit.soft = most;
    limit.hard = most;
    return syscall(SYS_prlimit64, 0, resource, &limit, NULL) == 0;
}

void sandbox_protect_process(void)
{
    set_limit(RLIMIT_CORE, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Closes all descriptors except the pipe, which becomes descriptor 3. The standard descriptors are
 * pointed to /dev/null instead: if they were closed, a socket would get their numbers, and a
 * library's message to stderr would go to the network. */
static bool close_other_descriptors(int *pipe)
{
    int moved = fcntl(*pipe, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (moved < 0 || null < 0)
        return false;
    for (int standard = 0; standard < 3; standard++)
        if (null != standard && dup2(null, standard) < 0)
            return false;
    if (dup2(moved, 3) < 0)
        return false;
    *pipe = 3;
    process_close_from(4);
    return true;
}

/* Calls capset(2) directly, as musl has no wrapper. Version 3 takes two sets of 32 capabilities. */
static bool clear_capabilities(void)
{
    struct {
        uint32_t version;
        int pid;
    } header = {CAPABILITY_VERSION_3, 0};
    const struct {
        uint32_t effective, permitted, inheritable;
    } none[2] = {0};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0,
          0); /* kernels before 4.3 have no such set */
    return syscall(SYS_capset, &header, none) == 0;
}

static bool change_user(const struct worker_user *user)
{
    if (!user->change)
        return true;
    unsigned long capability = 0;
    while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0)
        capability++; /* fails at the first number that the kernel does not know */
    if (setgroups(0, NULL) != 0 || setresgid(user->gid, user->gid, user->gid) != 0 ||
        setresuid(user->uid, user->uid, user->uid) != 0)
        return false;
    return setuid(0) != 0 && geteuid() == user->uid && getegid() == user->gid;
}

/* Arranges to be killed when the parent ends. A change of user clears the death signal, so this
 * comes after it. False also when the parent has ended already. */
static bool die_with_parent(pid_t parent)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent;
}

bool sandbox_enter(const struct worker_user *user, int *pipe, pid_t parent, struct error *error)
{
    const char *failed = NULL;
    process_reset_signals();
    umask(077);
    if (!close_other_descriptors(pipe))
        failed = "close its descriptors";
    else if (!change_user(user))
        failed = "change its user";
    else if (!clear_capabilities())
        failed = "drop its capabilities";
    else if (!die_with_parent(parent))
        failed = "arrange to be killed with the supervisor";
    else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        failed = "give up new privileges";
    else if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_FSIZE, 0) ||
             !set_limit(RLIMIT_AS, LIMIT_WORKER_MEMORY))
        failed = "set its limits";
    return failed == NULL ||
           error_set_errno(error, ERROR_INTERNAL, errno, "the worker could not %s", failed);
}

/* glibc opens /etc/localtime at the first conversion of a time, even to UTC, which the sandbox
 * would forbid. */
static void load_time_zone(void)
{
    const time_t moment = 0;
    struct tm ignored;
    gmtime_r(&moment, &ignored);
}

void sandbox_warn_of_gaps(void)
{
    if (!seccomp_is_available())
        log_warn(
            "Workers run without seccomp, as this kernel has no seccomp filters: a worker that "
            "an attacker has taken over could make every system call. Build the kernel with "
            "CONFIG_SECCOMP_FILTER");
}

bool sandbox_seal(const uint16_t *ports, size_t count, char summary[SANDBOX_SUMMARY_SIZE])
{
    load_time_zone();
    set_limit(RLIMIT_NPROC, 0); /* not earlier: names are resolved in processes of their own */
    unsigned version = landlock_enter(ports, count); /* before seccomp, which forbids these calls */
    bool filtered = seccomp_enter();
    int number = errno;
    format_text(summary, SANDBOX_SUMMARY_SIZE, "seccomp %s; Landlock %s%s%s",
                filtered ? "on" : "missing", version == 0 ? "missing" : "on: files",
                version >= LANDLOCK_WITH_PORTS ? ", TCP ports" : "",
                version >= LANDLOCK_WITH_SCOPES ? ", signals" : "");
    if (!filtered && seccomp_is_available())
        log_warn("This worker runs without seccomp: %s", strerror(number));
    return filtered;
}
