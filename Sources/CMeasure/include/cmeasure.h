// What measurements need of the system and Swift's Glibc module does not offer.
#ifndef CMEASURE_H
#define CMEASURE_H

#include <stdint.h>

/// Whether allocations are counted on this system (glibc only).
int cmeasure_allocations_are_counted(void);

/// Allocations this thread has made: malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc,
/// memalign, valloc, whoever called them. The counter stands in for the C library's allocator.
uint64_t cmeasure_allocations_count(void);

/// Keeps the calling thread on the first CPU it may use. Returns its number, or -1 where the system refuses.
int cmeasure_pin_to_first_cpu(void);

/// The most memory this process has had, in bytes.
uint64_t cmeasure_peak_memory(void);

/// How often the system has taken the core from the calling thread since it began, to give it to another.
uint64_t cmeasure_involuntary_switches(void);

/// Copies 8 bytes at an address of another process, as Open MPI does between ranks of one host. Returns 0, or why
/// not, as in errno: EPERM where the system forbids it.
int cmeasure_read_process(int process, uint64_t address, uint64_t *_Nonnull value);

/// The same, by a child from this process. Not a parent from its child, which is allowed more often.
int cmeasure_child_reads_this_process(void);

#endif
