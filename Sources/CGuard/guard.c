// Stops the program with a clear message on a CPU that lacks what it was built for. Without this the user would
// see "illegal instruction".
#include "cguard.h"
#include "csimd_needs.h"
#include "has.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OTHER_CPUS "DDP_TRAIN_CPU=x86-64-v3 launch/train (AVX2) or DDP_TRAIN_CPU=generic (any)"

const char *cguard_cpu_has(void) {
  __builtin_cpu_init();
  if (CGUARD_HAS("avx512f") && CGUARD_HAS("avx512dq") && CGUARD_HAS("avx512vl") && CGUARD_HAS("avx512bw")) return "AVX-512";
  if (CGUARD_HAS("avx2") && CGUARD_HAS("fma")) return "AVX2+FMA";
  return "SSE2";
}
#elif defined(__aarch64__)
#define OTHER_CPUS "DDP_TRAIN_CPU=neoverse-n1 launch/train (Armv8.2) or DDP_TRAIN_CPU=generic (any)"

const char *cguard_cpu_has(void) { return "Neon"; }
#else
#define OTHER_CPUS "launch/train"

const char *cguard_cpu_has(void) { return "unknown"; }
#endif

enum { MOST_NAMED = 4 };

/// The features the build needs and the CPU lacks, the first `MOST_NAMED` by name.
///
/// Returns their number.
static int missing(const char *names[MOST_NAMED]) {
  int needed = 0, count = 0;
  (void)cguard_cpu_has(); /* has x86 asked */
  (void)names;
#define LOOK(macro, name, question)                                                                                    \
  if (csimd_needs[needed++] && !CGUARD_HAS(question)) {                                                                       \
    if (count < MOST_NAMED) names[count] = name;                                                                       \
    count++;                                                                                                           \
  }
  CSIMD_FEATURES(LOOK)
  (void)needed;
  return count;
}

static void say(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

// Ahead of every other constructor of the program, and of main.
__attribute__((constructor(101))) static void guard_cpu(void) {
  const char *names[MOST_NAMED];
  int count = missing(names);
  if (!count) return;
  const char *local_rank = getenv("OMPI_COMM_WORLD_LOCAL_RANK"); /* one voice per host */
  if (!local_rank || strcmp(local_rank, "0") == 0) {
    char host[256] = "this host";
    gethostname(host, sizeof host - 1);
    say("ddp-train: ");
    say(host);
    say(": this build needs a CPU with ");
    for (int i = 0; i < count && i < MOST_NAMED; i++) {
      if (i) say(", ");
      say(names[i]);
    }
    if (count > MOST_NAMED) say(" and more");
    say(", which this one lacks. Build again on this machine, or for the oldest CPU of the cluster: " OTHER_CPUS ".\n");
  }
  _exit(78); /* EX_CONFIG */
}
