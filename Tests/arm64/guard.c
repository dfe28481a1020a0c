// A program of a few instructions that only the CPU has that it was compiled for, to be run on others: without CGuard
// it ends in SIGILL there.
#include <stdio.h>

int main(int argc, char **argv) {
  (void)argv;
  float numbers[1000], sum = 0;
  for (int i = 0; i < 1000; i++) numbers[i] = (float)(i % (argc + 6));
  // Which the compiler makes vectors of as long as the CPU's.
#pragma clang loop vectorize(enable)
  for (int i = 0; i < 1000; i++) numbers[i] = numbers[i] * 3 + 1;
  for (int i = 0; i < 1000; i++) sum += numbers[i];
  printf("ran: %g\n", (double)sum);
  return 0;
}
