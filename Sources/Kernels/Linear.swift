// A linear layer y = x · Wᵀ on packed rows: x is (R, K), W is (N, K), y is (R, N).
// Weights come in two copies: W itself, and its transpose W′ (K, N) packed in panels, so that the vector runs along
// memory in the forward product as well as in the input gradient. Adam writes both.

/// y = x · Wᵀ.
///
/// - Parameters:
///   - x: (R, K), rows `xRow` floats apart.
///   - transposed: W′, (K, N) in panels, as `transpose` writes it; N a multiple of 16 (the head's 27
///     columns are padded with zeros to 32).
///   - y: (R, N), rows `yRow` floats apart; overwritten; must not overlap x.
public func linear(
  rows: Int, inputs: Int, outputs: Int, x: Floats, xRow: Int, transposed: Floats, y: MutableFloats, yRow: Int
) {
  GEMM(
    rows: rows, columns: outputs, depth: inputs, left: x, leftRow: xRow, leftDepth: 1,
    right: .panels(transposed), target: y, targetRow: yRow, epilogue: .store
  ).run()
}

/// y = max(x · Wᵀ, 0). Shapes as `linear`'s, rows contiguous.
public func linearReLU(rows: Int, inputs: Int, outputs: Int, x: Floats, transposed: Floats, y: MutableFloats) {
  GEMM(
    rows: rows, columns: outputs, depth: inputs, left: x, leftRow: inputs, leftDepth: 1,
    right: .panels(transposed), target: y, targetRow: outputs, epilogue: .relu
  ).run()
}

/// y = x · Wᵀ + residual. Shapes as `linear`'s, rows contiguous; residual is (R, N).
public func linearAdding(
  rows: Int, inputs: Int, outputs: Int, x: Floats, transposed: Floats, residual: Floats, y: MutableFloats
) {
  GEMM(
    rows: rows, columns: outputs, depth: inputs, left: x, leftRow: inputs, leftDepth: 1,
    right: .panels(transposed), target: y, targetRow: outputs,
    epilogue: .addRows(residual, row: outputs)
  ).run()
}

/// y[r] = x[r] · Wᵀ + residual[index[r]]. Shapes as `linear`'s, rows contiguous.
public func linearAddingGathered(
  rows: Int, inputs: Int, outputs: Int, x: Floats, transposed: Floats,
  residual: Floats, index: UnsafePointer<Int32>, y: MutableFloats
) {
  GEMM(
    rows: rows, columns: outputs, depth: inputs, left: x, leftRow: inputs, leftDepth: 1,
    right: .panels(transposed), target: y, targetRow: outputs,
    epilogue: .addGathered(residual, row: outputs, index: index)
  ).run()
}

/// dx = dy · W.
///
/// - Parameters:
///   - dy: (R, N), rows `dyRow` floats apart.
///   - weights: W, (N, K); K a multiple of 16.
///   - scratch: `packingScratch(inputs:outputs:)` floats.
///   - dx: (R, K), contiguous; overwritten.
public func linearInputGradient(
  rows: Int, inputs: Int, outputs: Int, dy: Floats, dyRow: Int, weights: Floats, scratch: MutableFloats,
  dx: MutableFloats
) {
  GEMM(
    rows: rows, columns: inputs, depth: outputs, left: dy, leftRow: dyRow, leftDepth: 1,
    right: weightOperand(weights, inputs, outputs, scratch), target: dx, targetRow: inputs, epilogue: .store
  ).run()
}

/// dx = dy · W where `output` > 0, else 0: the input gradient of a layer that follows a ReLU.
/// Shapes as `linearInputGradient`'s, rows contiguous; output is (R, K), what the ReLU gave.
public func linearInputGradientBehindReLU(
  rows: Int, inputs: Int, outputs: Int, dy: Floats, weights: Floats, scratch: MutableFloats, output: Floats,
  dx: MutableFloats
) {
  GEMM(
    rows: rows, columns: inputs, depth: outputs, left: dy, leftRow: outputs, leftDepth: 1,
    right: weightOperand(weights, inputs, outputs, scratch), target: dx, targetRow: inputs,
    epilogue: .whereReLUPassed(output, row: inputs)
  ).run()
}

/// dW = dyᵀ · x, summed over the rows in order.
///
/// - Parameters:
///   - rows: R, at least 1.
///   - dy: (R, N), rows `dyRow` floats apart.
///   - x: (R, K), contiguous; K a multiple of 16.
///   - gradient: dW, (N, K); overwritten.
///   - isShared: whether other cores read the gradient.
public func linearWeightGradient(
  rows: Int, inputs: Int, outputs: Int, dy: Floats, dyRow: Int, x: Floats, gradient: MutableFloats,
  isShared: Bool = false
) {
  GEMM(
    rows: outputs, columns: inputs, depth: rows, left: dy, leftRow: 1, leftDepth: dyRow,
    right: .rows(x, row: inputs), target: gradient, targetRow: inputs, epilogue: .store, isTargetShared: isShared
  ).run()
}

/// Floats of scratch that an input gradient through W (N, K) needs: a panel's worth where rows of W lie so far apart
/// that reading them in place would thrash the second-level cache, else 0.
public func packingScratch(inputs: Int, outputs: Int) -> Int {
  inputs * outputs >= wideMatrix ? outputs * Registers.widestAnywhere * Vector.count : 0
}

/// Floats of a matrix whose panels are copied before they are read.
private let wideMatrix = 1 << 18

private func weightOperand(
  _ weights: Floats, _ inputs: Int, _ outputs: Int, _ scratch: MutableFloats
) -> RightOperand {
  packingScratch(inputs: inputs, outputs: outputs) > 0
    ? .packing(weights, row: inputs, scratch: scratch) : .rows(weights, row: inputs)
}
