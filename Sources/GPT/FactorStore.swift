import Kernels

/// What the gradients of a step's weights are made of, kept instead of gradients: of every pass the inputs of each layer
/// and the gradients of its outputs, about 18 C floats for a row.
///
/// Ranks that share memory see each other's: each can work out the gradient of any block of weights from the rows of
/// all. The sum over the passes has the brackets that it would have if gradients were written and added up, and so the
/// same bits.
///
/// Passes are computed in groups: an engine makes no difference between the rows of several passes and those of one, but for
/// what they share.
///
/// A step: `beginGroup` and `endGroup` around each forward and backward pass of an engine; `publish`; when all ranks have
/// published, the engine's update; when all have updated, `clear`.
public final class FactorStore {
  /// Whether a group is open: an engine then works in memory that is kept.
  public private(set) var isOpen = false
  private let shape: Shape
  private let rank: Int
  public let room: Room
  private let parts: [Part]
  /// Of one rank alone.
  private let storage: AlignedBuffer<Float>
  /// How many of this rank's groups, and of their passes, are kept.
  private var groups = 0
  private var passes = 0
  /// Of the open group's passes: the names of each and of those before.
  private let ends: AlignedBuffer<Int32>
  private var open = 0

  /// (5, passes of all ranks): what is found, layer by layer; (passes): the gradients of the embeddings.
  private let layers: AlignedBuffer<LayerFactors>
  private let embeddings: AlignedBuffer<UnsafePointer<Float>>
  private let folds: AlignedBuffer<Int>
  private var found = 0
  let scratch: AlignedBuffer<Float>

  /// Brackets that may be open: those of 1,024 micro-shards in a tree, of the pieces of one, and of the ranks.
  private static let brackets = 14
  private static let layerCount = 5

  /// The most of a step on one rank.
  public struct Room: Sendable, Equatable {
    /// Names of a group.
    public var names: Int
    public var groups, passes: Int

    public init(names: Int, groups: Int, passes: Int) {
      (self.names, self.groups, self.passes) = (names, groups, passes)
    }

    /// Floats that a rank's part takes.
    public func count(_ shape: Shape) -> Int {
      PassLog.count(passes) + passes * Part.embeddings(shape) + groups
        * KeptActivations.count(shape: shape, names: names)
    }
  }

  /// What a rank leaves.
  private struct Part {
    let log: PassLog
    /// (passes, 43 C)
    let embeddings: UnsafeMutablePointer<Float>
    let groups: [KeptActivations]

    /// 43 C
    static func embeddings(_ shape: Shape) -> Int { shape.range(.positionEmbedding).upperBound }

    init(_ memory: UnsafeMutablePointer<Float>, _ room: Room, _ shape: Shape) {
      var arena = Arena(AlignedBuffer(over: memory, count: room.count(shape)))
      log = PassLog(arena.take(PassLog.count(room.passes)), passes: room.passes)
      embeddings = arena.take(room.passes * Self.embeddings(shape))
      var groups: [KeptActivations] = []
      for _ in 0..<room.groups { groups.append(KeptActivations(shape: shape, names: room.names, from: &arena)) }
      self.groups = groups
    }
  }

  /// - Parameters:
  ///   - room: the same on all ranks.
  ///   - memory: each rank's part, on cache lines, zeros at first; it must outlive this. Nil for one rank alone.
  ///   - rank: whose part is written here.
  public init(shape: Shape, room: Room, memory: [UnsafeMutablePointer<Float>]? = nil, rank: Int = 0) {
    (self.shape, self.room, self.rank) = (shape, room, rank)
    storage = AlignedBuffer(zeros: memory == nil ? room.count(shape) : 0)
    parts = (memory ?? [storage.pointer]).map { Part($0, room, shape) }
    ends = AlignedBuffer(zeros: room.passes)
    let all = parts.count * room.passes
    layers = AlignedBuffer(zeros: Self.layerCount * all)
    embeddings = AlignedBuffer(zeros: all)
    folds = AlignedBuffer(zeros: all)
    scratch = AlignedBuffer(zeros: factorScratch(brackets: Self.brackets))
  }

  // MARK: - this rank's passes

  var ownGroups: [KeptActivations] { parts[rank].groups }

  /// Which of this rank's groups is open.
  var openGroup: Int { groups }

  /// Of the open group's passes: the names of each and of those before.
  var openEnds: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: ends.pointer, count: open) }

  /// (43 C) for each of them: where a group that is open leaves the gradients of the embeddings.
  public var embeddingGradients: UnsafeMutablePointer<Float> {
    parts[rank].embeddings + passes * Part.embeddings(shape)
  }

  /// Says what the next group has.
  ///
  /// - Parameters:
  ///   - names: of the pass.
  ///   - folds: brackets of the sum that close after it.
  public func addPass(names: Int, folds: Int) {
    precondition(passes + open < room.passes, "more passes than there is room for")
    ends[open] = Int32(truncatingIfNeeded: names) + (open > 0 ? ends[open - 1] : 0)
    parts[rank].log.folds(passes + open, folds)
    open += 1
  }

  /// Names of the passes that were added since the last group.
  public var openNames: Int { open > 0 ? Int(ends[open - 1]) : 0 }

  public func beginGroup() {
    precondition(groups < room.groups && openNames <= room.names, "more than there is room for")
    isOpen = true
  }

  /// - Parameter tree: the passes' rows and pairs.
  func note(_ tree: borrowing PrefixTree) {
    for pass in 0..<open { parts[rank].log.note(passes + pass, group: groups, tree.ranges(ofPart: pass)) }
  }

  public func endGroup() {
    passes += open
    groups += 1
    (open, isOpen) = (0, false)
  }

  /// Says how many passes there are. Before the others look.
  public func publish() { parts[rank].log.publish(passes) }

  /// Forgets this rank's passes. After all have made use of them.
  public func clear() { (groups, passes) = (0, 0) }

  // MARK: - the passes of all ranks

  /// Lists the passes of all ranks, in the order of the ranks.
  func find() {
    found = 0
    for part in parts { for pass in 0..<part.log.published { add(pass, of: part) } }
  }

  /// Lists this rank's passes.
  func findOwn() {
    found = 0
    for pass in 0..<passes { add(pass, of: parts[rank]) }
  }

  private func add(_ pass: Int, of part: Part) {
    let (C, F) = (shape.dModel, shape.feedForward)
    let (group, ranges, folds) = part.log[pass]
    let kept = part.groups[group]
    func put(
      _ layer: Int, _ first: Range<Int>, _ rest: Range<Int>, _ x: UnsafePointer<Float>, _ width: Int,
      _ dy: UnsafePointer<Float>, _ dyRow: Int
    ) {
      func rows(_ range: Range<Int>) -> LayerFactors.Rows {
        LayerFactors.Rows(count: range.count, x: x + range.lowerBound * width, dy: dy + range.lowerBound * dyRow)
      }
      layers[layer * embeddings.count + found] = LayerFactors(
        first: rows(first), rest: rows(rest), dyRow: dyRow, folds: folds)
    }
    put(0, 0..<0, ranges.pairs, kept.y, C, kept.dqkv, 3 * C)
    put(1, ranges.copies, ranges.rows, kept.a, C, kept.dx1, C)
    put(2, ranges.copies, ranges.rows, kept.z, C, kept.dh, F)
    put(3, ranges.copies, ranges.rows, kept.h, F, kept.dx, C)
    put(4, ranges.copies, ranges.rows, kept.x2, C, kept.logits, logitsRow)
    embeddings[found] = UnsafePointer(part.embeddings + pass * Part.embeddings(shape))
    self.folds[found] = folds
    found += 1
  }

  /// What was found of the weights that are transposed as the `layer`-th matrix.
  func factors(ofLayer layer: Int) -> UnsafeBufferPointer<LayerFactors> {
    UnsafeBufferPointer(start: layers.pointer + layer * embeddings.count, count: found)
  }

  /// The gradients of the embeddings that were found, and the brackets that close after each.
  var foundEmbeddings: (gradients: Gradients, folds: UnsafePointer<Int>) {
    (Gradients(start: embeddings.pointer, count: found), UnsafePointer(folds.pointer))
  }
}

/// A rank's passes in numbers that other ranks read: how many; and of each its group, the brackets that close after it, and where
/// its rows, copies and pairs begin and end in the group.
private struct PassLog {
  private let numbers: UnsafeMutablePointer<Int32>
  private static let perPass = 8

  /// Floats that it takes.
  static func count(_ passes: Int) -> Int { CacheLine.padded(1 + perPass * passes, lines: 2) }

  init(_ memory: UnsafeMutablePointer<Float>, passes: Int) {
    numbers = UnsafeMutableRawPointer(memory).bindMemory(to: Int32.self, capacity: Self.count(passes))
  }

  var published: Int { Int(numbers[0]) }
  func publish(_ passes: Int) { numbers[0] = Int32(truncatingIfNeeded: passes) }

  func folds(_ pass: Int, _ folds: Int) { entry(pass)[1] = Int32(truncatingIfNeeded: folds) }

  func note(_ pass: Int, group: Int, _ ranges: PartRanges) {
    let entry = entry(pass)
    func put(_ range: Range<Int>, at index: Int) {
      entry[index] = Int32(truncatingIfNeeded: range.lowerBound)
      entry[index + 1] = Int32(truncatingIfNeeded: range.upperBound)
    }
    entry[0] = Int32(truncatingIfNeeded: group)
    put(ranges.rows, at: 2)
    put(ranges.copies, at: 4)
    put(ranges.pairs, at: 6)
  }

  subscript(pass: Int) -> (group: Int, ranges: PartRanges, folds: Int) {
    let entry = entry(pass)
    func range(at index: Int) -> Range<Int> { Int(entry[index])..<Int(entry[index + 1]) }
    return (
      Int(entry[0]), PartRanges(rows: range(at: 2), copies: range(at: 4), pairs: range(at: 6)), Int(entry[1])
    )
  }

  private func entry(_ pass: Int) -> UnsafeMutablePointer<Int32> { numbers + 1 + pass * Self.perPass }
}

/// What is left of a group for the update: the inputs and the output gradients of its layers.
struct KeptActivations {
  typealias Pointer = UnsafeMutablePointer<Float>
  /// As in `VectorActivations`.
  let y, a, z, h, x2, logits, dqkv, dx1, dx, dh: Pointer

  /// Floats.
  static func count(shape: Shape, names: Int) -> Int {
    names * Shape.context * (9 * shape.dModel + 2 * shape.feedForward + logitsRow) + 2 * attentionOverrun
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
  }
}
