#define _GNU_SOURCE
#include "cspin.h"
#include <sched.h>
#include <string.h>

_Static_assert(sizeof(cspin_line) == CSPIN_LINE, "a flag fills its lines");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would be this process's own");

int cspin_allowed_cpus(uint64_t mask[CSPIN_MASK_WORDS]) {
  memset(mask, 0, CSPIN_MASK_WORDS * sizeof(uint64_t));
#if defined(__linux__)
  return sched_getaffinity(0, CSPIN_MASK_WORDS * sizeof(uint64_t), (cpu_set_t *)mask) == 0 ? 0 : -1;
#else
  return -1;
#endif
}
