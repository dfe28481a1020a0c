/// What the rows of one pass say of a layer's weights: their part of the gradient is dyᵀ · x.
public struct LayerFactors: BitwiseCopyable {
  /// R; may be 0.
  public var rows: Int
  /// (R, K), contiguous: the layer's inputs.
  public var x: Floats
  /// (R, N), rows `dyRow` floats apart: the gradients of its outputs.
  public var dy: Floats
  public var dyRow: Int
  /// Brackets of the sum over the passes that close after this one.
  public var folds: Int

  public init(rows: Int, x: Floats, dy: Floats, dyRow: Int, folds: Int) {
    (self.rows, self.x, self.dy, self.dyRow, self.folds) = (rows, x, dy, dyRow, folds)
  }
}

/// Sixteen rows, or the last ones, of a layer's weights W (N, K), with what an update changes.
public struct WeightStripe {
  /// The first of the rows, a multiple of 16, and how many there are.
  public var row, count: Int
  /// N, rounded up to a multiple of 16, and K.
  public var outputs, inputs: Int
  /// (count, K), contiguous.
  public var parameters, first, second: MutableFloats
  /// W′ (K, N) in panels, as a whole.
  public var transposed: MutableFloats

  public init(
    row: Int, count: Int, outputs: Int, inputs: Int, parameters: MutableFloats, first: MutableFloats,
    second: MutableFloats, transposed: MutableFloats
  ) {
    (self.row, self.count, self.outputs, self.inputs) = (row, count, outputs, inputs)
    (self.parameters, self.first, self.second, self.transposed) = (parameters, first, second, transposed)
  }
}

/// Floats of scratch that an update from factors needs: a block for every bracket that may be open, and one more.
public func factorScratch(brackets: Int) -> Int { (brackets + 1) * blockSize }

/// Rows and columns of a block of weights: with its moments and its gradient it fits the first-level cache.
private let (blockRows, blockColumns) = (Vector.count, 4 * Vector.count)
private let blockSize = blockRows * blockColumns

/// One Adam update of a stripe of weights, straight from the layer's inputs and output gradients.
///
/// The gradient is never written to memory: it is computed for a block of 16 × 64 weights at a time, in the first-level
/// cache, where Adam and the transpose find it. Each pass's part is summed over its rows in order, and the parts in the
/// order that their folds say: the same bits as gradients that were written and then added up.
///
/// - Parameters:
///   - factors: of at least one pass.
///   - scratch: `factorScratch` floats.
public func adam(
  _ stripe: WeightStripe, factors: UnsafeBufferPointer<LayerFactors>, step: AdamStep, scratch: MutableFloats
) {
  var column = 0
  while column < stripe.inputs {
    let width = min(blockColumns, stripe.inputs - column)
    gradient(of: stripe, column, width, factors, scratch)
    for row in 0..<stripe.count {
      let at = row * stripe.inputs + column
      adam(
        vectors: width / Vector.count, step: step, gradient: scratch + row * blockColumns,
        parameters: stripe.parameters + at, first: stripe.first + at, second: stripe.second + at)
    }
    transpose(
      rows: stripe.row, count: stripe.count, columns: column..<column + width, outputs: stripe.outputs,
      inputs: stripe.inputs, layout: .panels, source: stripe.parameters, target: stripe.transposed)
    column += width
  }
}

/// The gradient of `width` columns of a stripe, to `scratch` (count, 64).
private func gradient(
  of stripe: WeightStripe, _ column: Int, _ width: Int, _ factors: UnsafeBufferPointer<LayerFactors>,
  _ scratch: MutableFloats
) {
  var stack = SumStack(scratch, size: blockSize)
  for index in factors.indices {
    let pass = factors[index]
    func product(_ target: MutableFloats, _ epilogue: Epilogue) {
      GEMM(
        rows: stripe.count, columns: width, depth: pass.rows, left: pass.dy + stripe.row, leftRow: 1,
        leftDepth: pass.dyRow, right: .rows(pass.x + column, row: stripe.inputs), target: target,
        targetRow: blockColumns, epilogue: epilogue
      ).run()
    }
    stack.take(folds: pass.folds) { target in
      if pass.rows > 0 { product(target, .store) } else { target.update(repeating: 0, count: blockSize) }
    } add: { target in
      if pass.rows > 0 { product(target, .addRows(Floats(target), row: blockColumns)) }
    }
  }
}

/// One Adam update of `count` parameters by the sum of several passes' gradients, in the order that their folds say: for
/// what has no factors, the embeddings.
///
/// - Parameters:
///   - gradients: (offset + count) each.
///   - folds: for each of them, the brackets that close after it.
///   - scratch: `factorScratch` floats.
public func adam(
  count: Int, step: AdamStep, gradients: UnsafeBufferPointer<Floats>, folds: UnsafePointer<Int>, offset: Int,
  parameters: MutableFloats, first: MutableFloats, second: MutableFloats, scratch: MutableFloats
) {
  var start = 0
  while start < count {
    let part = min(blockSize, count - start)
    var stack = SumStack(scratch, size: blockSize)
    for index in gradients.indices {
      let source = gradients[index] + offset + start
      stack.take(folds: folds[index]) { $0.update(from: source, count: part) } add: {
        add(count: part, Floats($0), source, target: $0)
      }
    }
    adam(
      count: part, step: step, gradient: scratch, parameters: parameters + start, first: first + start,
      second: second + start)
    start += part
  }
}
