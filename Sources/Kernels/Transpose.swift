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
///   - outputs: N, rounded up to a multiple of 16.
///   - inputs: K, a multiple of 16.
///   - source: the rows, (count, K), contiguous.
///   - target: W′ as a whole.
public func transpose(
  rows first: Int, count: Int, outputs: Int, inputs: Int, layout: TransposedLayout, source: Floats,
  target: MutableFloats
) {
  for row in stride(from: 0, to: count, by: Vector.count) {
    let column = first + row
    let panel = layout == .rows ? (first: 0, width: outputs) : Panels.containing(column: column, of: outputs)
    let target = target + panel.first * inputs + column - panel.first
    let source = source + row * inputs
    if count - row >= Vector.count {
      for k in stride(from: 0, to: inputs, by: Vector.count) {
        csimd_transpose16(source + k, inputs, target + k * panel.width, panel.width)
      }
    } else {
      for i in 0..<count - row {
        for k in 0..<inputs { target[k * panel.width + i] = source[i * inputs + k] }
      }
    }
  }
}
