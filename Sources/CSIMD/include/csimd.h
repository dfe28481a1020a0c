// The one place where the instruction set is chosen.
//
// Everything here is header only: clang sees the target's feature macros, Swift sees constants that fold
// and functions that inline. Kernels are written once, over vectors of 16 floats; the compiler makes of
// each one AVX-512 register, two AVX registers or four Neon registers. What differs by instruction set is
// only what stands in this file: the tile shapes' register budget, whether a fused multiply-add exists,
// and the few instructions that neither Swift nor a portable vector type can name.
#ifndef CSIMD_H
#define CSIMD_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "csimd_needs.h"

#pragma STDC FP_CONTRACT OFF /* where a multiply-add is fused stands in the code: docs/arithmetic.md */

#define CSIMD_ISA_PORTABLE 0
#define CSIMD_ISA_AVX2 1
#define CSIMD_ISA_AVX512 2
#define CSIMD_ISA_NEON 3

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512VL__) && defined(__AVX512BW__)
#include <immintrin.h>
#define CSIMD_ISA CSIMD_ISA_AVX512
#define CSIMD_LANES 16 /* 32-bit floats in one register */
#define CSIMD_HAS_FMA 1
#define CSIMD_NEWTON_STEPS 1 /* refinements that bring an estimate to single precision; 0: the exact instructions are used */
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#define CSIMD_ISA CSIMD_ISA_AVX2
#define CSIMD_LANES 8
#define CSIMD_HAS_FMA 1
#define CSIMD_NEWTON_STEPS 1
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define CSIMD_ISA CSIMD_ISA_NEON
#define CSIMD_LANES 4
#define CSIMD_HAS_FMA 1
#define CSIMD_NEWTON_STEPS 0 /* FSQRT and FDIV take less time than estimates of 8 bits and their refinements */
#else
#if defined(__SSE2__)
#include <immintrin.h>
#endif
#define CSIMD_ISA CSIMD_ISA_PORTABLE
#define CSIMD_LANES 4
#define CSIMD_HAS_FMA 0 /* a fused multiply-add would be a library call per lane, hundreds of times slower */
#define CSIMD_NEWTON_STEPS 0
#endif

/// 16 floats: one row of attention scores, one AVX-512 register. Arrives in Swift as SIMD16<Float>.
typedef float csimd_f32x16 __attribute__((ext_vector_type(16)));
typedef float csimd_f32x4 __attribute__((ext_vector_type(4)));

#define CSIMD_INLINE static inline __attribute__((always_inline, const))

#define CSIMD_SPLIT8(x, lo, hi)                                                                  \
  __m256 lo = (__m256)__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7);                     \
  __m256 hi = (__m256)__builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)
#define CSIMD_JOIN8(lo, hi)                                                                      \
  (csimd_f32x16) __builtin_shufflevector((__m256)(lo), (__m256)(hi), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, \
                                         10, 11, 12, 13, 14, 15)

/// sqrt(x), rounded correctly.
CSIMD_INLINE csimd_f32x16 csimd_sqrt(csimd_f32x16 x) { return __builtin_elementwise_sqrt(x); }

/// 1/sqrt(x), as the machine estimates it: relative error 2^-14 (AVX-512), 1.5·2^-12 (AVX2). Vendors differ in its low bits.
/// Where CSIMD_NEWTON_STEPS is 0, by a root and a division, which are the same everywhere.
CSIMD_INLINE csimd_f32x16 csimd_rsqrt_estimate(csimd_f32x16 x) {
#if CSIMD_ISA == CSIMD_ISA_AVX512
  return (csimd_f32x16)_mm512_rsqrt14_ps((__m512)x);
#elif CSIMD_ISA == CSIMD_ISA_AVX2
  CSIMD_SPLIT8(x, lo, hi);
  return CSIMD_JOIN8(_mm256_rsqrt_ps(lo), _mm256_rsqrt_ps(hi));
#else
  return 1.0f / csimd_sqrt(x);
#endif
}

/// 1/x, as the machine estimates it; errors as csimd_rsqrt_estimate's.
CSIMD_INLINE csimd_f32x16 csimd_reciprocal_estimate(csimd_f32x16 x) {
#if CSIMD_ISA == CSIMD_ISA_AVX512
  return (csimd_f32x16)_mm512_rcp14_ps((__m512)x);
#elif CSIMD_ISA == CSIMD_ISA_AVX2
  CSIMD_SPLIT8(x, lo, hi);
  return CSIMD_JOIN8(_mm256_rcp_ps(lo), _mm256_rcp_ps(hi));
#else
  return 1.0f / x;
#endif
}

/// Lane-wise maximum, minimum; b where either is not a number.
CSIMD_INLINE csimd_f32x16 csimd_max(csimd_f32x16 a, csimd_f32x16 b) { return a > b ? a : b; }
CSIMD_INLINE csimd_f32x16 csimd_min(csimd_f32x16 a, csimd_f32x16 b) { return a < b ? a : b; }

/// x, and 0 where |x| is below a bound.
CSIMD_INLINE csimd_f32x16 csimd_without_below(csimd_f32x16 x, float bound) {
  return __builtin_elementwise_abs(x) < bound ? (csimd_f32x16)0 : x;
}

/// x itself, as one register. The compiler likes to split vectors along shuffles into halves and quarters, and
/// takes the arithmetic around them apart as well; it does not look through this.
CSIMD_INLINE csimd_f32x16 csimd_whole(csimd_f32x16 x) {
#if CSIMD_ISA == CSIMD_ISA_AVX512
  __asm__("" : "+v"(x));
#endif
  return x;
}

/// x itself, computed here and not later. Left alone, the compiler gathers the loads of several terms of a sum in front
/// of their multiply-adds, and runs out of registers.
static inline __attribute__((always_inline)) csimd_f32x16 csimd_now(csimd_f32x16 x) {
#if CSIMD_ISA == CSIMD_ISA_NEON
  csimd_f32x4 a = x.lo.lo, b = x.lo.hi, c = x.hi.lo, d = x.hi.hi;
  __asm__ volatile("" : "+w"(a), "+w"(b), "+w"(c), "+w"(d) : : "memory");
  x.lo.lo = a, x.lo.hi = b, x.hi.lo = c, x.hi.hi = d;
#endif
  return x;
}

/// Sum and maximum over the 16 lanes, always in the same tree order.
CSIMD_INLINE float csimd_sum(csimd_f32x16 x) {
  typedef float f32x8 __attribute__((ext_vector_type(8)));
  typedef float f32x4 __attribute__((ext_vector_type(4)));
  typedef float f32x2 __attribute__((ext_vector_type(2)));
  f32x8 y = x.lo + x.hi;
  f32x4 z = y.lo + y.hi;
  f32x2 w = z.lo + z.hi;
  return w.x + w.y;
}
CSIMD_INLINE float csimd_maximum(csimd_f32x16 x) { return __builtin_reduce_max(x); }

// Shuffles of a vector seen as four blocks of four lanes: [block][lane].

/// Lane 0…3 of each block, in all four lanes of the block.
#define CSIMD_SPLAT(n)                                                                           \
  CSIMD_INLINE csimd_f32x16 csimd_splat##n(csimd_f32x16 x) {                                     \
    return csimd_whole(__builtin_shufflevector(x, x, n, n, n, n, 4 + n, 4 + n, 4 + n, 4 + n,     \
                                               8 + n, 8 + n, 8 + n, 8 + n, 12 + n, 12 + n,       \
                                               12 + n, 12 + n));                                 \
  }
CSIMD_SPLAT(0)
CSIMD_SPLAT(1)
CSIMD_SPLAT(2)
CSIMD_SPLAT(3)
#undef CSIMD_SPLAT

/// Lane i of the result is the sum of lanes 0…i, always in the same order.
CSIMD_INLINE csimd_f32x16 csimd_running_sums(csimd_f32x16 x) {
  const csimd_f32x16 zero = 0;
  x += csimd_whole(__builtin_shufflevector(zero, x, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30));
  x += csimd_whole(__builtin_shufflevector(zero, x, 0, 1, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29));
  x += csimd_whole(__builtin_shufflevector(zero, x, 0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27));
  x += csimd_whole(__builtin_shufflevector(zero, x, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23));
  return x;
}

/// How many lanes are at most `bound`.
CSIMD_INLINE int csimd_count_up_to(csimd_f32x16 x, float bound) {
#if CSIMD_ISA == CSIMD_ISA_AVX512
  return __builtin_popcount(_mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(bound), _CMP_LE_OQ));
#elif CSIMD_ISA == CSIMD_ISA_AVX2
  CSIMD_SPLIT8(x, lo, hi);
  __m256 limit = _mm256_set1_ps(bound);
  return __builtin_popcount(_mm256_movemask_ps(_mm256_cmp_ps(lo, limit, _CMP_LE_OQ))) +
         __builtin_popcount(_mm256_movemask_ps(_mm256_cmp_ps(hi, limit, _CMP_LE_OQ)));
#else
  return -__builtin_reduce_add(x <= bound);
#endif
}

/// Blocks 0, 0, 1, 1 and blocks 2, 2, 3, 3.
CSIMD_INLINE csimd_f32x16 csimd_double_low_blocks(csimd_f32x16 x) {
  return __builtin_shufflevector(x, x, 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7);
}
CSIMD_INLINE csimd_f32x16 csimd_double_high_blocks(csimd_f32x16 x) {
  return __builtin_shufflevector(x, x, 8, 9, 10, 11, 8, 9, 10, 11, 12, 13, 14, 15, 12, 13, 14, 15);
}

/// Neighbouring lanes swapped, and pairs of lanes swapped, within each block.
CSIMD_INLINE csimd_f32x16 csimd_swap_lanes(csimd_f32x16 x) {
  x = csimd_whole(x);
  return csimd_whole(
      __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
}
CSIMD_INLINE csimd_f32x16 csimd_swap_pairs(csimd_f32x16 x) {
  x = csimd_whole(x);
  return csimd_whole(
      __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

// Two vectors folded into one, lane upon lane by `join`. Halves: a's lanes i and i + 8, then b's. Blocks: neighbouring blocks,
// a's 0 and 1, 2 and 3, then b's. Pairs: within a block lanes i and i + 2 of a and b in turns; lanes: what pairs left of four
// vectors.
#define CSIMD_FOLD_HALVES(join, a, b)                                                                  \
  csimd_whole(join(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), \
                   __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)))
#define CSIMD_FOLD_BLOCKS(join, a, b)                                                                  \
  csimd_whole(join(__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27), \
                   __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)))
#define CSIMD_FOLD_PAIRS(join, a, b)                                                                   \
  csimd_whole(join(__builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29), \
                   __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)))
#define CSIMD_FOLD_LANES(join, ab, cd)                                                                 \
  csimd_whole(join(__builtin_shufflevector(ab, cd, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29), \
                   __builtin_shufflevector(ab, cd, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)))
#define CSIMD_PLUS(a, b) ((a) + (b))

/// Four vectors' sums within blocks: lane j of block b is the sum over block b of the j-th vector. They are made whole: as
/// products, each was computed in pieces that suited the shuffles.
CSIMD_INLINE csimd_f32x16 csimd_block_sums(csimd_f32x16 a, csimd_f32x16 b, csimd_f32x16 c,
                                           csimd_f32x16 d) {
  a = csimd_whole(a), b = csimd_whole(b), c = csimd_whole(c), d = csimd_whole(d);
  csimd_f32x16 ab = CSIMD_FOLD_PAIRS(CSIMD_PLUS, a, b), cd = CSIMD_FOLD_PAIRS(CSIMD_PLUS, c, d);
  return CSIMD_FOLD_LANES(CSIMD_PLUS, ab, cd);
}

/// Sums of neighbouring blocks: a's blocks 0 + 1 and 2 + 3, then b's.
CSIMD_INLINE csimd_f32x16 csimd_add_blocks(csimd_f32x16 a, csimd_f32x16 b) {
  return CSIMD_FOLD_BLOCKS(CSIMD_PLUS, a, b);
}

/// 16 rows of 16 floats, one after the other, each folded into one lane in csimd_sum's order: half as many instructions as row
/// by row.
#define CSIMD_FOLD_ROWS(name, join)                                                                    \
  static inline __attribute__((always_inline)) csimd_f32x16 name(const float *_Nonnull rows) {         \
    typedef float unaligned __attribute__((ext_vector_type(16), aligned(4)));                          \
    const unaligned *r = (const unaligned *)rows;                                                      \
    csimd_f32x16 q[4];                                                                                 \
    for (int i = 0; i < 4; i++) {                                                                      \
      csimd_f32x16 a = r[i], b = r[i + 4], c = r[i + 8], d = r[i + 12];                                \
      csimd_f32x16 ab = CSIMD_FOLD_HALVES(join, a, b), cd = CSIMD_FOLD_HALVES(join, c, d);             \
      q[i] = CSIMD_FOLD_BLOCKS(join, ab, cd);                                                          \
    }                                                                                                  \
    csimd_f32x16 low = CSIMD_FOLD_PAIRS(join, q[0], q[1]), high = CSIMD_FOLD_PAIRS(join, q[2], q[3]);  \
    return CSIMD_FOLD_LANES(join, low, high);                                                          \
  }
/// The sums, and the maxima, of 16 rows.
CSIMD_FOLD_ROWS(csimd_row_sums, CSIMD_PLUS)
CSIMD_FOLD_ROWS(csimd_row_maxima, csimd_max)

/// target = sourceᵀ for a block of 16 × 16 floats; rows lie `source_row` and `target_row` floats apart.
static inline __attribute__((always_inline)) void csimd_transpose16(
    const float *_Nonnull source, ptrdiff_t source_row, float *_Nonnull target, ptrdiff_t target_row) {
  typedef float unaligned __attribute__((ext_vector_type(16), aligned(4)));
  csimd_f32x16 r[16], t[16];
  for (int i = 0; i < 16; i++) r[i] = *(const unaligned *)(source + i * source_row);
#define LO32(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define HI32(a, b) __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LO64(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define HI64(a, b) __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define EVEN128(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD128(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
  for (int i = 0; i < 16; i += 4) { /* 4 × 4 within blocks: t[i + c] block b is column 4b + c of rows i… */
    csimd_f32x16 ab_lo = LO32(r[i], r[i + 1]), ab_hi = HI32(r[i], r[i + 1]);
    csimd_f32x16 cd_lo = LO32(r[i + 2], r[i + 3]), cd_hi = HI32(r[i + 2], r[i + 3]);
    t[i] = LO64(ab_lo, cd_lo);
    t[i + 1] = HI64(ab_lo, cd_lo);
    t[i + 2] = LO64(ab_hi, cd_hi);
    t[i + 3] = HI64(ab_hi, cd_hi);
  }
  for (int c = 0; c < 4; c++) { /* 4 × 4 blocks */
    csimd_f32x16 even_low = EVEN128(t[c], t[4 + c]), odd_low = ODD128(t[c], t[4 + c]);
    csimd_f32x16 even_high = EVEN128(t[8 + c], t[12 + c]), odd_high = ODD128(t[8 + c], t[12 + c]);
    *(unaligned *)(target + c * target_row) = EVEN128(even_low, even_high);
    *(unaligned *)(target + (4 + c) * target_row) = EVEN128(odd_low, odd_high);
    *(unaligned *)(target + (8 + c) * target_row) = ODD128(even_low, even_high);
    *(unaligned *)(target + (12 + c) * target_row) = ODD128(odd_low, odd_high);
  }
#undef LO32
#undef HI32
#undef LO64
#undef HI64
#undef EVEN128
#undef ODD128
}

/// Drives a line from all caches, for measurements.
static inline __attribute__((always_inline)) void csimd_evict(const void *_Nonnull address) {
#if defined(__SSE2__)
  _mm_clflush(address);
#elif defined(__aarch64__)
  __asm__ volatile("dc civac, %0" : : "r"(address) : "memory");
#endif
}

/// How many of 16 numbers are above a limit.
static inline __attribute__((always_inline)) uint32_t csimd_count_above(const uint16_t *_Nonnull numbers, uint16_t limit) {
#if CSIMD_ISA == CSIMD_ISA_AVX512
  const __m256i all = _mm256_loadu_si256((const __m256i *)numbers);
  return (uint32_t)__builtin_popcount(_mm256_cmpgt_epu16_mask(all, _mm256_set1_epi16((int16_t)limit)));
#else
  typedef uint16_t unaligned __attribute__((ext_vector_type(16), aligned(2)));
  return (uint32_t)-__builtin_reduce_add(*(const unaligned *)numbers > limit);
#endif
}

/// Asks for the cache line at an address, to read or to write it soon. Any address will do: none faults.
static inline __attribute__((always_inline)) void csimd_prefetch_to_read(const void *_Nonnull address) {
  __builtin_prefetch(address, 0, 3);
}
static inline __attribute__((always_inline)) void csimd_prefetch_to_write(const void *_Nonnull address) {
  __builtin_prefetch(address, 1, 3);
}

/// Takes the cache line at an address from all other cores, by storing what is there: nobody else may write to it. A
/// prefetch for writing does nothing for a line that is here already and that others read, too.
static inline __attribute__((always_inline)) void csimd_take(float *_Nonnull address) {
  *(volatile float *)address = *(volatile float *)address;
}
/// The same for a line that will be overwritten: what it holds is not waited for, and lost.
static inline __attribute__((always_inline)) void csimd_take_over(float *_Nonnull address) {
  *(volatile float *)address = 0;
}

/// Asks for the cache line at an address into the second-level cache: it will be read later, and should take no room from what
/// is worked on now.
static inline __attribute__((always_inline)) void csimd_prefetch_to_second_level(const void *_Nonnull address) {
  __builtin_prefetch(address, 0, 2);
}

/// The C library's functions under one name, for modules that cannot import it (Embedded Swift).
CSIMD_INLINE double csimd_exp(double x) { return exp(x); }
CSIMD_INLINE double csimd_log(double x) { return log(x); }
CSIMD_INLINE float csimd_expf(float x) { return expf(x); }
CSIMD_INLINE float csimd_logf(float x) { return logf(x); }

/// `bytes` of zeros, which take memory only once touched; null where there is none.
static inline void *_Nullable csimd_zeroed_memory(size_t bytes) { return calloc(bytes, 1); }
static inline void csimd_free_memory(void *_Nonnull memory) { free(memory); }

/// Nanoseconds of a clock that all processes of a host share and that never jumps.
static inline uint64_t csimd_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/// Whether the calling thread flushes denormal results and inputs to zero from here on. Gradients of well-trained
/// probabilities are denormal by the thousand, and each costs x86 a hundred-cycle assist. What is flushed differs between x86,
/// which looks at the rounded result, and Arm, which looks at the exact one.
static inline void csimd_flush_denormals(int flush) {
#if defined(__SSE2__)
  const unsigned mode = 0x8040; /* FTZ | DAZ */
  unsigned before = _mm_getcsr(), after = flush ? before | mode : before & ~mode;
  if (after != before) _mm_setcsr(after);
#elif defined(__aarch64__)
  const uint64_t mode = 1u << 24; /* FZ */
  uint64_t before;
  __asm__ volatile("mrs %0, fpcr" : "=r"(before));
  uint64_t after = flush ? before | mode : before & ~mode;
  if (after != before) __asm__ volatile("msr fpcr, %0" : : "r"(after));
#endif
}

/// The instruction set this package was built for.
static inline const char *_Nonnull csimd_built_for(void) { return csimd_built_for_name; }

#endif
