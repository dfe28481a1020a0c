/// A matrix product on packed rows, `target = epilogue(left · right)`, cut into register tiles.
///
/// Runtime strides: with sums in registers and everything else in two running pointers they cost nothing
/// against strides known to the compiler (docs/diary.md).
struct GEMM {
  /// Rows of the target.
  var rows: Int
  /// Columns of the target, a multiple of 16.
  var columns: Int
  /// Terms of each sum, at least 1.
  var depth: Int
  /// (rows × depth): element (i, k) at `i · leftRow + k · leftDepth`.
  var left: Floats
  var leftRow: Int
  var leftDepth: Int
  /// (depth × columns): row k at `k · rightDepth`.
  var right: Floats
  var rightDepth: Int
  /// (rows × columns): row i at `i · targetRow`.
  var target: MutableFloats
  var targetRow: Int
  var epilogue: Epilogue

  func run() {
    var column = 0
    var vectors = columns / Vector.count
    while vectors > 0 {
      let width = Self.panelWidth(vectorsLeft: vectors)
      switch width {
      case 4: panel(Panel4.self, AnyStride.self, column)
      case 3: panel(Panel3.self, AnyStride.self, column)
      case 2: panel(Panel2.self, AnyStride.self, column)
      default: narrowPanel(column)
      }
      column += width * Vector.count
      vectors -= width
    }
  }

  /// As few panels as possible, and none narrower than it must be: 5 vectors are 3 + 2, not 4 + 1.
  @inline(__always)
  static func panelWidth(vectorsLeft: Int) -> Int {
    let widest = Registers.widestPanel
    if vectorsLeft <= widest { return vectorsLeft }
    return vectorsLeft == widest + 1 && widest > 1 ? widest - 1 : widest
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
    let tallest = Row.width == 1 && Stride.self == AnyStride.self ? min(8, Row.tallest) : Row.tallest
    let tiles = (rows + tallest - 1) / tallest
    let (height, taller) = rows.quotientAndRemainder(dividingBy: tiles)
    var row = 0
    for index in 0..<tiles {
      let height = index < taller ? height + 1 : height
      tile(Row.self, Stride.self, height: height, row, column)
      row += height
    }
  }

  @inline(__always)
  private func tile<Row: Panel, Stride: RowStride>(
    _: Row.Type, _: Stride.Type, height: Int, _ row: Int, _ column: Int
  ) {
    switch height {
    case 1: tile(Tile<1, 0, Row, Stride>.self, row, column)
    case 2: tile(Tile<2, 0, Row, Stride>.self, row, column)
    case 3: tile(Tile<3, 0, Row, Stride>.self, row, column)
    case 4: tile(Tile<4, 0, Row, Stride>.self, row, column)
    case 5: tile(Tile<5, 0, Row, Stride>.self, row, column)
    case 6: tile(Tile<6, 0, Row, Stride>.self, row, column)
    default:
      if Row.tallest > 6 { tallTile(Row.self, Stride.self, height: height, row, column) }
    }
  }

  @inline(__always)
  private func tallTile<Row: Panel, Stride: RowStride>(
    _: Row.Type, _: Stride.Type, height: Int, _ row: Int, _ column: Int
  ) {
    switch height {
    case 7: tile(Tile<7, 0, Row, Stride>.self, row, column)
    case 8: tile(Tile<8, 0, Row, Stride>.self, row, column)
    default:
      guard Row.tallest > 8 else { return }
      switch height {
      case 9: tile(Tile<8, 1, Row, Stride>.self, row, column)
      case 10: tile(Tile<8, 2, Row, Stride>.self, row, column)
      case 11: tile(Tile<8, 3, Row, Stride>.self, row, column)
      case 12: tile(Tile<8, 4, Row, Stride>.self, row, column)
      default:
        guard Row.tallest > 12 else { return }
        switch height {
        case 13: tile(Tile<8, 5, Row, Stride>.self, row, column)
        case 14: tile(Tile<8, 6, Row, Stride>.self, row, column)
        case 15: tile(Tile<8, 7, Row, Stride>.self, row, column)
        default: tile(Tile<8, 8, Row, Stride>.self, row, column)
        }
      }
    }
  }

  @inline(never)
  private func tile<let above: Int, let below: Int, Row: Panel, Stride: RowStride>(
    _: Tile<above, below, Row, Stride>.Type, _ row: Int, _ column: Int
  ) {
    var tile = Tile<above, below, Row, Stride>()
    tile.accumulate(
      depth: depth, left: left + row * leftRow, leftRow: leftRow, leftDepth: leftDepth,
      right: right + column, rightDepth: rightDepth)
    tile.finish(epilogue, at: row, column, target: target, targetRow: targetRow)
  }
}
