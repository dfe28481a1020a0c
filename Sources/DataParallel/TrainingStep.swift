import CSIMD
import GPT

/// One rank's part of a training step, and everything it needs, allocated once.
///
/// A step's data flows one way: names → batch → shard → engine → gradient → synchronisation → Adam → parameters.
public final class TrainingStep {
  public let state: ModelState
  public let engine: any Engine
  private let settings: Settings
  private let names: NameTable
  private let sampler: BatchSampler
  private let synchronisation: any GradientSynchronisation
  private let rank, ranks: Int
  /// (B): a step's batch as indices of the sorted names, and as names.
  private let batchIndices: AlignedBuffer<UInt32>
  private let batchNames: AlignedBuffer<Name>
  private let cuts: ShardCuts
  /// Of a reproducible run.
  private let microShards: MicroShardPass?
  /// Whether its ranks have agreed to stop, after the same step on all of them. The program then knows of a request.
  public private(set) var wasStopped = false

  /// What became of a step.
  public struct Outcome: Sendable {
    /// Mean over the global batch, in nats.
    public var loss: Double
    /// Predicted positions of the global batch.
    public var positions: Int
    public var rows: RowCounts
    /// What any rank asks of all.
    public var requests: StepRequests
    public var phases: PhaseTimes
  }

  /// Evaluation runs in batches of the same engine, which has room for this many names on every rank.
  static let evaluationBatch = 64

  /// Collective. Changes the calling thread's floating-point mode: denormals count as zero from here on.
  ///
  /// - Parameters:
  ///   - names: the training names, the same on every rank.
  ///   - rank, ranks: which shard of every batch is this rank's.
  ///   - engine: one to be compared with the one the settings describe, which nil stands for. It must take as many
  ///     names, and must not need shared memory.
  public init(
    settings: Settings, names: NameTable, rank: Int, ranks: Int, synchronisation: any GradientSynchronisation,
    engine: (any Engine)? = nil
  ) throws {
    csimd_flush_denormals()
    self.settings = settings
    self.names = names
    self.synchronisation = synchronisation
    (self.rank, self.ranks) = (rank, ranks)
    sampler = BatchSampler(seed: settings.seed, names: names.count, batch: settings.batch)
    microShards = settings.summationTree.map {
      MicroShardPass($0, rank: rank, ranks: ranks, parameterCount: settings.shape.parameterCount)
    }
    cuts = ShardCuts(names: settings.batch, ranks: ranks)
    let replica = synchronisation.replica
    self.engine =
      engine
      ?? settings.engine.make(
        shape: settings.shape, names: max(microShards?.capacity ?? cuts.capacity, Self.evaluationBatch),
        derived: replica?.derived)
    state = ModelState(shape: settings.shape, seed: settings.seed, replica: replica)
    batchIndices = AlignedBuffer(zeros: settings.batch)
    batchNames = AlignedBuffer(zeros: settings.batch)
    try parametersReplaced()
  }

  /// Gives memory back that ranks share; `state` and `engine` may not be used afterwards. Collective.
  public func close() throws { try synchronisation.close() }

  /// Runs one step.
  ///
  /// - Parameters:
  ///   - step: from 0; decides the batch and the learning rate.
  ///   - measuringWait: whether the wait for the last rank is measured apart from the exchange, at the price of a
  ///     barrier.
  public func run(_ step: Int, measuringWait: Bool) throws -> Outcome {
    try run(step, measuringWait: measuringWait, check: nil, trace: nil)
  }

  /// - Parameters:
  ///   - check: what is to look at the parameters as they are written; nil in most steps.
  ///   - requests: this rank's, besides a signal's.
  ///   - trace: what is to record the phases; nil in most steps.
  func run(
    _ step: Int, measuringWait: Bool, check: ReplicaCheck?, requests: StepRequests = [], trace: Trace? = nil
  ) throws -> Outcome {
    trace?.begin(step: step)
    var phases = PhaseTimes()
    var clock = PhaseClock(trace: trace)
    let positions = selectBatch(step)
    let shard = UnsafeBufferPointer(rebasing: batchNames.buffer[microShards?.names ?? cuts[rank]])
    phases.selection = clock.lap(.selection)
    let parameters = UnsafePointer(state.parameters.pointer)
    let lossSum = pass(shard, parameters, scale: 1 / Double(positions), &phases, &clock)
    Whereabouts.enter(.exchanging, step: step)
    if measuringWait, synchronisation.ranks > 1 {
      try synchronisation.waitForAll()
      phases.wait = clock.lap(.wait)
    }
    let all = StopSignal.isRequested ? requests.union(.stop) : requests
    try synchronisation.exchange(StepTotals(lossSum: lossSum, requests: all))
    phases.synchronisation = clock.lap(.synchronisation)
    try synchronisation.update(
      state, engine: engine, learningRate: settings.learningRate(step: step), update: step + 1)
    phases.adam = clock.lap(.adam)
    check?.seal()
    let totals = try synchronisation.publish(state, engine: engine)
    if totals.requests.contains(.stop) {
      wasStopped = true
      StopSignal.note()
    }
    if let flip = settings.bitFlip, flip == BitFlip(rank: rank, step: step + 1) { turnBit() }
    phases.synchronisation += clock.lap(.synchronisation)
    return Outcome(
      loss: totals.lossSum / Double(positions), positions: positions, rows: rows, requests: totals.requests,
      phases: phases)
  }

  /// Hears that this rank's part of the parameters was replaced. Collective.
  func parametersReplaced() throws {
    engine.parametersChanged(
      state.parameters.pointer, in: synchronisation.replica?.own ?? 0..<settings.shape.parameterCount)
    try synchronisation.waitForAll()
  }

  /// Turns a bit over in the middle of what this rank writes, or of everything where it writes nothing.
  private func turnBit() {
    let slice = synchronisation.replica?.own ?? 0..<0
    let own = slice.isEmpty ? 0..<settings.shape.parameterCount : slice
    let index = own.lowerBound + own.count / 2
    state.parameters[index] = Float(bitPattern: state.parameters[index].bitPattern ^ 1 << 20)
  }

  /// Forward and backward pass over this rank's names.
  ///
  /// - Returns: their loss sum.
  private func pass(
    _ shard: UnsafeBufferPointer<Name>, _ parameters: UnsafePointer<Float>, scale: Double,
    _ phases: inout PhaseTimes, _ clock: inout PhaseClock
  ) -> Double {
    if let microShards {
      return microShards.run(
        shard, engine: engine, parameters: parameters, scale: scale, phases: &phases, clock: &clock
      ) { synchronisation.gradient(ofNode: $0) }
    }
    let lossSum = engine.forward(shard, parameters: parameters, scale: scale)
    phases.forward = clock.lap(.forward)
    engine.backward(parameters: parameters, gradient: synchronisation.gradient) {
      synchronisation.gradientIsFinal(from: $0)
    }
    phases.backward = clock.lap(.backward)
    return lossSum
  }

  /// Fills `batchNames` and cuts them into shards.
  ///
  /// - Returns: predicted positions of the GLOBAL batch: what every rank divides by, worked out without
  ///   communication. A mean of the ranks' own means would weigh short names' ranks too much.
  private func selectBatch(_ step: Int) -> Int {
    sampler.sortedBatch(step: step, into: batchIndices.buffer)
    var positions = 0
    for slot in 0..<settings.batch {
      let name = names.names[Int(batchIndices[slot])]
      positions += name.positions
      batchNames[slot] = name
    }
    cuts.count(batchNames.pointer, engine: settings.engine)
    if microShards == nil { cuts.balance() }
    return positions
  }

  /// What the ranks compute in this step.
  private var rows: RowCounts {
    guard let tree = settings.summationTree else { return cuts.rows() }
    var rows = RowCounts(whole: cuts.rows(0..<settings.batch))
    for rank in 0..<ranks {
      var own = 0
      for leaf in tree.leaves(rank: rank, ranks: ranks) { own += cuts.rows(tree.names(of: leaf)) }
      rows.sum += own
      rows.largest = max(rows.largest, own)
    }
    return rows
  }
}
