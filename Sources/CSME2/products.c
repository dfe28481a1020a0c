// The entries of csme2.h: each enters streaming mode once and does all it can there.
#include "csme2.h"

#if defined(__aarch64__) && defined(__linux__)
#include "product.h"

#pragma clang attribute push(__attribute__((target("sme2"))), apply_to = function)

#define ENTRY __arm_new("za") __arm_locally_streaming

/// The block of at most two slivers that begins at `row`.
INLINE row_block block_at(ptrdiff_t row, ptrdiff_t rows) STREAMING {
  ptrdiff_t left = smaller(rows - row, 2 * lanes());
  return (row_block){left, left > lanes() ? 2 : 1};
}

/// A block's rows of a matrix as slivers, (depth rounded up to 4, lanes) each.
INLINE ptrdiff_t sliver_size(ptrdiff_t depth) STREAMING { return (depth + 3) / 4 * 4 * lanes(); }
INLINE void make_slivers(row_block block, ptrdiff_t depth, const float *source, ptrdiff_t row, float *slivers) IN_ZA {
  for (int s = 0; s < block.slivers; s++)
    make_sliver(depth, source + s * lanes() * row, row, rows_of_sliver(block, s), slivers + s * sliver_size(depth));
}

// One copy of each product, whatever the number of its callers.

static __attribute__((noinline)) void product_store(row_block block, ptrdiff_t depth, const float *left,
                                                    const right_operand *right, const target *t) IN_ZA {
  product(STORE, block, depth, left, sliver_size(depth), *right, *t);
}
static __attribute__((noinline)) void product_relu(row_block block, ptrdiff_t depth, const float *left,
                                                   const right_operand *right, const target *t) IN_ZA {
  product(RELU, block, depth, left, sliver_size(depth), *right, *t);
}
static __attribute__((noinline)) void product_behind_relu(row_block block, ptrdiff_t depth, const float *left,
                                                          const right_operand *right, const target *t) IN_ZA {
  product(BEHIND_RELU, block, depth, left, sliver_size(depth), *right, *t);
}

ENTRY void csme2_linear(const csme2_linear_t *l) {
  right_operand weights = {l->transposed, l->outputs, l->outputs};
  for (ptrdiff_t row = 0; row < l->rows; row += 2 * lanes()) {
    row_block block = block_at(row, l->rows);
    make_slivers(block, l->inputs, l->x + row * l->inputs, l->inputs, l->scratch);
    target y = {.first = l->y + row * l->outputs, .row = l->outputs, .columns = l->outputs};
    if (l->residual) {
      y.residual = l->residual;
      y.residual_row = l->outputs;
      y.index = l->index + row;
    }
    product_store(block, l->inputs, l->scratch, &weights, &y);
  }
}

ENTRY void csme2_linear_backward(const csme2_linear_backward_t *l) {
  right_operand weights = {l->weights, l->inputs, l->inputs};
  for (ptrdiff_t row = 0; row < l->rows; row += 2 * lanes()) {
    row_block block = block_at(row, l->rows);
    make_slivers(block, l->outputs, l->dy + row * l->outputs, l->outputs, l->scratch);
    target dx = {.first = l->dx + row * l->inputs, .row = l->inputs, .columns = l->inputs};
    product_store(block, l->outputs, l->scratch, &weights, &dx);
  }
  right_operand dy = {l->dy, l->outputs, l->outputs}, x = {l->x, l->inputs, l->inputs};
  weight_gradient(l->rows, dy, x, l->gradient);
}

ENTRY void csme2_feed_forward(const csme2_feed_forward_t *l) {
  ptrdiff_t C = l->width, F = l->hidden;
  right_operand expand = {l->expand, F, F}, contract = {l->contract, C, C};
  right_operand head = {l->head, l->logits_row, l->logits_row};
  float *z = l->scratch, *h = z + 2 * sliver_size(C), *x2 = h + 2 * sliver_size(F);
  for (ptrdiff_t row = 0; row < l->rows; row += 2 * lanes()) {
    row_block block = block_at(row, l->rows);
    make_slivers(block, C, l->z + row * C, C, z);
    target hidden = {.first = l->h + row * F, .row = F, .columns = F, .slivers = h,
                     .mask = l->mask + row * mask_row(F)};
    product_relu(block, C, z, &expand, &hidden);
    target sum = {.first = l->x2 + row * C, .row = C, .columns = C, .slivers = x2,
                  .residual = l->residual + row * C, .residual_row = C};
    product_store(block, F, h, &contract, &sum);
    target logits = {.first = l->logits + row * l->logits_row, .row = l->logits_row, .columns = l->logits_row};
    product_store(block, C, x2, &head, &logits);
  }
}

ENTRY void csme2_feed_forward_backward(const csme2_feed_forward_backward_t *l) {
  ptrdiff_t C = l->width, F = l->hidden, V = l->vocabulary;
  right_operand expand = {l->expand, C, C}, contract = {l->contract, F, F}, head = {l->head, C, C};
  float *dlogits = l->scratch, *dx = dlogits + 2 * sliver_size(V), *dh = dx + 2 * sliver_size(C);
  for (ptrdiff_t row = 0; row < l->rows; row += 2 * lanes()) {
    row_block block = block_at(row, l->rows);
    make_slivers(block, V, l->dlogits + row * l->logits_row, l->logits_row, dlogits);
    target stream = {.first = l->dx + row * C, .row = C, .columns = C, .slivers = dx};
    product_store(block, V, dlogits, &head, &stream);
    target hidden = {.first = l->dh + row * F, .row = F, .columns = F, .slivers = dh,
                     .mask = (uint8_t *)l->mask + row * mask_row(F)};
    product_behind_relu(block, C, dx, &contract, &hidden);
    target input = {.first = l->dz + row * C, .row = C, .columns = C};
    product_store(block, F, dh, &expand, &input);
  }
  right_operand rows_dlogits = {l->dlogits, l->logits_row, V}, rows_x2 = {l->x2, C, C};
  right_operand rows_dx = {l->dx, C, C}, rows_h = {l->h, F, F};
  right_operand rows_dh = {l->dh, F, F}, rows_z = {l->z, C, C};
  weight_gradient(l->rows, rows_dlogits, rows_x2, l->head_gradient);
  weight_gradient(l->rows, rows_dx, rows_h, l->contract_gradient);
  weight_gradient(l->rows, rows_dh, rows_z, l->expand_gradient);
}

#pragma clang attribute pop

size_t csme2_scratch_floats(size_t width) {
  // The longest chain of slivers: C, F and another C or V, each rounded up.
  size_t lanes = (size_t)csme2_vector_bits() / 32;
  return 2 * lanes * (6 * width + 64);
}

size_t csme2_mask_bytes(size_t rows, size_t hidden) {
  size_t lanes = (size_t)csme2_vector_bits() / 32;
  return lanes == 0 ? 0 : rows * ((hidden + lanes - 1) / lanes) * (lanes / 2);
}

#else
#include <stdio.h>
#include <stdlib.h>

static void unavailable(const char *function) {
  fprintf(stderr, "%s: this CPU has no SME2; callers must ask csme2_is_available first\n", function);
  abort();
}

void csme2_linear(const csme2_linear_t *layer) { (void)layer, unavailable(__func__); }
void csme2_linear_backward(const csme2_linear_backward_t *layer) { (void)layer, unavailable(__func__); }
void csme2_feed_forward(const csme2_feed_forward_t *layer) { (void)layer, unavailable(__func__); }
void csme2_feed_forward_backward(const csme2_feed_forward_backward_t *layer) { (void)layer, unavailable(__func__); }
size_t csme2_scratch_floats(size_t width) { (void)width; return 0; }
size_t csme2_mask_bytes(size_t rows, size_t hidden) { (void)rows, (void)hidden; return 0; }
#endif
