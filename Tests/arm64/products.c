// Every product of CSME2 against chains of fused multiply-adds, bit for bit, at many shapes, in guarded memory: a read or write
// one float beyond an operand ends the program.
#define _GNU_SOURCE
#include "arm64_tests.h"
#include "csme2.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// MARK: - Exact products

/// out[i][j] = Σₖ a(i, k) · b(k, j), operands by their strides: one chain from 0 in the order of k, as docs/arithmetic.md has it.
static void exact(ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t depth, const float *a, ptrdiff_t a_row, ptrdiff_t a_depth,
                  const float *b, ptrdiff_t b_depth, ptrdiff_t b_column, float *out) {
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t j = 0; j < columns; j++) {
      float sum = 0;
      for (ptrdiff_t k = 0; k < depth; k++) sum = fmaf(a[i * a_row + k * a_depth], b[k * b_depth + j * b_column], sum);
      out[i * columns + j] = sum;
    }
}

static void transpose(ptrdiff_t rows, ptrdiff_t columns, const float *source, float *target) {
  for (ptrdiff_t i = 0; i < rows; i++)
    for (ptrdiff_t j = 0; j < columns; j++) target[j * rows + i] = source[i * columns + j];
}

static float *floats(ptrdiff_t count) { return calloc((size_t)count, sizeof(float)); }

/// What operands are multiplied by: at 1 all sums are normal numbers, at the smaller size all are denormal.
static float size = 1;

static float *operand(ptrdiff_t count) {
  float *memory = guarded_random(count);
  for (ptrdiff_t i = 0; i < count; i++) memory[i] *= size;
  return memory;
}

/// Compares (rows, columns) of stride `row` and says what is wrong, by name. Zeros are equal whatever their sign.
static void compare(const char *what, const char *shape, ptrdiff_t rows, ptrdiff_t columns, const float *actual,
                    ptrdiff_t row, const float *expected) {
  for (ptrdiff_t at = 0; at < rows * columns; at++) {
    float found = actual[at / columns * row + at % columns];
    if (found == expected[at]) continue;
    test_check(0, "%s at %s: element (%td, %td) is %a, not %a", what, shape, at / columns, at % columns, (double)found,
               (double)expected[at]);
    return;
  }
  test_check(1, "%s", what);
}

// MARK: - One layer

static void linear(ptrdiff_t R, ptrdiff_t K, ptrdiff_t N, int gathered) {
  char shape[64];
  snprintf(shape, sizeof shape, "(R, K, N) = (%td, %td, %td)%s", R, K, N, gathered ? " gathered" : "");
  float *x = operand(R * K), *w = operand(N * K), *w_transposed = guarded(N * K);
  float *y = guarded(R * N), *scratch = guarded((ptrdiff_t)csme2_scratch_floats((size_t)(N > K ? N : K)));
  ptrdiff_t pairs = R / 2 + 1;
  float *residual = operand(pairs * N);
  int32_t *index = (int32_t *)guarded(R);
  for (ptrdiff_t r = 0; r < R; r++) index[r] = (int32_t)(random_bits() % (uint64_t)pairs);
  transpose(N, K, w, w_transposed);
  csme2_linear_t layer = {.rows = R, .inputs = K, .outputs = N, .x = x, .transposed = w_transposed,
                          .residual = gathered ? residual : NULL, .index = gathered ? index : NULL, .y = y,
                          .scratch = scratch};
  csme2_linear(&layer);
  float *expected = floats(R * N);
  exact(R, N, K, x, K, 1, w, 1, K, expected);
  if (gathered)
    for (ptrdiff_t i = 0; i < R * N; i++) expected[i] += residual[index[i / N] * N + i % N];
  compare("linear", shape, R, N, y, N, expected);
  free(expected);
  guarded_free_all();
}

static void linear_backward(ptrdiff_t R, ptrdiff_t K, ptrdiff_t N) {
  char shape[64];
  snprintf(shape, sizeof shape, "(R, K, N) = (%td, %td, %td)", R, K, N);
  float *x = operand(R * K), *dy = operand(R * N), *w = operand(N * K);
  float *dx = guarded(R * K), *dw = guarded(N * K);
  float *scratch = guarded((ptrdiff_t)csme2_scratch_floats((size_t)(N > K ? N : K)));
  csme2_linear_backward_t layer = {.rows = R, .inputs = K, .outputs = N, .x = x, .dy = dy, .weights = w, .dx = dx,
                                   .gradient = dw, .scratch = scratch};
  csme2_linear_backward(&layer);
  float *expected = floats(R * K > N * K ? R * K : N * K);
  exact(R, K, N, dy, N, 1, w, K, 1, expected);
  compare("input gradient", shape, R, K, dx, K, expected);
  exact(N, K, R, dy, 1, N, x, K, 1, expected);
  compare("weight gradient", shape, N, K, dw, K, expected);
  free(expected);
  guarded_free_all();
}

// MARK: - The feed-forward chain and its backward

static void feed_forward(ptrdiff_t R, ptrdiff_t C) {
  enum { V = 27, L = 32 };
  ptrdiff_t F = 4 * C;
  char shape[64];
  snprintf(shape, sizeof shape, "(R, C) = (%td, %td)", R, C);
  float *z = operand(R * C), *x1 = operand(R * C);
  float *w1 = operand(F * C), *w2 = operand(C * F), *head = operand(V * C);
  float *w1_transposed = guarded(F * C), *w2_transposed = guarded(C * F), *head_transposed = guarded(C * L);
  transpose(F, C, w1, w1_transposed);
  transpose(C, F, w2, w2_transposed);
  for (ptrdiff_t i = 0; i < C; i++)
    for (ptrdiff_t v = 0; v < L; v++) head_transposed[i * L + v] = v < V ? head[v * C + i] : 0;
  float *h = guarded(R * F), *x2 = guarded(R * C), *logits = guarded(R * L);
  uint8_t *mask = (uint8_t *)guarded((ptrdiff_t)(csme2_mask_bytes((size_t)R, (size_t)F) + 3) / 4);
  float *scratch = guarded((ptrdiff_t)csme2_scratch_floats((size_t)C));
  csme2_feed_forward_t forward = {.rows = R, .width = C, .hidden = F, .logits_row = L, .z = z, .residual = x1,
                                  .expand = w1_transposed, .contract = w2_transposed, .head = head_transposed,
                                  .h = h, .x2 = x2, .logits = logits, .mask = mask, .scratch = scratch};
  csme2_feed_forward(&forward);

  // Each stage from what the stage before really gave, so that errors do not add up.
  float *expected = floats(F * (R > C ? R : C));
  exact(R, F, C, z, C, 1, w1, 1, C, expected);
  for (ptrdiff_t i = 0; i < R * F; i++) expected[i] = fmaxf(expected[i], 0);
  compare("hidden layer", shape, R, F, h, F, expected);
  exact(R, C, F, h, F, 1, w2, 1, F, expected);
  for (ptrdiff_t i = 0; i < R * C; i++) expected[i] += x1[i];
  compare("contraction", shape, R, C, x2, C, expected);
  exact(R, L, C, x2, C, 1, head_transposed, L, 1, expected);
  compare("logits", shape, R, L, logits, L, expected);

  float *dlogits = operand(R * L);
  for (ptrdiff_t i = 0; i < R * L; i++)
    if (i % L >= V) dlogits[i] = 0;
  float *dx = guarded(R * C), *dh = guarded(R * F), *dz = guarded(R * C);
  float *dw1 = guarded(F * C), *dw2 = guarded(C * F), *dhead = guarded(V * C);
  csme2_feed_forward_backward_t backward = {
      .rows = R, .width = C, .hidden = F, .logits_row = L, .vocabulary = V, .z = z, .h = h, .x2 = x2, .mask = mask,
      .dlogits = dlogits, .expand = w1, .contract = w2, .head = head, .dx = dx, .dh = dh, .dz = dz,
      .expand_gradient = dw1, .contract_gradient = dw2, .head_gradient = dhead, .scratch = scratch};
  csme2_feed_forward_backward(&backward);
  exact(R, C, V, dlogits, L, 1, head, C, 1, expected);
  compare("gradient of the logits' input", shape, R, C, dx, C, expected);
  exact(R, F, C, dx, C, 1, w2, F, 1, expected);
  for (ptrdiff_t i = 0; i < R * F; i++)
    if (!(h[i] > 0)) expected[i] = 0;
  compare("gradient of the hidden layer", shape, R, F, dh, F, expected);
  exact(R, C, F, dh, F, 1, w1, C, 1, expected);
  compare("gradient of z", shape, R, C, dz, C, expected);
  exact(V, C, R, dlogits, 1, L, x2, C, 1, expected);
  compare("gradient of the head", shape, V, C, dhead, C, expected);
  exact(C, F, R, dx, 1, C, h, F, 1, expected);
  compare("gradient of W2", shape, C, F, dw2, F, expected);
  exact(F, C, R, dh, 1, F, z, C, 1, expected);
  compare("gradient of W1", shape, F, C, dw1, C, expected);
  free(expected);
  guarded_free_all();
}

int main(void) {
  test_begin("SME2 products at %d bits", csme2_vector_bits());
  if (!csme2_is_available()) {
    test_check(0, "this CPU has no SME2");
    return test_end();
  }
  // Rows around one, two and three slivers of this vector length; columns with and without a partial vector.
  ptrdiff_t lanes = csme2_vector_bits() / 32;
  const ptrdiff_t rows[] = {1, 3, lanes - 1, lanes, lanes + 1, 2 * lanes, 2 * lanes + 1, 3 * lanes};
  static const ptrdiff_t widths[] = {16, 48, 64};
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
      ptrdiff_t R = rows[r], C = widths[w];
      size = 1;
      linear(R, C, 3 * C, 0);
      linear(R, C, C, 1);
      linear_backward(R, C, C);
      linear_backward(R, C, 3 * C);
      feed_forward(R, C);
      size = 0x1p-68f;
      linear(R, C, C, 1);
      linear_backward(R, C, C);
    }
  }
  return test_end();
}
