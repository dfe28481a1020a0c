import CSIMD

/// target = sourceᵀ, in blocks of 16 × 16.
///
/// - Parameters:
///   - rows, columns: of the source; columns a multiple of 16.
///   - source: (rows, columns), contiguous.
///   - target: (columns, targetRow); columns `rows`… of it are left alone.
///   - targetRow: floats from row to row of the target, at least `rows`.
public func transpose(rows: Int, columns: Int, source: Floats, target: MutableFloats, targetRow: Int) {
  let wholeBlocks = rows / Vector.count * Vector.count
  var row = 0
  while row < wholeBlocks {
    var column = 0
    while column < columns {
      csimd_transpose16(source + row * columns + column, columns, target + column * targetRow + row, targetRow)
      column += Vector.count
    }
    row += Vector.count
  }
  for row in wholeBlocks..<rows {
    for column in 0..<columns { target[column * targetRow + row] = source[row * columns + column] }
  }
}
