// Times the matrix products of one training step through a CBLAS library: nothing else of the step.
//
//     gemms C ROWS PAIRS SECONDS   prints "MEDIAN P10 P90 KERNELS": µs for the products of one step, and which
//                                  kernels the library took
//     gemms check                  compares every product with plain loops; exits 1 where one is off
//
// The products are those of Sources/GPT/VectorEngine.swift: queries, keys and values as one layer on PAIRS rows;
// Wo, W1, W2 and the head on ROWS. Each layer has three: forward, input gradient, weight gradient.
// The library gets the best of it: buffers are used again at every repetition, so that operands are as near as they
// can be, and forward products read a transposed copy of the weights, as the engine's do (many BLAS are slower on Wᵀ).
#include <cblas.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VOCABULARY = 27, LAYERS = 5 };

// y = x · Wᵀ: x is (rows, inputs), W is (outputs, inputs), y is (rows, outputs), all row-major and contiguous.
// `transposed` stands for Wᵀ, (inputs, outputs), with numbers of its own.
struct layer {
  int rows, inputs, outputs;
  float *weights, *transposed, *x, *y;
  float *d_weights, *d_x, *d_y;
};

static void *allocate(size_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, bytes) != 0) {
    fprintf(stderr, "gemms: out of memory\n");
    exit(1);
  }
  return memory;
}

// Numbers in (−0.5, 0.5), the same in every run.
static float *random_matrix(int rows, int columns) {
  static uint64_t state = 1;
  size_t count = (size_t)rows * (size_t)columns;
  float *matrix = allocate(count * sizeof *matrix);
  for (size_t i = 0; i < count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    matrix[i] = (float)(state >> 40) * 0x1p-24f - 0.5f;
  }
  return matrix;
}

static struct layer make_layer(int rows, int inputs, int outputs) {
  return (struct layer){
      .rows = rows,
      .inputs = inputs,
      .outputs = outputs,
      .weights = random_matrix(outputs, inputs),
      .transposed = random_matrix(inputs, outputs),
      .x = random_matrix(rows, inputs),
      .y = random_matrix(rows, outputs),
      .d_weights = random_matrix(outputs, inputs),
      .d_x = random_matrix(rows, inputs),
      .d_y = random_matrix(rows, outputs),
  };
}

static void make_layers(struct layer layers[LAYERS], int width, int rows, int pairs) {
  layers[0] = make_layer(pairs, width, 3 * width);
  layers[1] = make_layer(rows, width, width);
  layers[2] = make_layer(rows, width, 4 * width);
  layers[3] = make_layer(rows, 4 * width, width);
  layers[4] = make_layer(rows, width, VOCABULARY);
}

static void forward(const struct layer *l) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->rows, l->outputs, l->inputs, 1, l->x, l->inputs,
              l->transposed, l->outputs, 0, l->y, l->outputs);
}

static void input_gradient(const struct layer *l) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, l->rows, l->inputs, l->outputs, 1, l->d_y, l->outputs,
              l->weights, l->inputs, 0, l->d_x, l->inputs);
}

static void weight_gradient(const struct layer *l) {
  cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, l->outputs, l->inputs, l->rows, 1, l->d_y, l->outputs, l->x,
              l->inputs, 0, l->d_weights, l->inputs);
}

static void step(const struct layer layers[LAYERS]) {
  for (int i = 0; i < LAYERS; i++) forward(&layers[i]);
  for (int i = LAYERS; i-- > 0;) {
    weight_gradient(&layers[i]);
    input_gradient(&layers[i]);
  }
}

// The largest difference between a product and Σ aₖ bₖ in double, relative to Σ |aₖ bₖ|.
// Element (i, k) of a is at a[i · a_row + k · a_step], element (k, j) of b at b[k · b_step + j · b_column].
static double error(int rows, int columns, int depth, const float *a, int a_row, int a_step, const float *b,
                    int b_step, int b_column, const float *product) {
  double worst = 0;
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      double sum = 0, magnitude = 0;
      for (int k = 0; k < depth; k++) {
        double term = (double)a[i * a_row + k * a_step] * b[k * b_step + j * b_column];
        sum += term;
        magnitude += fabs(term);
      }
      double off = fabs(product[i * columns + j] - sum) / magnitude;
      if (!(off <= worst)) worst = off;
    }
  }
  return worst;
}

static int check(void) {
  struct layer layers[LAYERS];
  make_layers(layers, 48, 29, 13);
  step(layers);
  for (int i = 0; i < LAYERS; i++) {
    const struct layer *l = &layers[i];
    double errors[] = {
        error(l->rows, l->outputs, l->inputs, l->x, l->inputs, 1, l->transposed, l->outputs, 1, l->y),
        error(l->rows, l->inputs, l->outputs, l->d_y, l->outputs, 1, l->weights, l->inputs, 1, l->d_x),
        error(l->outputs, l->inputs, l->rows, l->d_y, 1, l->outputs, l->x, l->inputs, 1, l->d_weights),
    };
    int depths[] = {l->inputs, l->outputs, l->rows};
    for (int product = 0; product < 3; product++) {
      // Half a unit in the last place for each term, and a few roundings more.
      if (errors[product] <= (depths[product] + 4) * 0x1p-24) continue;
      fprintf(stderr, "gemms: %s: product %d of layer %d is off by %.1e\n", openblas_get_corename(), product, i,
              errors[product]);
      return 1;
    }
  }
  return 0;
}

static double microseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void measure(int width, int rows, int pairs, double seconds) {
  enum { MOST = 1 << 20 };
  double *times = allocate(MOST * sizeof *times);
  struct layer layers[LAYERS];
  make_layers(layers, width, rows, pairs);
  double warm = microseconds() + 0.25e6 * seconds;
  do step(layers);
  while (microseconds() < warm);
  int count = 0;
  double end = microseconds() + 1e6 * seconds;
  double before = microseconds();
  do {
    step(layers);
    double now = microseconds();
    times[count++] = now - before;
    before = now;
  } while (count < MOST && before < end);
  qsort(times, (size_t)count, sizeof *times, ascending);
  printf("%.2f %.2f %.2f %s\n", times[count / 2], times[count / 10], times[count - 1 - count / 10],
         openblas_get_corename());
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "check") == 0) return check();
  int width = count == 5 ? atoi(arguments[1]) : 0;
  int rows = count == 5 ? atoi(arguments[2]) : 0;
  int pairs = count == 5 ? atoi(arguments[3]) : 0;
  double seconds = count == 5 ? atof(arguments[4]) : 0;
  if (width < 1 || rows < 1 || pairs < 1 || !(seconds > 0)) {
    fprintf(stderr, "usage: gemms C ROWS PAIRS SECONDS | gemms check\n");
    return 64;
  }
  measure(width, rows, pairs, seconds);
  return 0;
}
