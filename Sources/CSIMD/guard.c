// Stops the program with a clear message, before any vector code runs, on a CPU that lacks what it was
// built for. Without this the user would see "illegal instruction".
#include "csimd.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define PLAIN __attribute__((target("arch=x86-64"))) /* this code itself must run anywhere */
#else
#define PLAIN
#endif

const char *csimd_built_for(void) {
#if CSIMD_ISA == CSIMD_ISA_AVX512
  return "AVX-512";
#elif CSIMD_ISA == CSIMD_ISA_AVX2
  return "AVX2+FMA";
#elif CSIMD_ISA == CSIMD_ISA_NEON
  return "Neon";
#else
  return "portable (no fused multiply-add: slow)";
#endif
}

PLAIN const char *csimd_cpu_has(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return "AVX-512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return "AVX2+FMA";
  return "SSE2";
#elif defined(__aarch64__)
  return "Neon";
#else
  return "unknown";
#endif
}

#if defined(__x86_64__)
// -march=native turns on more than the vector width; the features below are those that clang uses freely.
PLAIN static const char *missing(void) {
  __builtin_cpu_init();
#if CSIMD_ISA == CSIMD_ISA_AVX512
  if (strcmp(csimd_cpu_has(), "AVX-512") != 0) return "AVX-512 (F, DQ, BW, VL)";
#elif CSIMD_ISA == CSIMD_ISA_AVX2
  if (strcmp(csimd_cpu_has(), "SSE2") == 0) return "AVX2 and FMA";
#endif
#ifdef __AVX512VBMI__
  if (!__builtin_cpu_supports("avx512vbmi")) return "AVX512-VBMI";
#endif
#ifdef __AVX512FP16__
  if (!__builtin_cpu_supports("avx512fp16")) return "AVX512-FP16";
#endif
#ifdef __AVXVNNI__
  if (!__builtin_cpu_supports("avxvnni")) return "AVX-VNNI";
#endif
#ifdef __BMI2__
  if (!__builtin_cpu_supports("bmi2")) return "BMI2";
#endif
#ifdef __SSE4_2__
  if (!__builtin_cpu_supports("sse4.2")) return "SSE4.2";
#endif
  return 0;
}

PLAIN static void say(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

__attribute__((constructor(101))) PLAIN static void guard_cpu(void) {
  const char *feature = missing();
  if (!feature) return;
  const char *local_rank = getenv("OMPI_COMM_WORLD_LOCAL_RANK"); /* one voice per host */
  if (!local_rank || strcmp(local_rank, "0") == 0) {
    char host[256] = "this host";
    gethostname(host, sizeof host - 1);
    say("ddp-train: ");
    say(host);
    say(": this build needs a CPU with ");
    say(feature);
    say(", and this one has only ");
    say(csimd_cpu_has());
    say(". Build again on this machine, or for the oldest CPU of the cluster: "
        "DDP_TRAIN_CPU=x86-64-v3 launch/train (AVX2) or DDP_TRAIN_CPU=x86-64 (any).\n");
  }
  _exit(78); /* EX_CONFIG */
}
#endif
