// What the C programs of the Arm tests share: counting checks, and memory that ends where its contents end.
#ifndef ARM64_TESTS_H
#define ARM64_TESTS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// Names what is tested, printed with the counts.
void test_begin(const char *_Nonnull format, ...) __attribute__((format(printf, 1, 2)));
/// Counts a check; says what is wrong where it fails.
void test_check(int passed, const char *_Nonnull format, ...) __attribute__((format(printf, 2, 3)));
/// The same for callers without C's variable arguments.
void test_result(int passed, const char *_Nonnull what);
/// Prints `name: N passed, N failed` and returns the program's exit status.
int test_end(void);

/// Numbers that are the same in every run: splitmix64.
uint64_t random_bits(void);

/// `count` floats that end at a page nobody may touch, 64-byte aligned where their size allows it; all bits set,
/// which is not a number.
float *_Nonnull guarded(ptrdiff_t count);
/// The same, filled with random numbers in [-1, 1).
float *_Nonnull guarded_random(ptrdiff_t count);
void guarded_free_all(void);

/// One of the reference runs of Tests/golden.
typedef struct {
  const char *_Nonnull path;
  long width, heads, steps;
  double rate;
  /// (steps): batches of names, sorted as they come, letters a–z and a zero behind each name.
  const char *_Nonnull *_Nonnull batches;
  const double *_Nonnull losses;
  /// (P) each, canonical order; and the nine tensors' names and where each begins (10).
  const float *_Nonnull initial, *_Nonnull gradient, *_Nonnull final;
  const long *_Nonnull offsets;
} golden_run;

/// Reads a file; ends the program with a message where it is not what it should be.
golden_run golden_read(const char *_Nonnull path);
extern const char *_Nonnull const golden_tensors[9];

#endif
