import Kernels

/// The weights a second time, as (inputs, outputs): what the forward products read along memory.
final class TransposedWeights {
  let shape: Shape
  private let storage: AlignedBuffer<Float>
  /// (C, 3C), (C, C), (C, F), (F, C), and (C, 32) with zeros behind column 27.
  let queryKeyValue, attentionOutput, expand, contract, head: UnsafeMutablePointer<Float>
  /// All parameters in order, cut into what is transposed as one matrix and what is not transposed at all.
  private let pieces: [Piece]
  private let layout: TransposedLayout

  /// A run of the flat parameters: a matrix (rows, columns), and where its transpose goes.
  private struct Piece {
    var range: Range<Int>
    var columns: Int
    var target: UnsafeMutablePointer<Float>?
    /// Rows, rounded up to what the transpose has columns for.
    var outputs: Int
  }

  /// Rows of a matrix that are updated and transposed together, so that the transpose finds them in the nearest
  /// cache.
  private static let stripe = ReplicaLayout.tile

  /// Floats of all copies together.
  static func count(_ shape: Shape) -> Int {
    let (C, F) = (shape.dModel, shape.feedForward)
    return 4 * C * C + 2 * C * F + C * logitsRow
  }

  /// - Parameter memory: (`count`), zeros on cache lines, which must outlive this; nil for memory of its own.
  init(shape: Shape, layout: TransposedLayout, memory: UnsafeMutablePointer<Float>? = nil) {
    self.layout = layout
    self.shape = shape
    let (C, F) = (shape.dModel, shape.feedForward)
    let count = Self.count(shape)
    storage = memory.map { AlignedBuffer(over: $0, count: count) } ?? AlignedBuffer(zeros: count)
    var arena = Arena(storage)
    queryKeyValue = arena.take(3 * C * C)
    attentionOutput = arena.take(C * C)
    expand = arena.take(C * F)
    contract = arena.take(F * C)
    head = arena.take(C * logitsRow)
    pieces = zip(
      Self.runs(shape),
      [(nil, 0), (queryKeyValue, 3 * C), (attentionOutput, C), (expand, F), (contract, C), (head, logitsRow)]
    ).map { run, copy in
      Piece(range: run.range, columns: run.columns ?? 1, target: copy.0, outputs: copy.1)
    }
  }

  /// All parameters in order, cut where another matrix begins.
  static func runs(_ shape: Shape) -> [ReplicaLayout.Run] {
    func run(_ first: Tensor, through last: Tensor, columns: Int?) -> ReplicaLayout.Run {
      .init(range: shape.offset(first)..<shape.range(last).upperBound, columns: columns)
    }
    let (C, F) = (shape.dModel, shape.feedForward)
    return [
      run(.tokenEmbedding, through: .positionEmbedding, columns: nil),
      run(.query, through: .value, columns: C),
      run(.attentionOutput, through: .attentionOutput, columns: C),
      run(.expand, through: .expand, columns: C),
      run(.contract, through: .contract, columns: F),
      run(.head, through: .head, columns: C),
    ]
  }

  /// Copies the weights of `range` anew from `parameters` (P).
  ///
  /// - Parameter range: in tile order.
  func renew(_ range: Range<Int>, from parameters: UnsafePointer<Float>) {
    forEachStripe(of: range, renewingFrom: parameters) { _, _ in }
  }

  /// A part of a matrix, and where its copy is.
  struct Part {
    /// Of all parameters.
    var range: Range<Int>
    /// Which of the matrices, from 0.
    var matrix: Int
    /// The part's first row and its rows, the matrix's outputs and inputs.
    var row, count, outputs, inputs: Int
    var copy: UnsafeMutablePointer<Float>
  }

  /// Calls `embeddings` for what is not transposed of `range` and `matrix` for what is, in order; they are to renew the copies
  /// of what they change.
  ///
  /// - Parameter range: of whole stripes, as `ReplicaLayout` cuts it.
  @inline(__always)
  func forEachPart(of range: Range<Int>, embeddings: (Range<Int>) -> Void, matrix: (Part) -> Void) {
    for (index, piece) in pieces.enumerated() {
      let part = range.clamped(to: piece.range)
      guard !part.isEmpty else { continue }
      guard let copy = piece.target else {
        embeddings(part)
        continue
      }
      let start = part.lowerBound - piece.range.lowerBound
      precondition(start % (Self.stripe * piece.columns) == 0, "not whole stripes")
      matrix(
        Part(
          range: part, matrix: index - 1, row: start / piece.columns, count: part.count / piece.columns,
          outputs: piece.outputs, inputs: piece.columns, copy: copy))
    }
  }

  /// Calls `body` for every part of `range`, in order, and copies what it touched.
  ///
  /// - Parameters:
  ///   - range: in tile order, of whole tiles.
  ///   - body: gets a part, in canonical order, and what will be written next: of a copy, a line for each column.
  @inline(__always)
  func forEachStripe(
    of range: Range<Int>, renewingFrom parameters: UnsafePointer<Float>, _ body: (ElementBlock, AdamPrefetch) -> Void
  ) {
    for piece in pieces {
      let part = range.clamped(to: piece.range)
      guard !part.isEmpty else { continue }
      guard let target = piece.target else {
        body(ElementBlock(part), AdamPrefetch(following: range.upperBound - part.upperBound))
        continue
      }
      let size = Self.stripe * piece.columns
      var start = piece.range.lowerBound + (part.lowerBound - piece.range.lowerBound) / size * size
      while start < part.upperBound {
        let whole = start..<min(start + size, piece.range.upperBound)
        let row = (start - piece.range.lowerBound) / piece.columns
        let now = part.clamped(to: whole)
        let lines = transposedColumn(row, of: piece.outputs, inputs: piece.columns, layout: layout, in: target)
        var columns = 0..<piece.columns
        if now == whole {
          body(
            ElementBlock(now),
            AdamPrefetch(following: range.upperBound - now.upperBound, lines: lines.first, stride: lines.stride))
        } else {
          columns = ReplicaLayout.columns(of: now, in: whole, columns: piece.columns)
          body(
            ElementBlock(
              first: start + columns.lowerBound, rows: whole.count / piece.columns, columns: columns.count,
              stride: piece.columns),
            AdamPrefetch(lines: lines.first + columns.lowerBound * lines.stride, stride: lines.stride))
        }
        transpose(
          rows: row, count: whole.count / piece.columns, columns: columns,
          outputs: piece.outputs, inputs: piece.columns, layout: layout, source: parameters + start, target: target)
        start += size
      }
    }
  }
}
