#include "captives.h"

#include "base/format.h"
#include "crypto/crypto.h"
#include "worker/landlock.h"
#include "worker/sandbox.h"
#include "worker/seccomp.h"
#include "worker/seccomp_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <psa/crypto.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { A_USER = 1234, NOBODY = 65534, PATH_SIZE = 64, SYSCALL_IO_URING_SETUP = 425 };

static struct {
    char directory[PATH_SIZE];
    char credentials[PATH_SIZE];
    char created[PATH_SIZE];
    int listeners[2];
    uint16_t ports[2]; /* the worker may connect to the first only */
    bool as_root;
    char *outcome; /* shared with the children */
    pid_t supervisor;
    int secret; /* in the supervisor's memory */
} world;

/* --- the world -------------------------------------------------------------------------------- */

static void listen_on_any_port(size_t i)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    world.listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world.listeners[i], (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(world.listeners[i], 64), 0);
    assert_int_equal(getsockname(world.listeners[i], (struct sockaddr *)&address, &size), 0);
    world.ports[i] = ntohs(address.sin_port);
}

int captives_prepare(void **state)
{
    (void)state;
    format_text(world.directory, PATH_SIZE, "/tmp/wcp-captives-XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    assert_int_equal(chmod(world.directory, 0777), 0);
    format_text(world.credentials, PATH_SIZE, "%s/credentials", world.directory);
    format_text(world.created, PATH_SIZE, "%s/created", world.directory);
    int file = open(world.credentials, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    assert_true(file >= 0 && fchmod(file, 0666) == 0);
    close(file);
    listen_on_any_port(0);
    listen_on_any_port(1);
    world.outcome =
        mmap(NULL, CAPTIVE_OUTCOME_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(world.outcome != MAP_FAILED);
    return 0;
}

int captives_release(void **state)
{
    (void)state;
    unlink(world.created);
    unlink(world.credentials);
    rmdir(world.directory);
    close(world.listeners[0]);
    close(world.listeners[1]);
    return 0;
}

bool captive_as_root(bool root)
{
    world.as_root = root;
    return geteuid() == 0;
}

unsigned captive_landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    return version < 0 ? 0 : (unsigned)version;
}

/* --- the processes ---------------------------------------------------------------------------- */

static void say(const char *text)
{
    format_text(world.outcome, CAPTIVE_OUTCOME_SIZE, "%s", text);
}

__attribute__((noreturn)) static void be_worker(captive_try try, enum captive_walls walls)
{
    const struct worker_user user = {.change = world.as_root, .uid = NOBODY, .gid = NOBODY};
    char names[SANDBOX_SUMMARY_SIZE];
    struct error error = {0};
    int ends[2];
    signal(SIGSYS, SIG_DFL); /* a sanitizer may have its own */
    if (pipe(ends) != 0 || !sandbox_enter(&user, &ends[1], world.supervisor, &error)) {
        say(error.message);
        _exit(0);
    }
    if (!crypto_start_in_child())
        _exit(0);
    if (walls == LANDLOCK_ALONE)
        landlock_enter(world.ports, 1);
    else if (walls == SECCOMP_ALONE)
        seccomp_enter();
    else if (walls == SEALED)
        sandbox_seal(world.ports, 1, names);
    const char *text = try() == 0 ? "done" : strerror(errno);
    if (world.outcome[0] == '\0')
        say(text);
    _exit(0);
}

/* Makes the supervisor traceable by other processes of its user, so that only the sandbox (and
 * Yama, where the kernel has it) can prevent it. */
__attribute__((noreturn)) static void be_supervisor(captive_try try, enum captive_walls walls)
{
    int status = 0;
    world.supervisor = getpid();
    if (!world.as_root && geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(A_USER, A_USER, A_USER) != 0 ||
         setresuid(A_USER, A_USER, A_USER) != 0))
        _exit(1);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    pid_t worker = fork();
    if (worker == 0)
        be_worker(try, walls);
    if (worker < 0 || waitpid(worker, &status, 0) != worker)
        _exit(1);
    if (WIFSIGNALED(status))
        format_text(world.outcome, CAPTIVE_OUTCOME_SIZE, "killed by signal %d", WTERMSIG(status));
    else if (world.outcome[0] == '\0')
        say("executed");
    _exit(0);
}

void captive_play(captive_try try, enum captive_walls walls, char outcome[CAPTIVE_OUTCOME_SIZE])
{
    int status = 0;
    unlink(world.created);
    say("");
    pid_t supervisor = fork();
    assert_true(supervisor >= 0);
    if (supervisor == 0)
        be_supervisor(try, walls);
    assert_int_equal(waitpid(supervisor, &status, 0), supervisor);
    if (WIFSIGNALED(status))
        say("the supervisor died");
    else
        assert_int_equal(WEXITSTATUS(status), 0);
    memcpy(outcome, world.outcome, CAPTIVE_OUTCOME_SIZE);
}

/* --- tries ------------------------------------------------------------------------------------ */

static int opened(int descriptor)
{
    return descriptor < 0 ? -1 : 0;
}

int try_open(void)
{
    return opened(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

int try_credentials(void)
{
    return opened(open(world.credentials, O_RDONLY | O_CLOEXEC));
}

int try_create(void)
{
    return opened(open(world.created, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

int try_overwrite(void)
{
    return opened(open(world.credentials, O_WRONLY | O_CLOEXEC));
}

int try_remove(void)
{
    char other[PATH_SIZE];
    format_text(other, sizeof other, "%s/other", world.directory);
    return rename(world.credentials, other) == 0 ? rename(other, world.credentials) : -1;
}

int try_execute(void)
{
    char name[] = "true";
    char *arguments[] = {name, NULL};
    char *environment[] = {NULL};
    return execve("/bin/true", arguments, environment);
}

int try_fork(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return opened(child);
}

int try_thread(void)
{
    return opened((int)syscall(SYS_clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0, 0, 0, 0));
}

int try_trace(void)
{
    return ptrace(PTRACE_SEIZE, world.supervisor, 0, 0) == 0 ? 0 : -1;
}

int try_memory(void)
{
    int stolen = 0;
    struct iovec here = {&stolen, sizeof stolen};
    struct iovec there = {&world.secret, sizeof world.secret};
    return process_vm_readv(world.supervisor, &here, 1, &there, 1, 0) == sizeof stolen ? 0 : -1;
}

int try_signal(void)
{
    return kill(world.supervisor, SIGTERM);
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int tcp_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
}

int try_other_port(void)
{
    struct sockaddr_in address = loopback(world.ports[1]);
    return connect(tcp_socket(), (struct sockaddr *)&address, sizeof address);
}

int try_bind(void)
{
    struct sockaddr_in address = loopback(0);
    return bind(tcp_socket(), (struct sockaddr *)&address, sizeof address);
}

int try_fast_open(void)
{
    struct sockaddr_in address = loopback(world.ports[1]);
    return opened((int)sendto(tcp_socket(), "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
                              (struct sockaddr *)&address, sizeof address));
}

int try_message(void)
{
    struct sockaddr_in address = loopback(world.ports[1]);
    struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address};
    return opened((int)sendmsg(tcp_socket(), &message, MSG_NOSIGNAL));
}

int try_datagram(void)
{
    return opened(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

int try_local_socket(void)
{
    return opened(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

int try_other_protocol(void)
{
    return opened(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_SCTP));
}

int try_executable_map(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? -1 : 0;
}

int try_make_executable(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

int try_socket_option(void)
{
    const int on = 1;
    return setsockopt(tcp_socket(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

int try_io_uring(void)
{
    char parameters[120] = {0};
    return opened((int)syscall(SYSCALL_IO_URING_SETUP, 1, parameters));
}

int try_signal_action(void)
{
    return signal(SIGUSR1, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int try_prctl(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

/* --- what must work --------------------------------------------------------------------------- */

static int use_memory(void)
{
    char *memory = malloc(1 << 20);
    char *more = memory == NULL ? NULL : realloc(memory, 8 << 20);
    if (more == NULL || getrandom(more, 64, 0) != 64)
        return -1;
    free(more);
    return 0;
}

static int use_a_connection(void)
{
    const int on = 1;
    int number = 0;
    char byte = 0;
    socklen_t size = sizeof number;
    struct sockaddr_in address = loopback(world.ports[0]);
    int end = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    struct pollfd ready = {.fd = end, .events = POLLOUT};
    if ((connect(end, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS) ||
        poll(&ready, 1, -1) != 1 || getsockopt(end, SOL_SOCKET, SO_ERROR, &number, &size) != 0 ||
        number != 0 || setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        send(end, "x", 1, MSG_NOSIGNAL) != 1 || recv(end, &byte, 1, 0) != -1 || errno != EAGAIN)
        return -1;
    return close(end);
}

int try_what_is_needed(void)
{
    struct timespec now;
    int v6 = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (v6 < 0 && errno != EAFNOSUPPORT)
        return -1;
    if (use_memory() != 0 || use_a_connection() != 0 || poll(NULL, 0, 1) != 0 ||
        syscall(CALL_CLOCK_GETTIME, CLOCK_BOOTTIME, &now) != 0 || write(1, "x", 1) != 1)
        return -1;
    return 0;
}

int try_many_random_numbers(void)
{
    enum { MANY = 3 * 10000 };
    unsigned char byte = 0;
    for (int i = 0; i < MANY; i++)
        if (psa_generate_random(&byte, 1) != PSA_SUCCESS)
            return -1;
    return 0;
}

int try_names_of_walls(void)
{
    sandbox_seal(world.ports, 1, world.outcome);
    return 0;
}
