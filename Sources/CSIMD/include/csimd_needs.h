// What a build needs of a CPU: data that can be read on any.
#ifndef CSIMD_NEEDS_H
#define CSIMD_NEEDS_H

#define CSIMD_NEEDS_AVX512 1u /* F, DQ, BW, VL */
#define CSIMD_NEEDS_AVX2 2u   /* and FMA */
#define CSIMD_NEEDS_AVX512VBMI 4u
#define CSIMD_NEEDS_AVX512FP16 8u
#define CSIMD_NEEDS_AVXVNNI 16u
#define CSIMD_NEEDS_BMI2 32u
#define CSIMD_NEEDS_SSE42 64u

/// A set of the above.
extern const unsigned csimd_needs;
/// The instruction set the vectors were built for: "AVX-512", "AVX2+FMA", …
extern const char csimd_built_for_name[];

#endif
