#include "crypto/sha_x86.h"

#include "crypto/sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define SHA_INSTRUCTIONS __attribute__((target("sha,sse4.1")))

static bool ask_processor(void)
{
    /* SSSE3 and SSE4.1, used beside them, are older than these instructions: no processor has SHA
     * alone. */
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

bool sha_x86_is_supported(void)
{
    static enum { UNKNOWN, NO, YES } answer; /* what it is stays the same, whoever asks first */
    if (answer == UNKNOWN)
        answer = ask_processor() ? YES : NO;
    return answer == YES;
}

SHA_INSTRUCTIONS static inline __m128i load(const void *at)
{
    return _mm_loadu_si128((const __m128i *)at);
}

SHA_INSTRUCTIONS static inline void store(void *at, __m128i value)
{
    _mm_storeu_si128((__m128i *)at, value);
}

/* --- SHA-1 --- */

/* The state as the instructions want it: a, b, c, d with a highest, and e highest with zeros. */
struct sha1_state {
    __m128i abcd;
    __m128i e;
};

/* Rounds are numbered in fours, 0 to 19; the function changes every twenty rounds. The instruction
 * takes it as a literal. */
SHA_INSTRUCTIONS static inline __m128i sha1_four_rounds(__m128i abcd, __m128i e_and_words,
                                                        unsigned number)
{
    switch (number / 5) {
    case 0:
        return _mm_sha1rnds4_epu32(abcd, e_and_words, 0);
    case 1:
        return _mm_sha1rnds4_epu32(abcd, e_and_words, 1);
    case 2:
        return _mm_sha1rnds4_epu32(abcd, e_and_words, 2);
    default:
        return _mm_sha1rnds4_epu32(abcd, e_and_words, 3);
    }
}

/* FIPS 180-4 §6.1.2, for the block that holds a digest and its padding, after `start`. */
SHA_INSTRUCTIONS static struct sha1_state sha1_of_digest(struct sha1_state start,
                                                         struct sha1_state digest)
{
    __m128i w0 = digest.abcd;
    __m128i w1 = _mm_insert_epi32(digest.e, INT32_MIN, 2);
    __m128i w2 = _mm_setzero_si128();
    __m128i w3 = _mm_set_epi32(0, 0, 0, (64 + 20) * 8);
    __m128i earlier = start.abcd; /* where the next e comes from: a of four rounds ago */
    __m128i now = sha1_four_rounds(start.abcd, _mm_add_epi32(start.e, w0), 0);
    for (unsigned number = 1; number < 20; number++) {
        __m128i sums = _mm_xor_si128(_mm_sha1msg1_epu32(w0, w1), w2);
        w0 = w1;
        w1 = w2;
        w2 = w3;
        w3 = _mm_sha1msg2_epu32(sums, w3);
        __m128i e_and_words = _mm_sha1nexte_epu32(earlier, w0);
        earlier = now;
        now = sha1_four_rounds(now, e_and_words, number);
    }
    return (struct sha1_state){_mm_add_epi32(start.abcd, now),
                               _mm_sha1nexte_epu32(earlier, start.e)};
}

SHA_INSTRUCTIONS static inline struct sha1_state sha1_load(const uint32_t state[5])
{
    return (struct sha1_state){_mm_shuffle_epi32(load(state), _MM_SHUFFLE(0, 1, 2, 3)),
                               _mm_set_epi32((int)state[4], 0, 0, 0)};
}

SHA_INSTRUCTIONS void sha1_x86_stretch(const uint32_t inner[5], const uint32_t outer[5],
                                       uint32_t digest[5], uint32_t rounds)
{
    const struct sha1_state after_inner = sha1_load(inner);
    const struct sha1_state after_outer = sha1_load(outer);
    struct sha1_state now = sha1_load(digest);
    struct sha1_state sum = now;
    for (uint32_t round = 0; round < rounds; round++) {
        now = sha1_of_digest(after_outer, sha1_of_digest(after_inner, now));
        sum.abcd = _mm_xor_si128(sum.abcd, now.abcd);
        sum.e = _mm_xor_si128(sum.e, now.e);
    }
    store(digest, _mm_shuffle_epi32(sum.abcd, _MM_SHUFFLE(0, 1, 2, 3)));
    digest[4] = (uint32_t)_mm_extract_epi32(sum.e, 3);
}

/* --- SHA-256 --- */

/* The state as the instructions want it: words a, b, e, f and c, d, g, h, the first of each
 * highest. */
struct sha256_state {
    __m128i abef;
    __m128i cdgh;
};

SHA_INSTRUCTIONS static inline struct sha256_state sha256_load(const uint32_t state[8])
{
    __m128i badc = _mm_shuffle_epi32(load(state), _MM_SHUFFLE(2, 3, 0, 1));
    __m128i hgfe = _mm_shuffle_epi32(load(state + 4), _MM_SHUFFLE(0, 1, 2, 3));
    return (struct sha256_state){_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

/* A digest in the order of the message: a to d and e to h, the first of each lowest. */
struct sha256_words {
    __m128i abcd;
    __m128i efgh;
};

SHA_INSTRUCTIONS static inline struct sha256_words sha256_words_of(struct sha256_state state)
{
    __m128i abef = _mm_shuffle_epi32(state.abef, _MM_SHUFFLE(0, 1, 2, 3));
    __m128i ghcd = _mm_shuffle_epi32(state.cdgh, _MM_SHUFFLE(2, 3, 0, 1));
    return (struct sha256_words){_mm_blend_epi16(abef, ghcd, 0xf0), _mm_alignr_epi8(ghcd, abef, 8)};
}

SHA_INSTRUCTIONS static inline void sha256_four_rounds(struct sha256_state *state, __m128i words,
                                                       const uint32_t *constants)
{
    __m128i sums = _mm_add_epi32(words, load(constants));
    state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, sums);
    sums = _mm_shuffle_epi32(sums, _MM_SHUFFLE(0, 0, 3, 2));
    state->abef = _mm_sha256rnds2_epu32(state->abef, state->cdgh, sums);
}

/* The message schedule: the four words that follow the sixteen in a to d. */
SHA_INSTRUCTIONS static inline __m128i sha256_next_words(__m128i a, __m128i b, __m128i c, __m128i d)
{
    __m128i sums = _mm_add_epi32(_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));
    return _mm_sha256msg2_epu32(sums, d);
}

/* FIPS 180-4 §6.2.2: the state after a block whose words, the first lowest, stand in w0 to w3. */
SHA_INSTRUCTIONS static struct sha256_state sha256_after(struct sha256_state start, __m128i w0,
                                                         __m128i w1, __m128i w2, __m128i w3)
{
    struct sha256_state now = start;
    for (unsigned round = 0;;) {
        sha256_four_rounds(&now, w0, sha256_constants + round);
        sha256_four_rounds(&now, w1, sha256_constants + round + 4);
        sha256_four_rounds(&now, w2, sha256_constants + round + 8);
        sha256_four_rounds(&now, w3, sha256_constants + round + 12);
        round += 16;
        if (round == 64)
            break;
        w0 = sha256_next_words(w0, w1, w2, w3);
        w1 = sha256_next_words(w1, w2, w3, w0);
        w2 = sha256_next_words(w2, w3, w0, w1);
        w3 = sha256_next_words(w3, w0, w1, w2);
    }
    now.abef = _mm_add_epi32(start.abef, now.abef);
    now.cdgh = _mm_add_epi32(start.cdgh, now.cdgh);
    return now;
}

SHA_INSTRUCTIONS static inline __m128i sha256_load_words(const uint8_t *at)
{
    const __m128i swap = _mm_set_epi32(0x0c0d0e0f, 0x08090a0b, 0x04050607, 0x00010203);
    return _mm_shuffle_epi8(load(at), swap);
}

SHA_INSTRUCTIONS void sha256_x86_block(uint32_t state[8], const uint8_t block[SHA256_BLOCK_SIZE])
{
    const struct sha256_words now = sha256_words_of(
        sha256_after(sha256_load(state), sha256_load_words(block), sha256_load_words(block + 16),
                     sha256_load_words(block + 32), sha256_load_words(block + 48)));
    store(state, now.abcd);
    store(state + 4, now.efgh);
}

/* The block that holds a digest and its padding. */
SHA_INSTRUCTIONS static inline struct sha256_words sha256_of_digest(struct sha256_state start,
                                                                    struct sha256_words digest)
{
    return sha256_words_of(sha256_after(start, digest.abcd, digest.efgh,
                                        _mm_set_epi32(0, 0, 0, INT32_MIN),
                                        _mm_set_epi32((64 + 32) * 8, 0, 0, 0)));
}

SHA_INSTRUCTIONS void sha256_x86_stretch(const uint32_t inner[8], const uint32_t outer[8],
                                         uint32_t digest[8], uint32_t rounds)
{
    const struct sha256_state after_inner = sha256_load(inner);
    const struct sha256_state after_outer = sha256_load(outer);
    struct sha256_words now = {load(digest), load(digest + 4)};
    struct sha256_words sum = now;
    for (uint32_t round = 0; round < rounds; round++) {
        now = sha256_of_digest(after_outer, sha256_of_digest(after_inner, now));
        sum.abcd = _mm_xor_si128(sum.abcd, now.abcd);
        sum.efgh = _mm_xor_si128(sum.efgh, now.efgh);
    }
    store(digest, sum.abcd);
    store(digest + 4, sum.efgh);
}

#else

bool sha_x86_is_supported(void)
{
    return false;
}

void sha1_x86_stretch(const uint32_t inner[5], const uint32_t outer[5], uint32_t digest[5],
                      uint32_t rounds)
{
    (void)inner;
    (void)outer;
    (void)digest;
    (void)rounds;
}

void sha256_x86_stretch(const uint32_t inner[8], const uint32_t outer[8], uint32_t digest[8],
                        uint32_t rounds)
{
    (void)inner;
    (void)outer;
    (void)digest;
    (void)rounds;
}

void sha256_x86_block(uint32_t state[8], const uint8_t block[SHA256_BLOCK_SIZE])
{
    (void)state;
    (void)block;
}

#endif
