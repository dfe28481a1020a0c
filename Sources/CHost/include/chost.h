// What the program needs of the system and Swift's Glibc module does not offer.
#ifndef CHOST_H
#define CHOST_H

#include <stdint.h>

/// CPUs that a mask counts: 64 a word.
#define CHOST_MASK_WORDS 64

/// The CPUs the calling thread may use, one bit each, CPU 0 in the lowest of the first word. Returns 0, or -1 where
/// the system does not tell.
int chost_allowed_cpus(uint64_t mask[_Nonnull CHOST_MASK_WORDS]);

/// Keeps the calling thread, and what it starts, on these CPUs. Returns 0, or -1 where the system refuses.
int chost_allow_cpus(const uint64_t mask[_Nonnull CHOST_MASK_WORDS]);

/// Keeps the calling thread on the first CPU it may use. Returns its number, or -1 where the system refuses.
int chost_pin_to_first_cpu(void);

/// The most memory this process has had, in bytes.
uint64_t chost_peak_memory(void);

/// How often the system has taken the core from the calling thread since it began, to give it to another.
uint64_t chost_involuntary_switches(void);

/// Copies 8 bytes at an address of another process, as Open MPI does between ranks of one host. Returns 0, or why
/// not, as in errno: EPERM where the system forbids it.
int chost_read_process(int process, uint64_t address, uint64_t *_Nonnull value);

/// The same, by a child from this process. Not a parent from its child, which is allowed more often.
int chost_child_reads_this_process(void);

#endif
