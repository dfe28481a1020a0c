#define _GNU_SOURCE
#include "chost.h"
#include <sched.h>
#include <string.h>

int chost_allowed_cpus(uint64_t mask[CHOST_MASK_WORDS]) {
  memset(mask, 0, CHOST_MASK_WORDS * sizeof(uint64_t));
#if defined(__linux__)
  return sched_getaffinity(0, CHOST_MASK_WORDS * sizeof(uint64_t), (cpu_set_t *)mask) == 0 ? 0 : -1;
#else
  return -1;
#endif
}

int chost_allow_cpus(const uint64_t mask[CHOST_MASK_WORDS]) {
#if defined(__linux__)
  return sched_setaffinity(0, CHOST_MASK_WORDS * sizeof(uint64_t), (const cpu_set_t *)mask);
#else
  return -1;
#endif
}

int chost_pin_to_first_cpu(void) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? cpu : -1;
  }
  return -1;
}
