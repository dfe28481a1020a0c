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
    if Self.takesFactorsFromLanes(leftDepth: leftDepth) {
      let done =
        Stride.isOne
        ? accumulateColumns(depth: depth, left: left, leftDepth: leftDepth, right: right, rightDepth: rightDepth)
        : accumulateQuads(depth: depth, left: left, leftRow: leftRow, right: right, rightDepth: rightDepth)
      left += done * leftDepth
      right += done * rightDepth
      remaining -= done
      if remaining == 0 { return }
    }
    repeat {  // not `for in`: nested in the panel loops that makes the sums spill
      let row = Row(right)
      for i in 0..<above { upper[i].add(left[Stride.offset(i, leftRow)], row) }
      for i in 0..<below { lower[i].add(left[Stride.offset(above + i, leftRow)], row) }
      left += leftDepth
      right += rightDepth
      remaining -= 1
    } while remaining > 0
  }

  /// Adds terms that lie elsewhere, of the tile at a row and a column.
  @inline(__always)
  mutating func accumulate(_ terms: TermsBefore, row: Int, column: Int, leftRow: Int, leftDepth: Int) {
    guard terms.depth > 0, let left = terms.left, let right = terms.right else { return }
    accumulate(
      depth: terms.depth, left: left + row * leftRow, leftRow: leftRow, leftDepth: leftDepth, right: right + column,
      rightDepth: terms.rightRow)
  }

  /// Whether four factors are loaded as one register, and multiply-adds take theirs from a lane of it: the instruction
  /// set must have such multiply-adds, and four factors must lie side by side, of four rows or of four terms.
  @inline(__always)
  private static func takesFactorsFromLanes(leftDepth: Int) -> Bool {
    Registers.multiplyByElement && (Stride.isOne ? above >= 4 : leftDepth == 1)
  }

  /// As `accumulate` where the left operand's rows lie along memory (leftDepth = 1): four terms of a row are one
  /// register, and multiply-adds take their factor from a lane of it.
  ///
  /// - Returns: terms done, `depth` rounded down to 4.
  @inline(__always)
  private mutating func accumulateQuads(
    depth: Int, left: Floats, leftRow: Int, right: Floats, rightDepth: Int
  ) -> Int {
    var left = left
    var right = right
    var remaining = depth / 4
    while remaining > 0 {
      // Variables of their own: an array of them would live in memory.
      let a0 = quad(left)
      let a1 = above > 1 ? quad(left + Stride.offset(1, leftRow)) : a0
      let a2 = above > 2 ? quad(left + Stride.offset(2, leftRow)) : a0
      let a3 = above > 3 ? quad(left + Stride.offset(3, leftRow)) : a0
      let a4 = above > 4 ? quad(left + Stride.offset(4, leftRow)) : a0
      let a5 = above > 5 ? quad(left + Stride.offset(5, leftRow)) : a0
      addTerm(a0[0], a1[0], a2[0], a3[0], a4[0], a5[0], Row(right))
      addTerm(a0[1], a1[1], a2[1], a3[1], a4[1], a5[1], Row(right + rightDepth))
      addTerm(a0[2], a1[2], a2[2], a3[2], a4[2], a5[2], Row(right + 2 * rightDepth))
      addTerm(a0[3], a1[3], a2[3], a3[3], a4[3], a5[3], Row(right + 3 * rightDepth))
      left += 4
      right += 4 * rightDepth
      remaining -= 1
    }
    return depth / 4 * 4
  }

  /// Adds one term to each of at most six rows.
  @inline(__always)
  private mutating func addTerm(
    _ a0: Float, _ a1: Float, _ a2: Float, _ a3: Float, _ a4: Float, _ a5: Float, _ row: Row
  ) {
    upper[0].addNow(a0, row)
    if above > 1 { upper[1].addNow(a1, row) }
    if above > 2 { upper[2].addNow(a2, row) }
    if above > 3 { upper[3].addNow(a3, row) }
    if above > 4 { upper[4].addNow(a4, row) }
    if above > 5 { upper[5].addNow(a5, row) }
  }

  /// As `accumulate` where the left operand's columns lie along memory (leftRow = 1): four rows' factors are one
  /// register. The last four overlap those before, so that nothing behind the tile is read.
  ///
  /// - Returns: terms done, `depth` rounded down to 4.
  @inline(__always)
  private mutating func accumulateColumns(
    depth: Int, left: Floats, leftDepth: Int, right: Floats, rightDepth: Int
  ) -> Int {
    var left = left
    var right = right
    var remaining = depth / 4
    while remaining > 0 {
      addColumn(left, Row(right))
      addColumn(left + leftDepth, Row(right + rightDepth))
      addColumn(left + 2 * leftDepth, Row(right + 2 * rightDepth))
      addColumn(left + 3 * leftDepth, Row(right + 3 * rightDepth))
      left += 4 * leftDepth
      right += 4 * rightDepth
      remaining -= 1
    }
    return depth / 4 * 4
  }

  @inline(__always)
  private mutating func addColumn(_ column: Floats, _ row: Row) {
    let first = quad(column)
    let last = quad(column + above - 4)
    addTerm(first[0], first[1], first[2], first[3], above == 6 ? last[2] : last[3], last[3], row)
  }

  @inline(__always)
  private func quad(_ source: Floats) -> SIMD4<Float> {
    UnsafeRawPointer(source).loadUnaligned(as: SIMD4<Float>.self)
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
  /// Whether it is known to be 1.
  static var isOne: Bool { get }
}

enum AnyStride: RowStride {
  @inline(__always) static func offset(_ row: Int, _ stride: Int) -> Int { row * stride }
  static var isOne: Bool { false }
}

enum FixedStride<let floats: Int>: RowStride {
  @inline(__always) static func offset(_ row: Int, _ stride: Int) -> Int { row * floats }
  static var isOne: Bool { floats == 1 }
}
