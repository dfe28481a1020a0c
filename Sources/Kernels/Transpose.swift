/// target = sourceᵀ, in blocks of 16 × 16.
///
/// - Parameters:
///   - rows, columns: of the source; columns a multiple of 16.
///   - source: (rows, columns), contiguous.
///   - target: (columns, targetRow); columns `rows`… of it are left alone.
///   - targetRow: floats from row to row of the target, at least `rows`.
public func transpose(rows: Int, columns: Int, source: Floats, target: MutableFloats, targetRow: Int) {
  var row = 0
  while row < rows {
    let height = min(Vector.count, rows - row)
    var column = 0
    while column < columns {
      for j in 0..<Vector.count {
        for i in 0..<height {
          target[(column + j) * targetRow + row + i] = source[(row + i) * columns + column + j]
        }
      }
      column += Vector.count
    }
    row += height
  }
}
