/* Differences between architectures in the worker's seccomp filter: the machine's number, the
 * offsets of an argument's halves, and system calls that some architectures lack or C libraries
 * name differently (musl adds "32" to calls with 32-bit seconds). The filter omits socketcall(2),
 * which musl uses on i386 and PowerPC with kernels before 4.3 only: this program does not support
 * those. */
#ifndef WCP_WORKER_SECCOMP_CALLS_H
#define WCP_WORKER_SECCOMP_CALLS_H

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__i386__)
#define MACHINE EM_386
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__arm__)
#define MACHINE EM_ARM
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__mips__)
#define MACHINE EM_MIPS
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#elif defined(__powerpc__)
#define MACHINE EM_PPC
#else
#define MACHINE 0 /* no filter for this architecture */
#endif

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTE_ORDER_BIT 0U
#define LOW_HALF 4
#else
#define BYTE_ORDER_BIT __AUDIT_ARCH_LE
#define LOW_HALF 0
#endif

/* Composed like AUDIT_ARCH_* in linux/audit.h. */
#define NATIVE_ARCHITECTURE                                                                        \
    (MACHINE | BYTE_ORDER_BIT | (sizeof(void *) == 8 ? __AUDIT_ARCH_64BIT : 0U))

/* Offsets of an argument's halves in struct seccomp_data. */
#define LOW(argument) (offsetof(struct seccomp_data, args) + 8 * (argument) + LOW_HALF)
#define HIGH(argument) (offsetof(struct seccomp_data, args) + 8 * (argument) + 4 - LOW_HALF)

#ifdef __NR_mmap2
#define CALL_MMAP __NR_mmap2
#else
#define CALL_MMAP __NR_mmap
#endif

#ifdef __NR_poll
#define CALL_POLL __NR_poll
#else
#define CALL_POLL __NR_ppoll
#endif

#if defined(__NR_clock_gettime32)
#define CALL_CLOCK_GETTIME __NR_clock_gettime32
#else
#define CALL_CLOCK_GETTIME __NR_clock_gettime
#endif

/* Calls with 64-bit seconds, on architectures where these are separate calls. */
#ifdef __NR_clock_gettime64
#define CALLS_TIME64 __NR_clock_gettime64,
#else
#define CALLS_TIME64
#endif

/* AddressSanitizer calls sigaltstack before every function that does not return. */
#ifdef __SANITIZE_ADDRESS__
#define CALLS_SANITIZER __NR_sigaltstack,
#else
#define CALLS_SANITIZER
#endif

#endif
