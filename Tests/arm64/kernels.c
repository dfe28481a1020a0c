// Runs KernelChecks.swift.
#include "arm64_tests.h"

void check_kernels(void);

int main(void) {
  test_begin("Neon kernels");
  check_kernels();
  return test_end();
}
