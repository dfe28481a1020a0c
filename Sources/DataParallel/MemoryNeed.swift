import GPT

/// Memory of a rank that trains, worked out before any of it is taken.
public struct MemoryNeed: Sendable, Equatable {
  /// Bytes that are really used: pages that nobody touches take no memory.
  public var touched = 0
  /// Bytes of addresses: what a limit on them (`ulimit -v`) and a system that does not overcommit look at.
  public var reserved = 0
  /// Bytes of the largest array: what a system that overcommits looks at.
  public var largest = 0

  /// Below, the batch is not looked at more closely: it takes no time to speak of, and no memory.
  private static let little = 1 << 26

  /// Bytes that each rank has per name of the whole batch: the names, their indices and where they may be cut.
  static let selection = 80

  public init() {}

  /// Of one `TrainingStep` on each of `ranks` ranks, with its gradient and a checkpoint.
  ///
  /// - Parameters:
  ///   - batch: the largest of the run.
  ///   - names: the training names.
  ///   - microShards: of a reproducible run, the most; nil of another.
  ///   - averages: whether the run averages parameters.
  ///   - measuresNoise: whether it measures the gradient noise scale.
  public init(
    shape: Shape, batch: Int, engine: EngineOptions, names: NameTable, ranks: Int, microShards: Int? = nil,
    averages: Bool = false, measuresNoise: Bool = false
  ) {
    let share = (batch + ranks - 1) / ranks
    let leaves = microShards.map { min(batch, $0) }
    let capacity = leaves.map { (batch + $0 - 1) / $0 } ?? min(batch, 2 * share)
    // A rank hands on at most two nodes of each level of the tree, and one more on each waits to be added up.
    let sums = leaves.map { 3 * SummationTree.levels(leaves: $0) } ?? 0
    let room = leaves.flatMap {
      MicroShardPass.room(SummationTree(batch: batch, leaves: $0), shape: shape, engine: engine, ranks: ranks)
    }
    let most = Shape.context * TrainingStep.engineCapacity(shape, shard: max(capacity, room?.names ?? 0))
    // Parameters, their gradient, two moments, and a checkpoint of three; a reproducible run keeps sums on the way.
    // Sums of twice a parameter's size are in the model, in a checkpoint, and on rank 0 beside two models in between.
    // A shard in pieces has a second gradient.
    let count =
      7 + (capacity > ShardPass.mostNames(shape) ? 1 : 0) + sums + (averages ? 8 : 0)
      + (measuresNoise ? NoiseMeasurement.floatsPerParameter : 0)
    let models = 4 * (shape.parameterCount * count + (room?.count(shape) ?? 0))
    let always = models + Self.selection * batch
    largest = engine.bytes(shape: shape, rows: most)
    reserved = always + largest
    touched = reserved
    guard reserved > Self.little, microShards == nil else { return }
    let rows = min(Self.mostRows(shape: shape, batch: batch, engine: engine, names: names, ranks: ranks) * 9 / 8, most)
    touched = always + engine.bytes(shape: shape, rows: rows)
  }

  public static func + (left: MemoryNeed, right: MemoryNeed) -> MemoryNeed {
    var sum = MemoryNeed()
    sum.touched = left.touched + right.touched
    sum.reserved = left.reserved + right.reserved
    sum.largest = max(left.largest, right.largest)
    return sum
  }

  /// Rows of the rank that has most of them, in a step's batch; other steps' are much like it.
  private static func mostRows(
    shape: Shape, batch: Int, engine: EngineOptions, names: NameTable, ranks: Int
  ) -> Int {
    let batches = SortedBatches(seed: 1, names: names, batch: batch)
    let cuts = ShardCuts(shape: shape, engine: engine, names: batch, ranks: ranks)
    cuts.count(batches.names(of: 0))
    cuts.balance()
    return cuts.rows().largest
  }
}
