// The matrix products of the training step on SME2: what an Arm CPU with a scalable matrix extension offers
// beyond Neon. Correct at every vector length from 128 to 2048 bits.
//
// One call is one stay in streaming mode; a step makes six. Matrices are row-major float32, rows contiguous
// unless a stride is given. Legend of shapes: R rows, K inputs, N outputs, C width, F = hidden width, V tokens.
#ifndef CSME2_H
#define CSME2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether this CPU has SME2 and the kernel lets programs use it. Always 0 off AArch64 Linux. Where it is 0, none of
/// the functions below may be called: they stop the program.
int csme2_is_available(void);

/// The streaming vector length in bits (128…2048), or 0 where SME2 is not available.
int csme2_vector_bits(void);

/// Floats of scratch every call below needs at width C and F = 4 C.
size_t csme2_scratch_floats(size_t width);

/// Bytes of `mask` in `csme2_feed_forward`, for R rows of F.
size_t csme2_mask_bytes(size_t rows, size_t hidden);

/// y = x · Wᵀ, or x · Wᵀ + residual[index[r]].
typedef struct {
  ptrdiff_t rows, inputs, outputs; /* R, K, N; K and N multiples of 4 */
  const float *_Nonnull x;         /* (R, K) */
  const float *_Nonnull transposed; /* W′, (K, N) */
  const float *_Nullable residual; /* rows of N; null for none */
  const int32_t *_Nullable index;  /* (R), rows of residual; null where residual is null */
  float *_Nonnull y;               /* (R, N); overwritten */
  float *_Nonnull scratch;
} csme2_linear_t;
void csme2_linear(const csme2_linear_t *_Nonnull layer);

/// dx = dy · W and dW = dyᵀ · x.
typedef struct {
  ptrdiff_t rows, inputs, outputs; /* R at least 1, K, N; K and N multiples of 4 */
  const float *_Nonnull x;         /* (R, K) */
  const float *_Nonnull dy;        /* (R, N) */
  const float *_Nonnull weights;   /* W, (N, K) */
  float *_Nonnull dx;              /* (R, K); overwritten */
  float *_Nonnull gradient;        /* dW, (N, K); overwritten */
  float *_Nonnull scratch;
} csme2_linear_backward_t;
void csme2_linear_backward(const csme2_linear_backward_t *_Nonnull layer);

/// From the feed-forward layer's input to the logits:
/// h = max(z · W1ᵀ, 0), x2 = h · W2ᵀ + residual, logits = x2 · Wlmᵀ.
typedef struct {
  ptrdiff_t rows, width, hidden;    /* R, C, F; multiples of 4 */
  ptrdiff_t logits_row;             /* floats a row of logits, V rounded up to a multiple of 4 */
  const float *_Nonnull z;          /* (R, C) */
  const float *_Nonnull residual;   /* (R, C) */
  const float *_Nonnull expand;     /* W1′, (C, F) */
  const float *_Nonnull contract;   /* W2′, (F, C) */
  const float *_Nonnull head;       /* Wlm′, (C, logits_row), zeros behind column V */
  float *_Nonnull h;                /* (R, F); overwritten */
  float *_Nonnull x2;               /* (R, C); overwritten */
  float *_Nonnull logits;           /* (R, logits_row); overwritten */
  uint8_t *_Nonnull mask;           /* where h > 0, for the backward pass; a multiple of 16 bytes aligned */
  float *_Nonnull scratch;
} csme2_feed_forward_t;
void csme2_feed_forward(const csme2_feed_forward_t *_Nonnull layer);

/// The backward of `csme2_feed_forward`, from the gradient of the logits to those of x2 (which the residual shares),
/// z and the three matrices.
typedef struct {
  ptrdiff_t rows, width, hidden;    /* R at least 1, C, F; multiples of 4 */
  ptrdiff_t logits_row, vocabulary; /* V, and the floats of a row of logits */
  const float *_Nonnull z, *_Nonnull h, *_Nonnull x2; /* as the forward pass took and left them */
  const uint8_t *_Nonnull mask;
  const float *_Nonnull dlogits;    /* (R, logits_row) */
  const float *_Nonnull expand;     /* W1, (F, C) */
  const float *_Nonnull contract;   /* W2, (C, F) */
  const float *_Nonnull head;       /* Wlm, (V, C) */
  float *_Nonnull dx;               /* (R, C): the gradient of x2; overwritten */
  float *_Nonnull dh;               /* (R, F): the gradient in front of the ReLU; overwritten */
  float *_Nonnull dz;               /* (R, C); overwritten */
  float *_Nonnull expand_gradient;  /* (F, C); overwritten */
  float *_Nonnull contract_gradient; /* (C, F); overwritten */
  float *_Nonnull head_gradient;    /* (V, C); overwritten */
  float *_Nonnull scratch;
} csme2_feed_forward_backward_t;
void csme2_feed_forward_backward(const csme2_feed_forward_backward_t *_Nonnull layer);

#ifdef __cplusplus
}
#endif

#endif
