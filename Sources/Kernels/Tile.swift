/// The GEMM micro-kernel: a few rows × one panel of sums, all in registers.
///
/// One broadcast kernel serves the three matrix products of a layer (forward, input gradient, weight
/// gradient): they differ only in the strides of the broadcast operand.
///
/// Its rows are two arrays of at most 8: the compiler keeps an array of 10 or more in memory, at half the speed.
struct Tile<let above: Int, let below: Int, Row: Panel, Stride: RowStride> {
  private var upper = InlineArray<above, Row>(repeating: Row())
  private var lower = InlineArray<below, Row>(repeating: Row())

  @inline(__always)
  init() {}

  /// rows[i] += Σₖ left(i, k) · right[k].
  ///
  /// - Parameters:
  ///   - depth: terms of the sum, at least 1.
  ///   - left: element (i, k) at `i · leftRow + k · leftDepth`; `Stride` may know leftRow better.
  ///   - right: row k, contiguous, at `k · rightDepth`.
  @inline(__always)
  mutating func accumulate(
    depth: Int, left: Floats, leftRow: Int, leftDepth: Int, right: Floats, rightDepth: Int
  ) {
    var left = left
    var right = right
    var remaining = depth
    repeat {  // not `for in`: nested in the panel loops that makes the sums spill
      let row = Row(right)
      for i in 0..<above { upper[i].add(left[Stride.offset(i, leftRow)], row) }
      for i in 0..<below { lower[i].add(left[Stride.offset(above + i, leftRow)], row) }
      left += leftDepth
      right += rightDepth
      remaining -= 1
    } while remaining > 0
  }

  /// Applies `epilogue` and writes the sums to `target`, `targetRow` floats from row to row.
  @inline(__always)
  mutating func finish(_ epilogue: Epilogue, at row: Int, _ column: Int, target: MutableFloats, targetRow: Int) {
    let next = row + above
    switch epilogue {
    case .store: break
    case .relu:
      for i in 0..<above { upper[i].clampNegative() }
      for i in 0..<below { lower[i].clampNegative() }
    case .addRows(let addend, let stride):
      let addend = addend + column
      for i in 0..<above { upper[i].add(Row(addend + (row + i) * stride)) }
      for i in 0..<below { lower[i].add(Row(addend + (next + i) * stride)) }
    case .addGathered(let addend, let stride, let index):
      let addend = addend + column
      for i in 0..<above { upper[i].add(Row(addend + Int(index[row + i]) * stride)) }
      for i in 0..<below { lower[i].add(Row(addend + Int(index[next + i]) * stride)) }
    case .whereReLUPassed(let output, let stride):
      let output = output + column
      for i in 0..<above { upper[i].keep(wherePositive: Row(output + (row + i) * stride)) }
      for i in 0..<below { lower[i].keep(wherePositive: Row(output + (next + i) * stride)) }
    }
    let target = target + column
    for i in 0..<above { upper[i].store(target + (row + i) * targetRow) }
    for i in 0..<below { lower[i].store(target + (next + i) * targetRow) }
  }
}

/// What happens to a tile's sums on their way from the registers to memory.
enum Epilogue {
  /// target = sums.
  case store
  /// target = max(sums, 0).
  case relu
  /// target = sums + addend, row by row: a residual connection, or accumulation where addend is target.
  case addRows(Floats, row: Int)
  /// target = sums + addend[index[row]]: a residual from rows that several rows of the target share.
  case addGathered(Floats, row: Int, index: UnsafePointer<Int32>)
  /// target = sums where the ReLU's output was positive, else 0.
  case whereReLUPassed(Floats, row: Int)
}

/// How far apart the broadcast operand's rows lie, if the compiler is to know.
///
/// Tiles of one panel have a factor for every sum: with many rows at run-time strides the addresses alone would fill
/// the general registers.
protocol RowStride {
  static func offset(_ row: Int, _ stride: Int) -> Int
}

enum AnyStride: RowStride {
  @inline(__always) static func offset(_ row: Int, _ stride: Int) -> Int { row * stride }
}

enum FixedStride<let floats: Int>: RowStride {
  @inline(__always) static func offset(_ row: Int, _ stride: Int) -> Int { row * floats }
}
