import CSIMD

/// How the columns of a GEMM are cut into panels, and the packed layout that follows the cut.
///
/// Packed, a (depth × columns) operand lies panel behind panel, each contiguous as (depth, width). Rows of a wide
/// matrix lie a power of two apart, and a column of panels would meet the same few cache sets over and over.
enum Panels {
  /// As few panels as possible, and none narrower than it must be: 5 vectors are 3 + 2, not 4 + 1.
  @inline(__always)
  static func width(vectorsLeft: Int) -> Int {
    let widest = Registers.widestPanel
    if vectorsLeft <= widest { return vectorsLeft }
    return vectorsLeft == widest + 1 && widest > 1 ? widest - 1 : widest
  }

  /// The panel that holds `column`: its first column and its width in columns.
  @inline(__always)
  static func containing(column: Int, of columns: Int) -> (first: Int, width: Int) {
    var first = 0
    while true {
      let width = width(vectorsLeft: (columns - first) / Vector.count) * Vector.count
      if column < first + width { return (first, width) }
      first += width
    }
  }
}

/// One panel of the right operand: row k at `first + k · depth`.
struct PanelOperand {
  var first: Floats
  var depth: Int
}

/// Rows of the next panel to be copied, asked for while a tile is computed.
struct PanelAhead {
  private let first: Floats
  private let row: Int
  /// Rows.
  let count: Int

  @inline(__always)
  init(_ panel: PanelOperand, terms: Range<Int>) {
    (first, row, count) = (panel.first + terms.lowerBound * panel.depth, panel.depth, terms.count)
  }

  @inline(__always)
  func ask(_ index: Int) {
    let line = first + index * row
    for vector in 0..<Registers.widestPanel { csimd_prefetch_to_second_level(line + vector * Vector.count) }
  }
}

/// The right operand of a GEMM.
enum RightOperand {
  /// Row k at `k · row`.
  case rows(Floats, row: Int)
  /// As rows, but each panel is first copied to scratch of (depth, 64), where it is contiguous.
  case packing(Floats, row: Int, scratch: MutableFloats)
  /// Packed already.
  case panels(Floats)

  /// Where the panel after the widest one at `column` will be copied from; nil where there is none, or nothing is copied.
  @inline(__always)
  func next(after column: Int, of columns: Int) -> PanelOperand? {
    let next = column + Registers.widestPanel * Vector.count
    guard case .packing(let first, let row, _) = self, next < columns else { return nil }
    return PanelOperand(first: first + next, depth: row)
  }

  @inline(__always)
  func panel(column: Int, width: Int, depth: Int) -> PanelOperand {
    switch self {
    case .rows(let first, let row): return PanelOperand(first: first + column, depth: row)
    case .panels(let first): return PanelOperand(first: first + depth * column, depth: width * Vector.count)
    case .packing(let first, let row, let scratch):
      for k in 0..<depth {
        for vector in 0..<width {
          Vector(first + k * row + column + vector * Vector.count)
            .store(scratch + (k * width + vector) * Vector.count)
        }
      }
      return PanelOperand(first: UnsafePointer(scratch), depth: width * Vector.count)
    }
  }
}
