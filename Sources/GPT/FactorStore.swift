import Kernels

/// What the gradients of a step's weights are made of, kept instead of gradients: of every pass the inputs of each layer
/// and the gradients of its outputs, about 18 C floats for a row.
///
/// Ranks that share memory see each other's: each can work out the gradient of any block of weights from the rows of
/// all. The sum over the passes has the brackets that it would have if gradients were written and added up, and so the
/// same bits.
///
/// A step: `beginPass` and `endPass` around each forward and backward pass of this rank; `publish`; when all ranks have
/// published, the engine's update; when all have updated, `clear`.
public final class FactorStore {
  /// Whether a pass is open: an engine then works in memory that is kept.
  public private(set) var isOpen = false
  private let shape: Shape
  private let rank: Int
  /// By rank: what its passes were, and their operands.
  private let logs: [UnsafeMutablePointer<Int32>]
  private let passes: [[KeptActivations]]
  /// Of one rank alone.
  private let storage: AlignedBuffer<Float>
  /// How many of this rank's passes are kept.
  private var kept = 0

  /// (5, passes of all ranks): what `collect` finds, layer by layer; (passes): the gradients of the embeddings.
  private let layers: AlignedBuffer<LayerFactors>
  private let embeddings: AlignedBuffer<UnsafePointer<Float>>
  private let folds: AlignedBuffer<Int>
  private var collected = 0
  let scratch: AlignedBuffer<Float>

  /// Numbers that a log has for a pass: rows, pairs, folds.
  private static let logged = 3
  /// Brackets that may be open: those of 1,024 micro-shards in a tree, of the pieces of one, and of the ranks.
  private static let brackets = 14
  private static let layerCount = 5

  /// Floats that a rank's part takes.
  ///
  /// - Parameters:
  ///   - names: the most of a pass.
  ///   - passes: the most of a step.
  public static func count(shape: Shape, names: Int, passes: Int) -> Int {
    logCount(passes) + passes * KeptActivations.count(shape: shape, names: names)
  }

  private static func logCount(_ passes: Int) -> Int { CacheLine.padded(1 + logged * passes, lines: 2) }

  /// - Parameters:
  ///   - names, passes: as `count` takes them, the same on all ranks.
  ///   - memory: each rank's part, on cache lines, zeros at first; it must outlive this. Nil for one rank alone.
  ///   - rank: whose part is written here.
  public init(shape: Shape, names: Int, passes: Int, memory: [UnsafeMutablePointer<Float>]? = nil, rank: Int = 0) {
    (self.shape, self.rank) = (shape, rank)
    let count = Self.count(shape: shape, names: names, passes: passes)
    storage = AlignedBuffer(zeros: memory == nil ? count : 0)
    let parts = memory ?? [storage.pointer]
    logs = parts.map {
      UnsafeMutableRawPointer($0).bindMemory(to: Int32.self, capacity: Self.logCount(passes))
    }
    self.passes = parts.map { part in
      var arena = Arena(AlignedBuffer(over: part, count: count))
      _ = arena.take(Self.logCount(passes))
      return (0..<passes).map { _ in KeptActivations(shape: shape, names: names, from: &arena) }
    }
    let all = parts.count * passes
    layers = AlignedBuffer(zeros: Self.layerCount * all)
    embeddings = AlignedBuffer(zeros: all)
    folds = AlignedBuffer(zeros: all)
    scratch = AlignedBuffer(zeros: factorScratch(brackets: Self.brackets))
  }

  // MARK: - this rank's passes

  var ownPasses: [KeptActivations] { passes[rank] }

  /// Which of this rank's passes is open.
  var open: Int { kept }

  /// (43 C): where a pass that is open leaves the gradient of the embeddings.
  public var embeddingGradient: UnsafeMutablePointer<Float> { passes[rank][kept].embeddings }

  public func beginPass() {
    precondition(kept < passes[rank].count, "more passes than there is room for")
    isOpen = true
  }

  /// - Parameters:
  ///   - work: what the pass amounts to.
  ///   - folds: brackets of the sum that close after it.
  public func endPass(_ work: StepWork, folds: Int) {
    let entry = logs[rank] + 1 + kept * Self.logged
    entry[0] = Int32(truncatingIfNeeded: work.rows)
    entry[1] = Int32(truncatingIfNeeded: work.pairs)
    entry[2] = Int32(truncatingIfNeeded: folds)
    kept += 1
    isOpen = false
  }

  /// Says how many passes there are. Before the others look.
  public func publish() { logs[rank][0] = Int32(truncatingIfNeeded: kept) }

  /// Forgets this rank's passes. After all have made use of them.
  public func clear() { kept = 0 }

  // MARK: - the passes of all ranks

  /// Lists the passes of all ranks, in the order of the ranks.
  func collect() {
    collected = 0
    for (log, passes) in zip(logs, passes) {
      for index in 0..<Int(log[0]) {
        let entry = log + 1 + index * Self.logged
        add(passes[index], rows: Int(entry[0]), pairs: Int(entry[1]), folds: Int(entry[2]))
      }
    }
  }

  private func add(_ pass: KeptActivations, rows: Int, pairs: Int, folds: Int) {
    let (C, F) = (shape.dModel, shape.feedForward)
    func put(_ layer: Int, _ rows: Int, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, _ dyRow: Int) {
      layers[layer * embeddings.count + collected] = LayerFactors(rows: rows, x: x, dy: dy, dyRow: dyRow, folds: folds)
    }
    put(0, pairs, pass.y, pass.dqkv, 3 * C)
    put(1, rows, pass.a, pass.dx1, C)
    put(2, rows, pass.z, pass.dh, F)
    put(3, rows, pass.h, pass.dx, C)
    put(4, rows, pass.x2, pass.logits, logitsRow)
    embeddings[collected] = UnsafePointer(pass.embeddings)
    self.folds[collected] = folds
    collected += 1
  }

  /// What is known of the weights that are transposed as the `layer`-th matrix.
  func factors(ofLayer layer: Int) -> UnsafeBufferPointer<LayerFactors> {
    UnsafeBufferPointer(start: layers.pointer + layer * embeddings.count, count: collected)
  }

  /// The gradients of the embeddings, and the brackets that close after each.
  var embeddingGradients: (gradients: Gradients, folds: UnsafePointer<Int>) {
    (Gradients(start: embeddings.pointer, count: collected), UnsafePointer(folds.pointer))
  }
}

/// What is left of a pass for the update: the inputs and the output gradients of its layers.
struct KeptActivations {
  typealias Pointer = UnsafeMutablePointer<Float>
  /// As in `VectorActivations`.
  let y, a, z, h, x2, logits, dqkv, dx1, dx, dh: Pointer
  /// (43, C): the gradients of both embeddings.
  let embeddings: Pointer

  /// Floats.
  static func count(shape: Shape, names: Int) -> Int {
    names * Shape.context * (9 * shape.dModel + 2 * shape.feedForward + logitsRow) + 2 * attentionOverrun
      + shape.range(.positionEmbedding).upperBound
  }

  init(shape: Shape, names: Int, from arena: inout Arena) {
    let (C, F) = (shape.dModel, shape.feedForward)
    // As many as there can be, of pairs as well.
    let rows = names * Shape.context
    y = arena.take(rows * C)
    a = arena.take(rows * C + attentionOverrun)
    z = arena.take(rows * C)
    h = arena.take(rows * F)
    x2 = arena.take(rows * C)
    logits = arena.take(rows * logitsRow)
    dqkv = arena.take(rows * 3 * C + attentionOverrun)
    dx1 = arena.take(rows * C)
    dx = arena.take(rows * C)
    dh = arena.take(rows * F)
    embeddings = arena.take(shape.range(.positionEmbedding).upperBound)
  }
}
