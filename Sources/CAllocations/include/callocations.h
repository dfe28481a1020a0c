// Counts allocations. A target of its own: whoever links it has its allocator, which a sanitizer must not have.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdint.h>

/// Whether allocations are counted on this system (glibc only).
int callocations_are_counted(void);

/// Allocations this thread has made: malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc,
/// memalign, valloc, whoever called them. The counter stands in for the C library's allocator.
uint64_t callocations_count(void);

#endif
