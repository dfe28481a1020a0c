// A matrix product on the four 32-bit ZA tiles, by outer products: target += left column k ⊗ right row k.
//
// The left operand comes as slivers: the rows of a matrix, one vector of them at a time, transposed to (depth,
// vector), so that a column of the left operand is one vector. Two slivers and two vectors of columns fill the four
// tiles and need one vector loaded per outer product, the least there is; one sliver takes four vectors of columns.
// With fewer tiles in flight an outer product would wait for the one before it on the same tile.
//
// All functions run in streaming mode with ZA shared, inside one of the entries of products.c.
#ifndef CSME2_TILES_H
#define CSME2_TILES_H

#include <arm_sme.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang attribute push(__attribute__((target("sme2"))), apply_to = function)

#define STREAMING __arm_streaming
#define IN_ZA __arm_streaming __arm_inout("za")
#define INLINE static inline __attribute__((always_inline))

/// Floats in a streaming vector, and rows of a tile.
INLINE ptrdiff_t lanes(void) STREAMING { return (ptrdiff_t)svcntw(); }

INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) STREAMING { return a < b ? a : b; }

// Tiles are named by immediate operands: these take constants, and fold.

INLINE void outer_product(const int tile, svfloat32_t left, svfloat32_t right) IN_ZA {
  svbool_t all = svptrue_b32();
  switch (tile) {
  case 0: svmopa_za32_f32_m(0, all, all, left, right); break;
  case 1: svmopa_za32_f32_m(1, all, all, left, right); break;
  case 2: svmopa_za32_f32_m(2, all, all, left, right); break;
  default: svmopa_za32_f32_m(3, all, all, left, right); break;
  }
}

INLINE void load_row(const int tile, uint32_t row, svbool_t columns, const float *source) IN_ZA {
  switch (tile) {
  case 0: svld1_hor_za32(0, row, columns, source); break;
  case 1: svld1_hor_za32(1, row, columns, source); break;
  case 2: svld1_hor_za32(2, row, columns, source); break;
  default: svld1_hor_za32(3, row, columns, source); break;
  }
}

INLINE svfloat32x4_t four_rows(const int tile, uint32_t row) IN_ZA {
  switch (tile) {
  case 0: return svread_hor_za32_f32_vg4(0, row);
  case 1: return svread_hor_za32_f32_vg4(1, row);
  case 2: return svread_hor_za32_f32_vg4(2, row);
  default: return svread_hor_za32_f32_vg4(3, row);
  }
}

INLINE svfloat32x4_t four_columns(const int tile, uint32_t column) IN_ZA {
  switch (tile) {
  case 0: return svread_ver_za32_f32_vg4(0, column);
  case 1: return svread_ver_za32_f32_vg4(1, column);
  case 2: return svread_ver_za32_f32_vg4(2, column);
  default: return svread_ver_za32_f32_vg4(3, column);
  }
}

INLINE void write_four_rows(const int tile, uint32_t row, svfloat32x4_t value) IN_ZA {
  switch (tile) {
  case 0: svwrite_hor_za32_f32_vg4(0, row, value); break;
  case 1: svwrite_hor_za32_f32_vg4(1, row, value); break;
  case 2: svwrite_hor_za32_f32_vg4(2, row, value); break;
  default: svwrite_hor_za32_f32_vg4(3, row, value); break;
  }
}

// MARK: - Sums

/// One step of the depth: left vectors l0 (and l1), `vectors` vectors of the right row.
INLINE void outer_products(const int slivers, const int vectors, svfloat32_t l0, svfloat32_t l1,
                           svcount_t columns, svbool_t column, const float *right) IN_ZA {
  if (vectors == 4) {
    svfloat32x4_t r = svld1_f32_x4(columns, right);
    outer_product(0, l0, svget4_f32(r, 0));
    outer_product(1, l0, svget4_f32(r, 1));
    outer_product(2, l0, svget4_f32(r, 2));
    outer_product(3, l0, svget4_f32(r, 3));
  } else if (vectors == 2) {
    svfloat32x2_t r = svld1_f32_x2(columns, right);
    outer_product(0, l0, svget2_f32(r, 0));
    outer_product(1, l0, svget2_f32(r, 1));
    if (slivers == 2) {
      outer_product(2, l1, svget2_f32(r, 0));
      outer_product(3, l1, svget2_f32(r, 1));
    }
  } else {
    svfloat32_t r = svld1_f32(column, right);
    outer_product(0, l0, r);
    if (slivers == 2) outer_product(2, l1, r);
  }
}

/// A right operand: row k at `first + k · row`, `columns` of it in use.
typedef struct {
  const float *first;
  ptrdiff_t row, columns;
} right_operand;

INLINE svcount_t columns_in_use(const int vectors, ptrdiff_t columns) STREAMING {
  return vectors == 4 ? svwhilelt_c32_s64(0, columns, 4) : svwhilelt_c32_s64(0, columns, 2);
}

/// Adds left slivers · right to the tiles. Sliver s is tile row s; its vector k at `left + s · sliver + k · lanes`.
INLINE void add_slivers(const int slivers, const int vectors, ptrdiff_t depth, const float *left, ptrdiff_t sliver,
                        right_operand right) IN_ZA {
  svcount_t columns = columns_in_use(vectors, right.columns);
  svbool_t column = svwhilelt_b32_s64(0, right.columns);
  svcount_t all = svptrue_c32();
  const float *l = left, *r = right.first;
  ptrdiff_t k = depth;
  for (; k >= 4; k -= 4) {
    svfloat32x4_t l0 = svld1_f32_x4(all, l);
    svfloat32x4_t l1 = slivers == 2 ? svld1_f32_x4(all, l + sliver) : l0;
    outer_products(slivers, vectors, svget4_f32(l0, 0), svget4_f32(l1, 0), columns, column, r);
    outer_products(slivers, vectors, svget4_f32(l0, 1), svget4_f32(l1, 1), columns, column, r + right.row);
    outer_products(slivers, vectors, svget4_f32(l0, 2), svget4_f32(l1, 2), columns, column, r + 2 * right.row);
    outer_products(slivers, vectors, svget4_f32(l0, 3), svget4_f32(l1, 3), columns, column, r + 3 * right.row);
    l += 4 * lanes();
    r += 4 * right.row;
  }
  svbool_t whole = svptrue_b32();
  for (; k > 0; k--) {
    svfloat32_t l0 = svld1_f32(whole, l);
    svfloat32_t l1 = slivers == 2 ? svld1_f32(whole, l + sliver) : l0;
    outer_products(slivers, vectors, l0, l1, columns, column, r);
    l += lanes();
    r += right.row;
  }
}

/// Adds leftᵀ · right to the tiles: the left operand as it lies, one row a step.
INLINE void add_rows(const int slivers, const int vectors, ptrdiff_t depth, right_operand left, right_operand right)
    IN_ZA {
  svcount_t columns = columns_in_use(vectors, right.columns);
  svbool_t column = svwhilelt_b32_s64(0, right.columns);
  svcount_t pair = columns_in_use(2, left.columns);
  svbool_t single = svwhilelt_b32_s64(0, left.columns);
  const float *l = left.first, *r = right.first;
  for (ptrdiff_t k = depth; k > 0; k--) {
    if (slivers == 2) {
      svfloat32x2_t both = svld1_f32_x2(pair, l);
      outer_products(slivers, vectors, svget2_f32(both, 0), svget2_f32(both, 1), columns, column, r);
    } else {
      svfloat32_t one = svld1_f32(single, l);
      outer_products(slivers, vectors, one, one, columns, column, r);
    }
    l += left.row;
    r += right.row;
  }
}

// MARK: - Slivers

/// Transposes `count` rows of a (…, depth) matrix through one tile: columns first… of a sliver.
INLINE void transpose_part(const int tile, ptrdiff_t first, ptrdiff_t depth, const float *source, ptrdiff_t row,
                           ptrdiff_t count, float *sliver) IN_ZA {
  svbool_t columns = svwhilelt_b32_s64(first, depth);
  for (ptrdiff_t i = 0; i < count; i++) load_row(tile, (uint32_t)i, columns, source + i * row + first);
  ptrdiff_t end = smaller(lanes(), depth - first);
  for (ptrdiff_t c = 0; c < end; c += 4)
    svst1_f32_x4(svptrue_c32(), sliver + (first + c) * lanes(), four_columns(tile, (uint32_t)c));
}

/// Makes a sliver (depth rounded up to 4, lanes) of `count` rows. Where rows are missing it holds anything: a row's sums
/// depend on no other row, and those of missing rows are never stored.
static void make_sliver(ptrdiff_t depth, const float *source, ptrdiff_t row, ptrdiff_t count, float *sliver) IN_ZA {
  for (ptrdiff_t first = 0; first < depth; first += 4 * lanes()) {
    // Four tiles: the loads of one go on while another is read.
    transpose_part(0, first, depth, source, row, count, sliver);
    if (first + lanes() < depth) transpose_part(1, first + lanes(), depth, source, row, count, sliver);
    if (first + 2 * lanes() < depth) transpose_part(2, first + 2 * lanes(), depth, source, row, count, sliver);
    if (first + 3 * lanes() < depth) transpose_part(3, first + 3 * lanes(), depth, source, row, count, sliver);
  }
}

#pragma clang attribute pop
#endif
