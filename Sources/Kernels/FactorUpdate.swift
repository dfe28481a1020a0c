import CSIMD

/// What the rows of one pass say of a layer's weights: their part of the gradient is dyᵀ · x.
public struct LayerFactors: BitwiseCopyable {
  /// Rows that lie together.
  public struct Rows: BitwiseCopyable {
    /// May be 0.
    public var count: Int
    /// (count, K), contiguous: the layer's inputs.
    public var x: Floats
    /// (count, N), rows `dyRow` floats apart: the gradients of its outputs.
    public var dy: Floats

    public init(count: Int, x: Floats, dy: Floats) { (self.count, self.x, self.dy) = (count, x, dy) }
  }

  /// The pass's rows are in two places.
  public var first, rest: Rows
  public var dyRow: Int
  /// Brackets of the sum over the passes that close after this one.
  public var folds: Int

  public init(first: Rows, rest: Rows, dyRow: Int, folds: Int) {
    (self.first, self.rest, self.dyRow, self.folds) = (first, rest, dyRow, folds)
  }
}

/// Some rows of a layer's weights W (N, K), with what an update changes.
public struct LayerWeights {
  /// The first of the rows, a multiple of 16, and how many there are.
  public var row, count: Int
  /// N, rounded up to a multiple of 16, and K.
  public var outputs, inputs: Int
  /// (count, K), contiguous.
  public var parameters, first, second: MutableFloats
  /// W′ (K, N) in panels, as a whole.
  public var transposed: MutableFloats
  /// Whether other cores read the weights and W′.
  public var isShared: Bool

  public init(
    row: Int, count: Int, outputs: Int, inputs: Int, parameters: MutableFloats, first: MutableFloats,
    second: MutableFloats, transposed: MutableFloats, isShared: Bool = false
  ) {
    (self.row, self.count, self.outputs, self.inputs) = (row, count, outputs, inputs)
    (self.parameters, self.first, self.second, self.transposed) = (parameters, first, second, transposed)
    self.isShared = isShared
  }
}

/// Rows and columns of a block of weights: with its moments and its gradient it fits the first-level cache.
private let (blockRows, blockColumns) = (Vector.count, 4 * Vector.count)
private let blockSize = blockRows * blockColumns

/// Floats of scratch that an update from factors needs: a block for each bracket that may be open in the sum over the
/// passes, and one more.
public func factorScratch(brackets: Int) -> Int { (brackets + 1) * blockSize }

/// One Adam update of a layer's weights, straight from the layer's inputs and output gradients.
///
/// The gradient is never written to memory: it is computed for a block of 16 × 64 weights at a time, in the first-level
/// cache, where Adam and the transpose find it. Each pass's part is summed over its rows in order, and the parts in the
/// order that their folds say: the same bits as gradients that were written and then added up.
///
/// - Parameters:
///   - factors: of at least one pass.
///   - scratch: `factorScratch` floats.
public func adam(
  _ weights: LayerWeights, factors: UnsafeBufferPointer<LayerFactors>, step: AdamStep, scratch: MutableFloats
) {
  var order = BlockOrder(count: weights.count, inputs: weights.inputs)
  while let block = order.next() {
    gradient(
      row: weights.row + block.row, inputs: weights.inputs, block, factors, scratch,
      BlockAhead(weights, order.later(BlockAhead.distance) ?? block, next: order.later(1)))
    for row in 0..<block.rows {
      let at = (block.row + row) * weights.inputs + block.column
      adam(
        vectors: block.columns / Vector.count, step: step, gradient: scratch + row * blockColumns,
        parameters: weights.parameters + at, first: weights.first + at, second: weights.second + at)
    }
    transpose(
      rows: weights.row + block.row, count: block.rows, columns: block.column..<block.column + block.columns,
      outputs: weights.outputs, inputs: weights.inputs, layout: .panels,
      source: weights.parameters + block.row * weights.inputs, target: weights.transposed)
  }
}

/// 16 × 64 weights, or less at the right and lower edge.
private struct Block {
  /// Counted from the layer's part that is updated.
  var row, column: Int
  var rows, columns: Int

  var isWhole: Bool { rows == blockRows && columns == blockColumns }
}

/// A layer's blocks, four columns of blocks at a time and row after row: the inputs of these columns stay in the second-level
/// cache, and what is updated is touched a kilobyte at a time.
private struct BlockOrder {
  private let count, inputs: Int
  private var row = 0
  private var column = 0
  private var group: Range<Int>

  private static let groupColumns = 4 * blockColumns

  @inline(__always)
  init(count: Int, inputs: Int) {
    (self.count, self.inputs) = (count, inputs)
    group = 0..<min(Self.groupColumns, inputs)
  }

  @inline(__always)
  mutating func next() -> Block? {
    guard column < inputs else { return nil }
    let block = Block(
      row: row, column: column, rows: min(blockRows, count - row), columns: min(blockColumns, inputs - column))
    column += blockColumns
    guard column >= group.upperBound else { return block }
    row += blockRows
    if row >= count {
      row = 0
      group = group.upperBound..<min(group.upperBound + Self.groupColumns, inputs)
    }
    column = group.isEmpty ? inputs : group.lowerBound
    return block
  }

  /// The block whose turn comes so many blocks after the one that `next` gave last; nil at the end.
  @inline(__always)
  func later(_ blocks: Int) -> Block? {
    var order = self
    for _ in 1..<blocks { _ = order.next() }
    return order.next()
  }
}

/// A layer's weight gradient by its inputs and output gradients: as `adam` of `LayerWeights` has it, and does not write it.
///
/// - Parameters:
///   - outputs, inputs: N and K.
///   - factors: of at least one pass.
///   - gradient: dW, (N, K); overwritten.
///   - scratch: `factorScratch` floats.
public func weightGradient(
  outputs: Int, inputs: Int, factors: UnsafeBufferPointer<LayerFactors>, gradient target: MutableFloats,
  scratch: MutableFloats
) {
  var order = BlockOrder(count: outputs, inputs: inputs)
  while let block = order.next() {
    gradient(row: block.row, inputs: inputs, block, factors, scratch, nil)
    for row in 0..<block.rows {
      (target + (block.row + row) * inputs + block.column).update(
        from: scratch + row * blockColumns, count: block.columns)
    }
  }
}

/// The gradient of a block, to `scratch` (rows, 64).
///
/// - Parameter row: the block's first, of all the layer's.
@inline(__always)
private func gradient(
  row: Int, inputs: Int, _ block: Block, _ factors: UnsafeBufferPointer<LayerFactors>, _ scratch: MutableFloats,
  _ ahead: BlockAhead?
) {
  var stack = SumStack(scratch, size: blockSize)
  for index in factors.indices {
    let pass = factors[index]
    func product(_ target: MutableFloats, _ epilogue: Epilogue) {
      let product = GEMM(
        rows: block.rows, columns: block.columns, depth: pass.rest.count, left: pass.rest.dy + row, leftRow: 1,
        leftDepth: pass.dyRow, right: .rows(pass.rest.x + block.column, row: inputs), target: target,
        targetRow: blockColumns, epilogue: epilogue,
        before: TermsBefore(
          depth: pass.first.count, left: pass.first.dy + row, right: pass.first.x + block.column, rightRow: inputs))
      if index == 0, block.isWhole, let ahead { product.run(asking: ahead) } else { product.run() }
    }
    stack.take(folds: pass.folds) { target in
      if pass.first.count + pass.rest.count > 0 {
        product(target, .store)
      } else {
        target.update(repeating: 0, count: blockSize)
      }
    } add: { target in
      if pass.first.count + pass.rest.count > 0 { product(target, .addRows(Floats(target), row: blockColumns)) }
    }
  }
}

/// Memory of the blocks that come soon, asked for while a block's gradient is computed: the weights, moments and copy of one
/// whose turn comes later, which would have to come from far away; and, taken from the cores that read them, the weights
/// and the copy of the next.
private struct BlockAhead {
  private let later: BlockMemory
  private let first, second: MutableFloats
  /// Where others read it, and where it is whole: what lies beyond its edges may be another core's.
  private let next: BlockMemory?

  /// Blocks of 16 KiB: a few of them fit the second-level cache beside what is being worked on.
  static let distance = 4

  @inline(__always)
  init(_ weights: LayerWeights, _ block: Block, next: Block?) {
    later = BlockMemory(weights, block)
    let at = block.row * weights.inputs + block.column
    (first, second) = (weights.first + at, weights.second + at)
    self.next = next.flatMap { weights.isShared && $0.isWhole ? BlockMemory(weights, $0) : nil }
  }

  /// Asks for a quarter of what belongs to a row.
  @inline(__always)
  func ask(row: Int, part: Int) {
    switch part {
    case 0:
      ask(later.parameters + row * later.inputs, Vector.count)
      if let next { takeLines(next.parameters + row * next.inputs, 4) }
    case 1: ask(first + row * later.inputs, Vector.count)
    case 2: ask(second + row * later.inputs, Vector.count)
    default:
      ask(later.lines + 4 * row * later.lineStride, later.lineStride)
      if let next { takeLines(next.lines + 4 * row * next.lineStride, 4, stride: next.lineStride) }
    }
  }

  @inline(__always)
  private func ask(_ line: MutableFloats, _ stride: Int) {
    for index in 0..<4 { csimd_prefetch_to_second_level(line + index * stride) }
  }
}

/// Where a block's weights are, and their copy.
private struct BlockMemory {
  let parameters: MutableFloats
  let inputs: Int
  /// Of the copy: a line for every column of the block.
  let lines: MutableFloats
  let lineStride: Int

  @inline(__always)
  init(_ weights: LayerWeights, _ block: Block) {
    parameters = weights.parameters + block.row * weights.inputs + block.column
    inputs = weights.inputs
    let copy = transposedColumn(
      weights.row + block.row, of: weights.outputs, inputs: inputs, layout: .panels, in: weights.transposed)
    lines = copy.first + block.column * copy.stride
    lineStride = copy.stride
  }
}

extension GEMM {
  /// As `run`, of a whole block of a weight gradient, and asks for what `ahead` names meanwhile.
  fileprivate func run(asking ahead: BlockAhead) {
    switch Registers.widestPanel {
    case 4: column(0, Panel4.self, AnyStride.self, ahead)
    default: for part in 0..<4 { column(part, Panel1.self, FixedStride<1>.self, ahead) }
    }
  }

  /// The 16 rows of one panel.
  @inline(__always)
  private func column<Row: Panel, Stride: RowStride>(
    _ part: Int, _: Row.Type, _: Stride.Type, _ ahead: BlockAhead
  ) {
    tile(Tile<6, 0, Row, Stride>.self, 0, part, ahead)
    tile(Tile<5, 0, Row, Stride>.self, 6, part, ahead)
    tile(Tile<5, 0, Row, Stride>.self, 11, part, ahead)
  }

  @inline(never)
  private func tile<let rows: Int, Row: Panel, Stride: RowStride>(
    _: Tile<rows, 0, Row, Stride>.Type, _ row: Int, _ part: Int, _ ahead: BlockAhead
  ) {
    var tile = Tile<rows, 0, Row, Stride>()
    let column = part * Vector.count
    let right = right.panel(column: column, width: Row.width, depth: depth)
    tile.accumulate(before, row: row, column: column, leftRow: 1, leftDepth: leftDepth)
    // A few lines and a few terms in turns: lines that are asked for all at once wait for each other.
    let pieces = rows * Row.width
    var done = 0
    for piece in 0..<pieces {
      ahead.ask(row: row + piece / Row.width, part: part + piece % Row.width)
      let end = depth * (piece + 1) / pieces
      if end == done { continue }
      tile.accumulate(
        depth: end - done, left: left + row + done * leftDepth, leftRow: 1, leftDepth: leftDepth,
        right: right.first + done * right.depth, rightDepth: right.depth)
      done = end
    }
    tile.finish(epilogue, at: row, column, target: target, targetRow: targetRow)
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
  forEachSum(count: count, gradients: gradients, folds: folds, offset: offset, scratch: scratch) { start, part in
    adam(
      count: part, step: step, gradient: scratch, parameters: parameters + start, first: first + start,
      second: second + start)
  }
}

/// Adds several passes' gradients up, in the order that their folds say.
///
/// - Parameters:
///   - gradients, folds, offset, scratch: as `adam` of several passes' gradients takes them.
///   - target: (count); overwritten.
public func sum(
  count: Int, gradients: UnsafeBufferPointer<Floats>, folds: UnsafePointer<Int>, offset: Int, target: MutableFloats,
  scratch: MutableFloats
) {
  forEachSum(count: count, gradients: gradients, folds: folds, offset: offset, scratch: scratch) { start, part in
    (target + start).update(from: scratch, count: part)
  }
}

/// Calls `body` with the first and the number of elements whose sum is at the beginning of `scratch`.
@inline(__always)
private func forEachSum(
  count: Int, gradients: UnsafeBufferPointer<Floats>, folds: UnsafePointer<Int>, offset: Int, scratch: MutableFloats,
  _ body: (_ start: Int, _ part: Int) -> Void
) {
  var start = 0
  while start < count {
    let part = min(blockSize, count - start)
    var stack = SumStack(scratch, size: blockSize)
    for index in gradients.indices {
      let source = gradients[index] + offset + start
      stack.take(folds: folds[index]) {
        $0.update(from: source, count: part)
      } add: {
        add(count: part, Floats($0), source, target: $0)
      }
    }
    body(start, part)
    start += part
  }
}
