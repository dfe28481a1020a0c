// The protocol of a step with shared memory, by threads in place of ranks, on the very barrier the ranks use.
//
//     stress THREADS ROUNDS flat|wave
//
// Each thread writes a gradient and a note, passes the barrier, adds up its slice of all gradients into the one set of
// parameters, passes again, and reads all parameters, like a forward pass. Every number is known beforehand, so that a
// stale one is found; Thread Sanitizer finds also those that merely could have been stale.

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cspin.h"

enum { most_threads = 64, slice = 32 };

static int threads;
static long rounds;
static int flat;
static cspin_line *lines[most_threads];
static double *gradients[most_threads];
static double parameters[most_threads * slice];

static void pass(cspin_barrier *barrier) {
  cspin_arrive(barrier);
  while (!cspin_wait(barrier, 200)) sched_yield();
}

static void fail(int rank, long round, const char *what, double is, double expected) {
  fprintf(stderr, "stress: thread %d, round %ld: %s is %g, not %g\n", rank, round, what, is, expected);
  exit(1);
}

static void *train(void *argument) {
  int rank = (int)(intptr_t)argument;
  int count = threads * slice;
  cspin_barrier barrier = cspin_make(lines, (uint32_t)rank, (uint32_t)threads, (uint32_t)flat);
  for (long round = 1; round <= rounds; round++) {
    for (int i = 0; i < count; i++) gradients[rank][i] = (double)(round + rank);
    cspin_leave(&barrier, 0, (double)(round + rank));
    cspin_leave(&barrier, 2, (double)round);
    pass(&barrier);

    double sum = threads * (double)round + threads * (threads - 1) / 2;
    for (int r = 0; r < threads; r++)
      if (cspin_note(lines[r], 2) != (double)round) fail(rank, round, "a note", cspin_note(lines[r], 2), round);
    for (int travelled = 0; travelled < 2; travelled++)
      if (cspin_sum(&barrier, 0, travelled) != sum)
        fail(rank, round, "a sum of notes", cspin_sum(&barrier, 0, travelled), sum);
    for (int i = rank * slice; i < (rank + 1) * slice; i++) {
      double total = 0;
      for (int r = 0; r < threads; r++) total += gradients[r][i];
      if (total != sum) fail(rank, round, "a sum", total, sum);
      parameters[i] = total;
    }
    pass(&barrier);

    for (int i = 0; i < count; i++)
      if (parameters[i] != sum) fail(rank, round, "a parameter", parameters[i], sum);
  }
  return NULL;
}

static void *zeros(size_t bytes) {
  void *memory = aligned_alloc(CSPIN_LINE, (bytes + CSPIN_LINE - 1) / CSPIN_LINE * CSPIN_LINE);
  if (!memory) exit(2);
  return memset(memory, 0, bytes);
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  threads = atoi(argv[1]);
  rounds = atol(argv[2]);
  flat = strcmp(argv[3], "flat") == 0;
  if (threads < 1 || threads > most_threads || rounds < 1) return 64;
  for (int r = 0; r < threads; r++) {
    lines[r] = zeros(cspin_lines((uint32_t)threads, (uint32_t)flat) * sizeof(cspin_line));
    gradients[r] = zeros((size_t)(threads * slice) * sizeof(double));
  }
  pthread_t ids[most_threads];
  for (int r = 0; r < threads; r++)
    if (pthread_create(&ids[r], NULL, train, (void *)(intptr_t)r) != 0) return 2;
  for (int r = 0; r < threads; r++) pthread_join(ids[r], NULL);
  printf("stress: %d threads, %ld rounds, %s: ok\n", threads, rounds, argv[3]);
  return 0;
}
