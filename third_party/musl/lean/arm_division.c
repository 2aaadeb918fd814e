#include <stdint.h>

/* Division for ARM processors without an instruction for it (Run-time ABI for the Arm architecture,
 * §4.3.1): a bit at a time. libgcc's is unrolled 32 times, 1.3 KB. */
#if defined(__arm__) && !defined(__ARM_FEATURE_IDIV) && !defined(__GLIBC__)

/* The pair that the ABI returns in r0 and r1. */
static uint64_t both(uint32_t quotient, uint32_t remainder)
{
    return (uint64_t)remainder << 32 | quotient;
}

uint64_t __aeabi_uidivmod(uint32_t dividend, uint32_t divisor);
uint32_t __aeabi_uidiv(uint32_t dividend, uint32_t divisor);
uint64_t __aeabi_idivmod(int32_t dividend, int32_t divisor);
int32_t __aeabi_idiv(int32_t dividend, int32_t divisor);

__attribute__((used)) uint64_t __aeabi_uidivmod(uint32_t dividend, uint32_t divisor)
{
    uint32_t quotient = 0;
    uint64_t remainder = 0;
    if (divisor == 0)
        __builtin_trap();
    for (int bit = 31; bit >= 0; bit--) {
        remainder = remainder << 1 | (dividend >> bit & 1);
        quotient <<= 1;
        if (remainder >= divisor) {
            remainder -= divisor;
            quotient |= 1;
        }
    }
    return both(quotient, (uint32_t)remainder);
}

__attribute__((used)) uint32_t __aeabi_uidiv(uint32_t dividend, uint32_t divisor)
{
    return (uint32_t)__aeabi_uidivmod(dividend, divisor);
}

/* Truncates towards zero; the remainder has the dividend's sign. */
__attribute__((used)) uint64_t __aeabi_idivmod(int32_t dividend, int32_t divisor)
{
    uint32_t upper = dividend < 0 ? -(uint32_t)dividend : (uint32_t)dividend;
    uint32_t lower = divisor < 0 ? -(uint32_t)divisor : (uint32_t)divisor;
    uint64_t parts = __aeabi_uidivmod(upper, lower);
    uint32_t quotient = (uint32_t)parts;
    uint32_t remainder = (uint32_t)(parts >> 32);
    return both((dividend ^ divisor) < 0 ? -quotient : quotient,
                dividend < 0 ? -remainder : remainder);
}

__attribute__((used)) int32_t __aeabi_idiv(int32_t dividend, int32_t divisor)
{
    return (int32_t)__aeabi_idivmod(dividend, divisor);
}

#endif
