// Whole matrix products over the tiles of tiles.h, and what happens to their sums on the way to memory.
#ifndef CSME2_PRODUCT_H
#define CSME2_PRODUCT_H

#include "tiles.h"

#pragma STDC FP_CONTRACT OFF /* as csimd.h */

#pragma clang attribute push(__attribute__((target("sme2"))), apply_to = function)

typedef enum {
  STORE,      /* the sums */
  RELU,       /* max(sums, 0); records in the mask where they were positive */
  BEHIND_RELU /* the sums where the mask says so, else 0 */
} epilogue;

/// Where a product of a block of rows goes.
typedef struct {
  float *first; /* its first row */
  ptrdiff_t row, columns;
  float *slivers; /* the same once more as slivers, (columns, lanes) each; null for none */
  const float *residual; /* what is added to the sums; null for nothing */
  ptrdiff_t residual_row;
  const int32_t *index; /* rows of residual; null where they are the block's own */
  uint8_t *mask;        /* of the block's first row; null where no ReLU is involved */
} target;

/// Rows of a matrix that go through a chain of products together: as many as two slivers hold.
typedef struct {
  ptrdiff_t rows;
  int slivers; /* 1 or 2 */
} row_block;

INLINE ptrdiff_t rows_of_sliver(row_block block, int sliver) STREAMING {
  return smaller(lanes(), block.rows - sliver * lanes());
}

/// Bytes of the mask of one vector, and of a row of `columns`.
INLINE ptrdiff_t mask_vector(void) STREAMING { return (ptrdiff_t)svcntb() / 8; }
INLINE ptrdiff_t mask_row(ptrdiff_t columns) STREAMING {
  return (columns + lanes() - 1) / lanes() * mask_vector();
}

/// A row's sums with what is added to them. After the sums and not before: so the vector kernels have it, too.
INLINE svfloat32_t with_residual(svfloat32_t sums, ptrdiff_t row, ptrdiff_t column, svbool_t columns, target t) STREAMING {
  const float *residual = t.residual + (t.index ? t.index[row] : row) * t.residual_row + column;
  return svadd_f32_x(svptrue_b32(), sums, svld1_f32(columns, residual));
}

INLINE svfloat32_t through_mask(const uint8_t *mask, svfloat32_t sums) STREAMING {
  return svsel_f32(*(const svbool_t *)mask, sums, svdup_n_f32(0));
}

/// Stores a tile's rows and, where the target has slivers, its columns.
INLINE void finish_tile(const int tile, const epilogue kind, int sliver, ptrdiff_t first_row, ptrdiff_t rows,
                        ptrdiff_t column, target t) IN_ZA {
  svbool_t columns = svwhilelt_b32_s64(column, t.columns);
  svfloat32_t zero = svdup_n_f32(0);
  float *y = t.first + first_row * t.row + column;
  ptrdiff_t next_mask = kind == STORE ? 0 : mask_row(t.columns);
  uint8_t *mask = kind == STORE ? t.mask : t.mask + first_row * next_mask + column / lanes() * mask_vector();
  for (ptrdiff_t i = 0; i < rows; i += 4) {
    svfloat32x4_t sums = four_rows(tile, (uint32_t)i);
    svfloat32_t s0 = svget4_f32(sums, 0), s1 = svget4_f32(sums, 1);
    svfloat32_t s2 = svget4_f32(sums, 2), s3 = svget4_f32(sums, 3);
    ptrdiff_t left = rows - i;
    if (kind == STORE && t.residual) {
      s0 = with_residual(s0, first_row + i, column, columns, t);
      if (left > 1) s1 = with_residual(s1, first_row + i + 1, column, columns, t);
      if (left > 2) s2 = with_residual(s2, first_row + i + 2, column, columns, t);
      if (left > 3) s3 = with_residual(s3, first_row + i + 3, column, columns, t);
      if (t.slivers) write_four_rows(tile, (uint32_t)i, svcreate4_f32(s0, s1, s2, s3));
    }
    if (kind == RELU) {
      svbool_t all = svptrue_b32();
      *(svbool_t *)mask = svcmpgt_f32(all, s0, zero);
      if (left > 1) *(svbool_t *)(mask + next_mask) = svcmpgt_f32(all, s1, zero);
      if (left > 2) *(svbool_t *)(mask + 2 * next_mask) = svcmpgt_f32(all, s2, zero);
      if (left > 3) *(svbool_t *)(mask + 3 * next_mask) = svcmpgt_f32(all, s3, zero);
      sums = svmax_single_f32_x4(sums, zero);
      s0 = svget4_f32(sums, 0), s1 = svget4_f32(sums, 1);
      s2 = svget4_f32(sums, 2), s3 = svget4_f32(sums, 3);
    }
    if (kind == BEHIND_RELU) {
      s0 = through_mask(mask, s0);
      if (left > 1) s1 = through_mask(mask + next_mask, s1);
      if (left > 2) s2 = through_mask(mask + 2 * next_mask, s2);
      if (left > 3) s3 = through_mask(mask + 3 * next_mask, s3);
      write_four_rows(tile, (uint32_t)i, svcreate4_f32(s0, s1, s2, s3));
    }
    svst1_f32(columns, y, s0);
    if (left > 1) svst1_f32(columns, y + t.row, s1);
    if (left > 2) svst1_f32(columns, y + 2 * t.row, s2);
    if (left > 3) svst1_f32(columns, y + 3 * t.row, s3);
    y += 4 * t.row;
    mask += 4 * next_mask;
  }
  if (!t.slivers) return;
  float *transposed = t.slivers + (sliver * t.columns + column) * lanes();
  ptrdiff_t end = smaller(lanes(), t.columns - column);
  for (ptrdiff_t c = 0; c < end; c += 4) {
    svfloat32x4_t sums = four_columns(tile, (uint32_t)c);
    if (kind == RELU) sums = svmax_single_f32_x4(sums, zero);
    svst1_f32_x4(svptrue_c32(), transposed + c * lanes(), sums);
  }
}

/// The columns of a product from `column` on that the tiles hold at once.
INLINE void product_columns(const int slivers, const int vectors, const epilogue kind, row_block block,
                            ptrdiff_t depth, const float *left, ptrdiff_t sliver, right_operand right,
                            ptrdiff_t column, target t) IN_ZA {
  ptrdiff_t rows0 = rows_of_sliver(block, 0), rows1 = slivers == 2 ? rows_of_sliver(block, 1) : 0;
  svzero_za();
  right.first += column;
  right.columns -= column;
  add_slivers(slivers, vectors, depth, left, sliver, right);
  finish_tile(0, kind, 0, 0, rows0, column, t);
  if (vectors > 1) finish_tile(1, kind, 0, 0, rows0, column + lanes(), t);
  if (vectors > 2) finish_tile(2, kind, 0, 0, rows0, column + 2 * lanes(), t);
  if (vectors > 2) finish_tile(3, kind, 0, 0, rows0, column + 3 * lanes(), t);
  if (slivers == 2) finish_tile(2, kind, 1, lanes(), rows1, column, t);
  if (slivers == 2 && vectors > 1) finish_tile(3, kind, 1, lanes(), rows1, column + lanes(), t);
}

/// target = epilogue(left · right) for a block of rows, left as slivers `sliver` floats apart.
INLINE void product(const epilogue kind, row_block block, ptrdiff_t depth, const float *left, ptrdiff_t sliver,
                    right_operand right, target t) IN_ZA {
  ptrdiff_t column = 0, end = t.columns;
#define COLUMNS(slivers, vectors)                                                                     \
  for (; end - column > ((vectors) - 1) * lanes(); column += (vectors) * lanes())                     \
  product_columns(slivers, vectors, kind, block, depth, left, sliver, right, column, t)
  if (block.slivers == 2) {
    COLUMNS(2, 2);
    COLUMNS(2, 1);
  } else {
    COLUMNS(1, 4);
    COLUMNS(1, 2);
    COLUMNS(1, 1);
  }
#undef COLUMNS
}

/// target = leftᵀ · right, both as they lie, summed over `depth` rows.
static void weight_gradient(ptrdiff_t depth, right_operand left, right_operand right, float *gradient) IN_ZA {
  target t = {.first = gradient, .row = right.columns, .columns = right.columns};
#define TILES(slivers, vectors)                                                                       \
  for (; right.columns - column > ((vectors) - 1) * lanes(); column += (vectors) * lanes()) {         \
    right_operand l = {left.first + row, left.row, left.columns - row};                               \
    right_operand r = {right.first + column, right.row, right.columns - column};                      \
    ptrdiff_t rows0 = smaller(lanes(), left.columns - row);                                           \
    ptrdiff_t rows1 = smaller(lanes(), left.columns - row - lanes());                                 \
    svzero_za();                                                                                      \
    add_rows(slivers, vectors, depth, l, r);                                                          \
    finish_tile(0, STORE, 0, row, rows0, column, t);                                                  \
    if ((vectors) > 1) finish_tile(1, STORE, 0, row, rows0, column + lanes(), t);                     \
    if ((vectors) > 2) finish_tile(2, STORE, 0, row, rows0, column + 2 * lanes(), t);                 \
    if ((vectors) > 2) finish_tile(3, STORE, 0, row, rows0, column + 3 * lanes(), t);                 \
    if ((slivers) == 2) finish_tile(2, STORE, 0, row + lanes(), rows1, column, t);                    \
    if ((slivers) == 2 && (vectors) > 1)                                                              \
      finish_tile(3, STORE, 0, row + lanes(), rows1, column + lanes(), t);                            \
  }
  ptrdiff_t row = 0;
  for (; left.columns - row > lanes(); row += 2 * lanes()) {
    ptrdiff_t column = 0;
    TILES(2, 2)
    TILES(2, 1)
  }
  if (row < left.columns) {
    ptrdiff_t column = 0;
    TILES(1, 4)
    TILES(1, 2)
    TILES(1, 1)
  }
#undef TILES
}

#pragma clang attribute pop
#endif
