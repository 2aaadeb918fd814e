#include "worker/seccomp.h"

#include "worker/seccomp_calls.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* Kernels before 4.14 do not know this action and kill the thread instead; a worker has only
 * one. */
#define KILL SECCOMP_RET_KILL_PROCESS

/* A condition on an argument of a call: one 32-bit half of it, masked, must equal `value`. */
struct condition {
    uint16_t call;
    uint16_t half; /* its offset in struct seccomp_data */
    uint32_t mask;
    uint32_t value;
};

/* The conditions of a call are adjacent. */
static const struct condition conditions[] = {
    /* TCP over IPv4 (AF_INET, 2) or IPv6 (AF_INET6, 10). */
    {__NR_socket, LOW(0), ~(uint32_t)(AF_INET ^ AF_INET6), AF_INET &AF_INET6},
    {__NR_socket, LOW(1), ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_STREAM},
    {__NR_socket, LOW(2), ~0U, IPPROTO_TCP},
    /* Without an address: with one, it could send a datagram or, with MSG_FASTOPEN, open a
     * connection that Landlock does not check. */
    {__NR_sendto, LOW(3), ~0U, MSG_NOSIGNAL},
    {__NR_sendto, LOW(4), ~0U, 0},
    {__NR_sendto, HIGH(4), ~0U, 0},
    {__NR_setsockopt, LOW(1), ~0U, IPPROTO_TCP},
    {__NR_setsockopt, LOW(2), ~0U, TCP_NODELAY},
    {__NR_getsockopt, LOW(1), ~0U, SOL_SOCKET},
    {__NR_getsockopt, LOW(2), ~0U, SO_ERROR},
    {CALL_MMAP, LOW(2), PROT_EXEC, 0},
};

_Static_assert((AF_INET ^ AF_INET6) == 8, "the two families differ in one bit");

/* Calls that are allowed with any arguments. restart_syscall continues a poll(2) after the process
 * was stopped. With getpid the random generator of a system's Mbed TLS looks for a fork at each
 * use. */
static const uint16_t calls[] = {
    __NR_recvfrom,
    CALL_POLL,
    __NR_write,
    CALL_CLOCK_GETTIME,
    CALLS_TIME64 CALLS_SANITIZER __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_getrandom,
    __NR_getpid,
    __NR_connect,
    __NR_close,
    __NR_restart_syscall,
    __NR_rt_sigreturn,
    __NR_exit_group,
};

enum {
    CONDITIONS = sizeof conditions / sizeof conditions[0],
    CALLS = sizeof calls / sizeof calls[0],
    STEPS_PER_CONDITION = 3,
    LONGEST_PROGRAM = 4 + (3 + STEPS_PER_CONDITION) * CONDITIONS + CALLS + 2,
};

struct program {
    struct sock_filter steps[LONGEST_PROGRAM];
    unsigned short length;
};

static void add_instruction(struct program *program, unsigned code, size_t when_true,
                            size_t when_false, uint32_t value)
{
    program->steps[program->length++] =
        (struct sock_filter){(uint16_t)code, (uint8_t)when_true, (uint8_t)when_false, value};
}

static void load(struct program *program, size_t place)
{
    add_instruction(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)place);
}

/* Skips `when_equal` instructions when the loaded value equals `value`, else `otherwise`. */
static void branch(struct program *program, uint32_t value, size_t when_equal, size_t otherwise)
{
    add_instruction(program, BPF_JMP | BPF_JEQ | BPF_K, when_equal, otherwise, value);
}

static void end_program(struct program *program, uint32_t verdict)
{
    add_instruction(program, BPF_RET | BPF_K, 0, 0, verdict);
}

/* Allows a call when all of its `count` conditions hold, else kills the process. */
static void add_conditions(struct program *program, const struct condition *first, size_t count)
{
    branch(program, first->call, 0, STEPS_PER_CONDITION * count + 2);
    for (size_t left = count; left-- > 0; first++) {
        load(program, first->half);
        add_instruction(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, first->mask);
        branch(program, first->value, 0, STEPS_PER_CONDITION * left + 1);
    }
    end_program(program, SECCOMP_RET_ALLOW);
    end_program(program, KILL);
}

/* Writes the filter. It is short because the kernel compiles it, and runs it once for every
 * possible call, each time a worker starts. */
static void write_program(struct program *program)
{
    load(program, offsetof(struct seccomp_data, arch));
    branch(program, NATIVE_ARCHITECTURE, 1, 0);
    end_program(program, KILL);
    load(program, offsetof(struct seccomp_data, nr));
    for (size_t i = 0, count = 1; i < CONDITIONS; i += count, count = 1) {
        while (i + count < CONDITIONS && conditions[i + count].call == conditions[i].call)
            count++;
        add_conditions(program, &conditions[i], count);
    }
    for (size_t left = CALLS; left-- > 0;)
        branch(program, calls[left], left + 1, 0);
    end_program(program, KILL);
    end_program(program, SECCOMP_RET_ALLOW);
}

bool seccomp_enter(void)
{
    struct program program = {.length = 0};
    write_program(&program);
    const struct sock_fprog filter = {program.length, program.steps};
    return MACHINE != 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

/* The kernel reads the filter first: a null pointer is EFAULT where it has filters, else EINVAL. */
bool seccomp_is_available(void)
{
    return MACHINE != 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) != 0 &&
           errno == EFAULT;
}
