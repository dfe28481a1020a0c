// What a build needs of a CPU: data that can be read on any.
#ifndef CSIMD_NEEDS_H
#define CSIMD_NEEDS_H

// The features that compilers use freely once they are told of them, the widest first: X(the macro by which the compiler
// says so, its name for people, how the CPU is asked: see CGuard).
#if defined(__x86_64__)
#define CSIMD_FEATURES(X)                                                                                              \
  X(__AVX512F__, "AVX-512F", "avx512f")                                                                                \
  X(__AVX512VL__, "AVX-512VL", "avx512vl")                                                                             \
  X(__AVX512DQ__, "AVX-512DQ", "avx512dq")                                                                             \
  X(__AVX512BW__, "AVX-512BW", "avx512bw")                                                                             \
  X(__AVX512CD__, "AVX-512CD", "avx512cd")                                                                             \
  X(__AVX512FP16__, "AVX-512FP16", "avx512fp16")                                                                       \
  X(__AVX512BF16__, "AVX-512BF16", "avx512bf16")                                                                       \
  X(__AVX512IFMA__, "AVX-512IFMA", "avx512ifma")                                                                       \
  X(__AVX512VBMI__, "AVX-512VBMI", "avx512vbmi")                                                                       \
  X(__AVX512VBMI2__, "AVX-512VBMI2", "avx512vbmi2")                                                                    \
  X(__AVX512VNNI__, "AVX-512VNNI", "avx512vnni")                                                                       \
  X(__AVX512BITALG__, "AVX-512BITALG", "avx512bitalg")                                                                 \
  X(__AVX512VPOPCNTDQ__, "AVX-512VPOPCNTDQ", "avx512vpopcntdq")                                                        \
  X(__AVXVNNI__, "AVX-VNNI", "avxvnni")                                                                                \
  X(__GFNI__, "GFNI", "gfni")                                                                                          \
  X(__AVX2__, "AVX2", "avx2")                                                                                          \
  X(__FMA__, "FMA", "fma")                                                                                             \
  X(__AVX__, "AVX", "avx")                                                                                             \
  X(__BMI2__, "BMI2", "bmi2")                                                                                          \
  X(__BMI__, "BMI", "bmi")                                                                                             \
  X(__SSE4_2__, "SSE4.2", "sse4.2")                                                                                    \
  X(__POPCNT__, "POPCNT", "popcnt")
#elif defined(__aarch64__)
// A bit of Linux's AT_HWCAP, or from 64 on of AT_HWCAP2. Source: Linux, arch/arm64/include/uapi/asm/hwcap.h.
#define CSIMD_FEATURES(X)                                                                                              \
  X(__ARM_FEATURE_SVE2, "SVE2", 64 + 1)                                                                                \
  X(__ARM_FEATURE_SVE, "SVE", 22)                                                                                      \
  X(__ARM_FEATURE_SVE_BF16, "SVE BF16", 64 + 12)                                                                       \
  X(__ARM_FEATURE_SVE_MATMUL_INT8, "SVE I8MM", 64 + 9)                                                                 \
  X(__ARM_FEATURE_SVE2_BITPERM, "SVE BITPERM", 64 + 4)                                                                 \
  X(__ARM_FEATURE_SVE2_AES, "SVE AES", 64 + 2)                                                                         \
  X(__ARM_FEATURE_SVE2_SHA3, "SVE SHA3", 64 + 5)                                                                       \
  X(__ARM_FEATURE_SVE2_SM4, "SVE SM4", 64 + 6)                                                                         \
  X(__ARM_FEATURE_BF16, "BF16", 64 + 14)                                                                               \
  X(__ARM_FEATURE_MATMUL_INT8, "I8MM", 64 + 13)                                                                        \
  X(__ARM_FEATURE_FP16_FML, "FP16 FML", 23)                                                                            \
  X(__ARM_FEATURE_SHA3, "SHA3", 17)                                                                                    \
  X(__ARM_FEATURE_SM4, "SM4", 19)                                                                                      \
  X(__ARM_FEATURE_FRINT, "FRINT", 64 + 8)                                                                              \
  X(__ARM_FEATURE_RNG, "RNG", 64 + 16)                                                                                 \
  X(__ARM_FEATURE_COMPLEX, "FCMA", 14)                                                                                 \
  X(__ARM_FEATURE_JCVT, "JSCVT", 13)                                                                                   \
  X(__ARM_FEATURE_RCPC, "RCPC", 15)                                                                                    \
  X(__ARM_FEATURE_DOTPROD, "DotProd", 20)                                                                              \
  X(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC, "FP16", 10)                                                                  \
  X(__ARM_FEATURE_QRDMX, "RDM", 12)                                                                                    \
  X(__ARM_FEATURE_ATOMICS, "LSE", 8)                                                                                   \
  X(__ARM_FEATURE_CRC32, "CRC32", 7)                                                                                   \
  X(__ARM_FEATURE_AES, "AES", 3)                                                                                       \
  X(__ARM_FEATURE_SHA2, "SHA2", 6)
#else
#define CSIMD_FEATURES(X)
#endif

/// For each of `CSIMD_FEATURES`, in their order, whether this build needs it: 0 or 1.
extern const unsigned char csimd_needs[];
/// The instruction set the vectors were built for: "AVX-512", "AVX2+FMA", …
extern const char csimd_built_for_name[];

#endif
