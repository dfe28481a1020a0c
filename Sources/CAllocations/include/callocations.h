// Counts heap allocations of the calling thread, by standing in for the C library's allocator.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

#include <stdint.h>

/// Whether allocations are counted on this system (glibc only).
int callocations_are_counted(void);

/// Allocations this thread has made: malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc,
/// memalign, valloc, whoever called them.
uint64_t callocations_count(void);

#endif
