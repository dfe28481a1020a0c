// Stops the program with a clear message on a CPU that lacks what it was built for. Without this the user would
// see "illegal instruction".
#include "cguard.h"
#include "csimd_needs.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
const char *cguard_cpu_has(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    return "AVX-512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "AVX2+FMA";
  return "SSE2";
}

/// The first feature the build needs and the CPU lacks, or null.
static const char *missing(void) {
  const char *has = cguard_cpu_has();
  unsigned needs = csimd_needs;
  if ((needs & CSIMD_NEEDS_AVX512) && strcmp(has, "AVX-512") != 0) return "AVX-512 (F, DQ, BW, VL)";
  if ((needs & CSIMD_NEEDS_AVX2) && strcmp(has, "SSE2") == 0) return "AVX2 and FMA";
  if ((needs & CSIMD_NEEDS_AVX512VBMI) && !__builtin_cpu_supports("avx512vbmi")) return "AVX512-VBMI";
  if ((needs & CSIMD_NEEDS_AVX512FP16) && !__builtin_cpu_supports("avx512fp16")) return "AVX512-FP16";
  if ((needs & CSIMD_NEEDS_AVXVNNI) && !__builtin_cpu_supports("avxvnni")) return "AVX-VNNI";
  if ((needs & CSIMD_NEEDS_BMI2) && !__builtin_cpu_supports("bmi2")) return "BMI2";
  if ((needs & CSIMD_NEEDS_SSE42) && !__builtin_cpu_supports("sse4.2")) return "SSE4.2";
  return 0;
}

static void say(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

// Ahead of every other constructor, and of main.
__attribute__((constructor(101))) static void guard_cpu(void) {
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
    say(cguard_cpu_has());
    say(". Build again on this machine, or for the oldest CPU of the cluster: "
        "DDP_TRAIN_CPU=x86-64-v3 launch/train (AVX2) or DDP_TRAIN_CPU=x86-64 (any).\n");
  }
  _exit(78); /* EX_CONFIG */
}
#elif defined(__aarch64__)
const char *cguard_cpu_has(void) { return "Neon"; }
#else
const char *cguard_cpu_has(void) { return "unknown"; }
#endif
