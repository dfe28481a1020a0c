import CSIMD

/// How W′ (K, N) lies in memory.
public enum TransposedLayout: Sendable {
  /// Row k at k · N.
  case rows
  /// Packed in panels (see `Panels`), as the forward products of this module read it.
  case panels
}

/// Transposes rows of W (N, K) into their columns of W′ (K, N).
///
/// - Parameters:
///   - first: the first of the rows, a multiple of 16.
///   - count: rows.
///   - columns: which elements of each row, multiples of 16; nil for all.
///   - outputs: N, rounded up to a multiple of 16.
///   - inputs: K, a multiple of 16.
///   - source: the rows, (count, K), contiguous.
///   - target: W′ as a whole.
public func transpose(
  rows first: Int, count: Int, columns: Range<Int>? = nil, outputs: Int, inputs: Int, layout: TransposedLayout,
  source: Floats, target: MutableFloats
) {
  let columns = columns ?? 0..<inputs
  for row in stride(from: 0, to: count, by: Vector.count) {
    let column = first + row
    let (target, width) = transposedColumn(column, of: outputs, inputs: inputs, layout: layout, in: target)
    let source = source + row * inputs
    if count - row >= Vector.count {
      for k in stride(from: columns.lowerBound, to: columns.upperBound, by: Vector.count) {
        csimd_transpose16(source + k, inputs, target + k * width, width)
      }
    } else {
      for i in 0..<count - row {
        for k in columns { target[k * width + i] = source[i * inputs + k] }
      }
    }
  }
}

/// Where in W′ (K, N) the column `column` begins, and floats from one of its elements to the next.
public func transposedColumn(
  _ column: Int, of outputs: Int, inputs: Int, layout: TransposedLayout, in target: MutableFloats
) -> (first: MutableFloats, stride: Int) {
  if layout == .rows { return (target + column, outputs) }
  let panel = Panels.containing(column: column, of: outputs)
  return (target + panel.first * inputs + column - panel.first, panel.width)
}
