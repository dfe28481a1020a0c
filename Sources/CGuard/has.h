// Asks the CPU that this runs on for one of CSIMD_FEATURES.
#ifndef CGUARD_HAS_H
#define CGUARD_HAS_H

#if defined(__x86_64__)
// After __builtin_cpu_init.
#define CGUARD_HAS(question) (__builtin_cpu_supports(question) != 0)
#elif defined(__aarch64__)
#include <sys/auxv.h>
#define CGUARD_HAS(question) ((getauxval((question) < 64 ? AT_HWCAP : AT_HWCAP2) >> ((question) % 64) & 1) != 0)
#endif

#endif
