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

// A macro that is defined is a small number, and one that is not stays a name: only the former makes two arguments of
// one. Source: Linux, include/linux/kconfig.h.
#define CSIMD_IS_1 0,
#define CSIMD_IS_2 0,
#define CSIMD_IS_3 0,
#define CSIMD_SECOND(first, second, ...) second
#define CSIMD_IS_DEFINED(macro) CSIMD_IS_DEFINED_AS(macro)
#define CSIMD_IS_DEFINED_AS(value) CSIMD_CHOICE(CSIMD_IS_##value)
#define CSIMD_CHOICE(arguments) CSIMD_SECOND(arguments 1, 0, 0)

#define CSIMD_NEED(macro, name, question) CSIMD_IS_DEFINED(macro),
const unsigned char csimd_needs[] = {CSIMD_FEATURES(CSIMD_NEED) 0};
