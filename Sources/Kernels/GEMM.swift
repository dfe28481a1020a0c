import CSIMD

/// A matrix product on packed rows, `target = epilogue(left · right)`, cut into register tiles.
///
/// Runtime strides: with sums in registers and everything else in two running pointers they cost nothing
/// against strides known to the compiler (docs/diary.md).
struct GEMM {
  /// Rows of the target.
  var rows: Int
  /// Columns of the target, a multiple of 16.
  var columns: Int
  /// Terms of each sum, at least 1 with those of `before`.
  var depth: Int
  /// (rows × depth): element (i, k) at `i · leftRow + k · leftDepth`.
  var left: Floats
  var leftRow: Int
  var leftDepth: Int
  /// (depth × columns), in one of two layouts.
  var right: RightOperand
  /// (rows × columns): row i at `i · targetRow`.
  var target: MutableFloats
  var targetRow: Int
  var epilogue: Epilogue
  /// Whether other cores read the target, so that a tile takes its lines before it computes what to store there.
  var isTargetShared = false
  /// Terms that come before the others.
  var before = TermsBefore()

  func run() {
    var column = 0
    while column < columns {
      let width = Panels.width(vectorsLeft: (columns - column) / Vector.count)
      switch width {
      case 4: panel(Panel4.self, AnyStride.self, column)
      case 3: panel(Panel3.self, AnyStride.self, column)
      case 2: panel(Panel2.self, AnyStride.self, column)
      default: narrowPanel(column)
      }
      column += width * Vector.count
    }
  }

  /// One vector wide: the strides of C = 16, and those of weight gradients, are known to the compiler.
  @inline(__always)
  private func narrowPanel(_ column: Int) {
    switch leftRow {
    case 1: panel(Panel1.self, FixedStride<1>.self, column)
    case 16: panel(Panel1.self, FixedStride<16>.self, column)
    case 32: panel(Panel1.self, FixedStride<32>.self, column)
    case 48: panel(Panel1.self, FixedStride<48>.self, column)
    case 64: panel(Panel1.self, FixedStride<64>.self, column)
    default: panel(Panel1.self, AnyStride.self, column)
    }
  }

  /// All rows of one panel, in tiles of two heights that differ by one, so that no tile is much lower
  /// than the rest.
  @inline(__always)
  private func panel<Row: Panel, Stride: RowStride>(_: Row.Type, _: Stride.Type, _ column: Int) {
    guard rows > 0 else { return }
    let right = right.panel(column: column, width: Row.width, depth: depth)
    let tallest = tallest(Row.self, Stride.self)
    let tiles = (rows + tallest - 1) / tallest
    let (height, taller) = rows.quotientAndRemainder(dividingBy: tiles)
    let asks = Row.width == Registers.widestPanel && Row.tallest <= 6
    let next = asks ? self.right.next(after: column, of: columns) : nil
    var row = 0
    for index in 0..<tiles {
      let height = index < taller ? height + 1 : height
      if let next {
        askingTile(
          Row.self, Stride.self, height: height, row, column, right,
          PanelAhead(next, terms: depth * index / tiles..<depth * (index + 1) / tiles))
      } else {
        tile(Row.self, Stride.self, height: height, row, column, right)
      }
      row += height
    }
  }

  /// As `tile`, of the widest panels where tiles are not tall, and asks for what the next panel will be copied from.
  @inline(__always)
  private func askingTile<Row: Panel, Stride: RowStride>(
    _: Row.Type, _: Stride.Type, height: Int, _ row: Int, _ column: Int, _ right: PanelOperand, _ ahead: PanelAhead
  ) {
    switch height {
    case 1: tile(Tile<1, 0, Row, Stride>.self, row, column, right, ahead)
    case 2: tile(Tile<2, 0, Row, Stride>.self, row, column, right, ahead)
    case 3: tile(Tile<3, 0, Row, Stride>.self, row, column, right, ahead)
    case 4: tile(Tile<4, 0, Row, Stride>.self, row, column, right, ahead)
    case 5: tile(Tile<5, 0, Row, Stride>.self, row, column, right, ahead)
    default: tile(Tile<6, 0, Row, Stride>.self, row, column, right, ahead)
    }
  }

  @inline(never)
  private func tile<let above: Int, let below: Int, Row: Panel, Stride: RowStride>(
    _: Tile<above, below, Row, Stride>.Type, _ row: Int, _ column: Int, _ right: PanelOperand, _ ahead: PanelAhead
  ) {
    var tile = Tile<above, below, Row, Stride>()
    // A few lines and a few terms in turns: lines that are asked for all at once wait for each other.
    let left = left + row * leftRow
    let pieces = max(ahead.count, 1)
    var done = 0
    for piece in 0..<pieces {
      if piece < ahead.count { ahead.ask(piece) }
      let end = depth * (piece + 1) / pieces
      tile.accumulate(
        depth: end - done, left: left + done * leftDepth, leftRow: leftRow, leftDepth: leftDepth,
        right: right.first + done * right.depth, rightDepth: right.depth)
      done = end
    }
    tile.finish(epilogue, at: row, column, target: target, targetRow: targetRow)
  }

  @inline(__always)
  private func tallest<Row: Panel, Stride: RowStride>(_: Row.Type, _: Stride.Type) -> Int {
    if Registers.multiplyByElement, !Stride.isOne { return Registers.tallestWithFactorsPerRow }
    // With many rows at run-time strides the addresses alone would fill the general registers.
    return Row.width == 1 && Stride.self == AnyStride.self ? min(8, Row.tallest) : Row.tallest
  }

  @inline(__always)
  private func tile<Row: Panel, Stride: RowStride>(
    _: Row.Type, _: Stride.Type, height: Int, _ row: Int, _ column: Int, _ right: PanelOperand
  ) {
    switch height {
    case 1: tile(Tile<1, 0, Row, Stride>.self, row, column, right)
    case 2: tile(Tile<2, 0, Row, Stride>.self, row, column, right)
    case 3: tile(Tile<3, 0, Row, Stride>.self, row, column, right)
    case 4: tile(Tile<4, 0, Row, Stride>.self, row, column, right)
    case 5: tile(Tile<5, 0, Row, Stride>.self, row, column, right)
    case 6: tile(Tile<6, 0, Row, Stride>.self, row, column, right)
    default:
      if Row.tallest > 6 { tallTile(Row.self, Stride.self, height: height, row, column, right) }
    }
  }

  @inline(__always)
  private func tallTile<Row: Panel, Stride: RowStride>(
    _: Row.Type, _: Stride.Type, height: Int, _ row: Int, _ column: Int, _ right: PanelOperand
  ) {
    switch height {
    case 7: tile(Tile<7, 0, Row, Stride>.self, row, column, right)
    case 8: tile(Tile<8, 0, Row, Stride>.self, row, column, right)
    default:
      guard Row.tallest > 8 else { return }
      switch height {
      case 9: tile(Tile<8, 1, Row, Stride>.self, row, column, right)
      case 10: tile(Tile<8, 2, Row, Stride>.self, row, column, right)
      case 11: tile(Tile<8, 3, Row, Stride>.self, row, column, right)
      case 12: tile(Tile<8, 4, Row, Stride>.self, row, column, right)
      default:
        guard Row.tallest > 12 else { return }
        switch height {
        case 13: tile(Tile<8, 5, Row, Stride>.self, row, column, right)
        case 14: tile(Tile<8, 6, Row, Stride>.self, row, column, right)
        case 15: tile(Tile<8, 7, Row, Stride>.self, row, column, right)
        default: tile(Tile<8, 8, Row, Stride>.self, row, column, right)
        }
      }
    }
  }

  @inline(never)
  private func tile<let above: Int, let below: Int, Row: Panel, Stride: RowStride>(
    _: Tile<above, below, Row, Stride>.Type, _ row: Int, _ column: Int, _ right: PanelOperand
  ) {
    if isTargetShared {
      for i in 0..<above + below {
        for j in 0..<Row.width { csimd_take_over(target + (row + i) * targetRow + column + j * Vector.count) }
      }
    }
    var tile = Tile<above, below, Row, Stride>()
    tile.accumulate(before, row: row, column: column, leftRow: leftRow, leftDepth: leftDepth)
    if depth > 0 {
      tile.accumulate(
        depth: depth, left: left + row * leftRow, leftRow: leftRow, leftDepth: leftDepth,
        right: right.first, rightDepth: right.depth)
    }
    tile.finish(epilogue, at: row, column, target: target, targetRow: targetRow)
  }
}

/// Terms of a product's sums that lie elsewhere: their part of the left operand has the strides of the rest.
struct TermsBefore {
  /// 0 for none.
  var depth = 0
  var left: Floats?
  /// Row k at `k · rightRow`.
  var right: Floats?
  var rightRow = 0
}
