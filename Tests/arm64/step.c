// Whole training steps: against the reference runs, or so that their instructions can be counted.
//
//     step check ENGINE FILE…        each loss, the first gradient, the final parameters
//     step run ENGINE FILE STEPS     the first STEPS steps of the file, unchecked; prints each one's rows, pairs and
//                                    floating-point operations
//     step hash ENGINE NAMES C HEADS B MICRO-SHARDS STEPS
//                                    a reproducible run of one rank; prints its parameters' hash, as ddp-train does
//
// ENGINE is simd or sme2; of a reproducible run scalar, too.
#include "arm64_tests.h"
#include "csme2.h"
#include "shim.h" /* of CXXHash */

#include <math.h>
#include <stdlib.h>
#include <string.h>

// TrainingStep.swift
void step_begin(int sme2, long width, long heads, long names, const float *parameters);
double step_gradient(const char *names, const float *parameters, float *gradient);
double step_work(long *rows, long *pairs);
void step_adam(double rate, long update, const float *gradient, float *parameters, float *first, float *second);
// ReproducibleRun.swift
void reproducible_run(int kind, const char *names, long width, long heads, long batch, long micro_shards, long steps, double rate,
                      float *parameters);

// The bounds of the numerics contract, and those of single elements as a share of their tensor's root mean square:
// Sources/Reference/ReferenceCheck.swift has the reasons.
static const double loss_bound = 1e-5, gradient_bound = 1e-5, final_bound = 1e-3;
static const double gradient_element_bound = 1e-4, final_element_bound = 1e-1;

static void compare(const golden_run *run, const char *what, const float *values, const float *expected, double bound,
                    double element_bound) {
  for (int t = 0; t < 9; t++) {
    double difference = 0, norm = 0, worst = 0;
    long begin = run->offsets[t], end = run->offsets[t + 1];
    for (long i = begin; i < end; i++) {
      double delta = fabs((double)values[i] - expected[i]);
      difference += delta * delta;
      norm += (double)expected[i] * expected[i];
      if (!(delta <= worst)) worst = delta;
    }
    double error = sqrt(difference / norm), element = worst / sqrt(norm / (double)(end - begin));
    test_check(error <= bound, "%s: %s of %s is off by %g, more than %g", run->path, what, golden_tensors[t], error,
               bound);
    test_check(element <= element_bound, "%s: an element of the %s of %s is off by %g of their size, more than %g",
               run->path, what, golden_tensors[t], element, element_bound);
  }
}

static void train(const golden_run *run, int sme2, long steps, int checking) {
  long count = run->offsets[9];
  float *parameters = guarded(count), *gradient = guarded(count), *first = guarded(count), *second = guarded(count);
  memcpy(parameters, run->initial, (size_t)count * sizeof(float));
  memset(first, 0, (size_t)count * sizeof(float));
  memset(second, 0, (size_t)count * sizeof(float));
  step_begin(sme2, run->width, run->heads, 16, parameters);
  for (long step = 0; step < steps; step++) {
    double loss = step_gradient(run->batches[step], parameters, gradient);
    if (checking) {
      double error = fabs(loss / run->losses[step] - 1);
      test_check(error <= loss_bound, "%s: loss %ld is %.8f, not %.8f", run->path, step + 1, loss, run->losses[step]);
      if (step == 0) compare(run, "gradient", gradient, run->gradient, gradient_bound, gradient_element_bound);
    }
    if (!checking) {
      long rows, pairs;
      double flops = step_work(&rows, &pairs);
      printf("%ld %ld %.0f\n", rows, pairs, flops);
    }
    double decay = 1 - (double)step / (double)run->steps;
    step_adam(run->rate * decay, step + 1, gradient, parameters, first, second);
  }
  if (checking) compare(run, "final value", parameters, run->final, final_bound, final_element_bound);
  guarded_free_all();
}

/// The names of a file that has one in lower case a line, with a zero behind each and one more behind the last.
static char *read_names(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(EXIT_FAILURE);
  }
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *names = calloc((size_t)size + 2, 1);
  if (!names || fread(names, 1, (size_t)size, file) != (size_t)size) {
    fprintf(stderr, "%s cannot be read\n", path);
    exit(EXIT_FAILURE);
  }
  fclose(file);
  for (long i = 0; i < size; i++) {
    if (names[i] == '\n') names[i] = 0;
  }
  return names;
}

static int print_hash(char **arguments) {
  const char *kinds[] = {"simd", "sme2", "scalar"};
  int kind = 0;
  while (kind < 2 && strcmp(arguments[0], kinds[kind]) != 0) kind++;
  long numbers[5];
  for (int i = 0; i < 5; i++) numbers[i] = strtol(arguments[2 + i], NULL, 10);
  long C = numbers[0], count = C * (12 * C + 70);
  float *parameters = calloc((size_t)count, sizeof *parameters);
  cxxhash_stream *hash = cxxhash_128_create();
  if (!parameters || !hash) return EXIT_FAILURE;
  reproducible_run(kind, read_names(arguments[1]), C, numbers[1], numbers[2], numbers[3], numbers[4], 0.003, parameters);
  cxxhash_128_update(hash, parameters, (size_t)count * sizeof *parameters);
  cxxhash_digest128 digest = cxxhash_128_digest(hash);
  printf("%016llx%016llx\n", (unsigned long long)digest.high, (unsigned long long)digest.low);
  return 0;
}

int main(int count, char **arguments) {
  if (count < 4) {
    fprintf(stderr, "usage: step check ENGINE FILE… | step run ENGINE FILE STEPS | "
                    "step hash ENGINE NAMES C HEADS B MICRO-SHARDS STEPS\n");
    return 64;
  }
  int sme2 = strcmp(arguments[2], "sme2") == 0;
  if (strcmp(arguments[1], "hash") == 0) return count == 9 ? print_hash(arguments + 2) : 64;
  if (strcmp(arguments[1], "run") == 0) {
    golden_run run = golden_read(arguments[3]);
    train(&run, sme2, count > 4 ? strtol(arguments[4], NULL, 10) : run.steps, 0);
    return 0;
  }
  if (sme2) {
    test_begin("training steps, sme2 engine at %d bits", csme2_vector_bits());
  } else {
    test_begin("training steps, simd engine");
  }
  for (int i = 3; i < count; i++) {
    golden_run run = golden_read(arguments[i]);
    train(&run, sme2, run.steps, 1);
  }
  return test_end();
}
