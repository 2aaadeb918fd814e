#include "worker/seccomp.h"

#include "worker/seccomp_calls.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* The kernel takes what it does not know, before 4.14 the end of the whole process, for the end of
 * the thread: a worker has one. */
#define KILL SECCOMP_RET_KILL_PROCESS

/* What a call's argument must be: `half` of it, under the mask, this value. */
struct condition {
    uint16_t call;
    uint16_t half;
    uint32_t mask;
    uint32_t value;
};

/* A call's conditions stand together. */
static const struct condition conditions[] = {
    /* TCP over IPv4 or IPv6: 2 or 10. */
    {__NR_socket, LOW(0), ~(uint32_t)(AF_INET ^ AF_INET6), AF_INET &AF_INET6},
    {__NR_socket, LOW(1), ~(uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_STREAM},
    {__NR_socket, LOW(2), ~0U, IPPROTO_TCP},
    /* No address: that would be a datagram, or, with MSG_FASTOPEN, a connection that Landlock does
     * not see. */
    {__NR_sendto, LOW(3), ~0U, MSG_NOSIGNAL},
    {__NR_sendto, LOW(4), ~0U, 0},
    {__NR_sendto, HIGH(4), ~0U, 0},
    {__NR_setsockopt, LOW(1), ~0U, IPPROTO_TCP},
    {__NR_setsockopt, LOW(2), ~0U, TCP_NODELAY},
    {__NR_getsockopt, LOW(1), ~0U, SOL_SOCKET},
    {__NR_getsockopt, LOW(2), ~0U, SO_ERROR},
    {CALL_MMAP, LOW(2), PROT_EXEC, 0},
};

_Static_assert((AF_INET ^ AF_INET6) == 8, "one bit tells the two families from each other");

/* What else the second stage of a worker's life asks of the kernel, under no condition.
 * restart_syscall: what poll(2) becomes when the process was stopped. */
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

/* Skips so many steps when what was loaded is `value`, or is not. */
static void branch(struct program *program, uint32_t value, size_t when_equal, size_t otherwise)
{
    add_instruction(program, BPF_JMP | BPF_JEQ | BPF_K, when_equal, otherwise, value);
}

static void end_program(struct program *program, uint32_t verdict)
{
    add_instruction(program, BPF_RET | BPF_K, 0, 0, verdict);
}

/* One call: all of its `count` conditions, or death. */
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

/* Short, since the kernel translates it, and tries it with every call there is, at each start. */
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
