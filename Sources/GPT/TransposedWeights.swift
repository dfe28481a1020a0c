import Kernels

/// The weights a second time, as (inputs, outputs): what the forward products read along memory.
final class TransposedWeights {
  private let storage: AlignedBuffer<Float>
  /// (C, 3C), (C, C), (C, F), (F, C), and (C, 32) with zeros behind column 27.
  let queryKeyValue, attentionOutput, expand, contract, head: UnsafeMutablePointer<Float>
  /// All parameters in order, cut into what is transposed as one matrix and what is not transposed at all.
  private let pieces: [Piece]
  private let parameterCount: Int
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
  private static let stripe = 16

  init(shape: Shape, layout: TransposedLayout) {
    self.layout = layout
    let (C, F) = (shape.dModel, shape.feedForward)
    storage = AlignedBuffer(zeros: 4 * C * C + 2 * C * F + C * logitsRow)
    var arena = Arena(storage)
    queryKeyValue = arena.take(3 * C * C)
    attentionOutput = arena.take(C * C)
    expand = arena.take(C * F)
    contract = arena.take(F * C)
    head = arena.take(C * logitsRow)
    parameterCount = shape.parameterCount
    func piece(
      _ first: Tensor, through last: Tensor, to target: UnsafeMutablePointer<Float>? = nil, outputs: Int = 0
    ) -> Piece {
      Piece(
        range: shape.offset(first)..<shape.range(last).upperBound, columns: shape.columns(first), target: target,
        outputs: outputs)
    }
    pieces = [
      piece(.tokenEmbedding, through: .positionEmbedding),
      piece(.query, through: .value, to: queryKeyValue, outputs: 3 * C),
      piece(.attentionOutput, through: .attentionOutput, to: attentionOutput, outputs: C),
      piece(.expand, through: .expand, to: expand, outputs: F),
      piece(.contract, through: .contract, to: contract, outputs: C),
      piece(.head, through: .head, to: head, outputs: logitsRow),
    ]
  }

  /// Copies all weights anew from `parameters` (P).
  func renew(from parameters: UnsafePointer<Float>) {
    forEachStripe(of: 0..<parameterCount, renewingFrom: parameters) { _ in }
  }

  /// Calls `body` for every part of `range`, in order, and copies the rows it touched.
  @inline(__always)
  func forEachStripe(
    of range: Range<Int>, renewingFrom parameters: UnsafePointer<Float>, _ body: (Range<Int>) -> Void
  ) {
    for piece in pieces {
      let part = range.clamped(to: piece.range)
      guard !part.isEmpty else { continue }
      guard let target = piece.target else {
        body(part)
        continue
      }
      let size = Self.stripe * piece.columns
      var start = piece.range.lowerBound + (part.lowerBound - piece.range.lowerBound) / size * size
      while start < part.upperBound {
        let whole = start..<min(start + size, piece.range.upperBound)
        body(part.clamped(to: whole))
        transpose(
          rows: (start - piece.range.lowerBound) / piece.columns, count: whole.count / piece.columns,
          outputs: piece.outputs, inputs: piece.columns, layout: layout, source: parameters + start, target: target)
        start += size
      }
    }
  }
}
