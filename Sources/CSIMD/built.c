// What this build needs of a CPU, as data: no code of this file runs before the guard has looked (see CGuard).
#include "csimd.h"

const char csimd_built_for_name[] =
#if CSIMD_ISA == CSIMD_ISA_AVX512
    "AVX-512";
#elif CSIMD_ISA == CSIMD_ISA_AVX2
    "AVX2+FMA";
#elif CSIMD_ISA == CSIMD_ISA_NEON
    "Neon";
#else
    "portable (no fused multiply-add: slow)";
#endif

// -march=native turns on more than the vector width; these are the features that compilers use freely.
const unsigned csimd_needs = 0
#if CSIMD_ISA == CSIMD_ISA_AVX512
                             | CSIMD_NEEDS_AVX512
#endif
#if CSIMD_ISA == CSIMD_ISA_AVX512 || CSIMD_ISA == CSIMD_ISA_AVX2
                             | CSIMD_NEEDS_AVX2
#endif
#ifdef __AVX512VBMI__
                             | CSIMD_NEEDS_AVX512VBMI
#endif
#ifdef __AVX512FP16__
                             | CSIMD_NEEDS_AVX512FP16
#endif
#ifdef __AVXVNNI__
                             | CSIMD_NEEDS_AVXVNNI
#endif
#ifdef __BMI2__
                             | CSIMD_NEEDS_BMI2
#endif
#ifdef __SSE4_2__
                             | CSIMD_NEEDS_SSE42
#endif
    ;
