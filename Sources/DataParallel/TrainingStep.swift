import CSIMD
import GPT

/// One rank's part of a training step, and everything it needs, allocated once.
///
/// A step's data flows one way: names → batch → shard → engine → gradient → synchronisation → Adam → parameters.
public final class TrainingStep {
  public let state: ModelState
  public let engine: any Engine
  private let settings: Settings
  private let batches: BatchSource
  private let sharedBatches: SharedBatches?
  private let synchronisation: any GradientSynchronisation
  private let pass: ShardPass
  /// Where this rank's gradients go, as `synchronisation` has them.
  private let gradients: [UnsafeMutablePointer<Float>]
  private let rank, ranks: Int
  /// Of a reproducible run.
  private let microShards: MicroShardPass?
  /// Whether its ranks have agreed to stop, after the same step on all of them. The program then knows of a request.
  public private(set) var wasStopped = false

  /// What this rank's forward and backward passes of the last step amount to.
  public var work: StepWork { pass.work }

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

  /// The most names that an engine gets at once.
  ///
  /// - Parameter shard: the most names of a rank's shard, or of a micro-shard.
  static func engineCapacity(_ shape: Shape, shard: Int) -> Int {
    max(min(shard, ShardPass.mostNames(shape)), evaluationBatch)
  }

  /// Collective.
  ///
  /// - Parameters:
  ///   - names: the training names, the same on every rank.
  ///   - rank, ranks: which shard of every batch is this rank's.
  ///   - batches: where the ranks of the host leave each other coming batches; nil where this one draws them itself.
  ///     Closed by `close`.
  ///   - engine: one to be compared with the one the settings describe, which nil stands for. It must take as many
  ///     names, and must not need shared memory.
  public init(
    settings: Settings, names: NameTable, rank: Int, ranks: Int, synchronisation: any GradientSynchronisation,
    batches: SharedBatches? = nil, engine: (any Engine)? = nil
  ) throws {
    self.settings = settings
    sharedBatches = batches
    self.batches = BatchSource(BatchDraft(settings, names: names, ranks: ranks), rank: rank, shared: batches)
    self.synchronisation = synchronisation
    gradients = synchronisation.gradients
    (self.rank, self.ranks) = (rank, ranks)
    microShards = settings.summationTrees.map {
      MicroShardPass(
        $0, rank: rank, ranks: ranks, settings: settings,
        writesGradients: synchronisation.factors == nil, computesSeveral: engine == nil)
    }
    let factors = synchronisation.factors ?? microShards?.factors
    let capacity = microShards?.capacity ?? BatchDraft.capacity(settings, ranks: ranks)
    let replica = synchronisation.replica
    self.engine =
      engine
      ?? settings.engine.make(
        shape: settings.shape,
        names: Self.engineCapacity(settings.shape, shard: max(capacity, factors?.room.names ?? 0)),
        derived: replica?.derived, factors: factors, isShared: replica?.isShared ?? false)
    state = ModelState(
      shape: settings.shape, seed: settings.seed, replica: replica, averages: settings.average > 0,
      hasOuterMomentum: settings.localSteps?.update.hasMomentum ?? false)
    pass = ShardPass(
      self.engine, parameters: state.parameters.pointer, names: capacity, factors: factors)
    try parametersReplaced()
  }

  /// Gives memory back that ranks share; `state` and `engine` may not be used afterwards. Collective.
  public func close() throws {
    try synchronisation.close()
    try sharedBatches?.close()
  }

  /// Runs one step. Changes the calling thread's floating-point mode: denormals count as zero from here on, unless the run is
  /// reproducible.
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
    csimd_flush_denormals(settings.reproducible ? 0 : 1)
    trace?.begin(step: step)
    var clock = PhaseClock(trace: trace)
    let batch = selectBatch(step)
    let facts = batch.facts
    clock.lap(.selection)
    let lossSum = pass(over: batch, &clock)
    Whereabouts.enter(.exchanging, step: step)
    if measuringWait, ranks > 1 {
      try synchronisation.waitForAll()
      clock.lap(.wait)
    }
    let all = StopSignal.isRequested ? requests.union(.stop) : requests
    try synchronisation.exchange(StepTotals(lossSum: lossSum, requests: all))
    clock.lap(.synchronisation)
    try synchronisation.update(
      AdamSlice(
        state.arrays, range: synchronisation.slice, learningRate: settings.learningRate(step: step), update: step + 1,
        beta2: settings.beta2),
      engine: engine)
    if settings.averagedSteps(after: step + 1) > 0 { state.accumulate(synchronisation.sliceSpans) }
    clock.lap(.adam)
    check?.seal()
    let totals = try synchronisation.publish(to: engine)
    if totals.requests.contains(.stop) {
      wasStopped = true
      StopSignal.note()
    }
    if let flip = settings.bitFlip, flip.step == step + 1 {
      if flip.rank == rank { flipBit() }
      // A comparison of this step is to find it on every rank, however late this one is.
      try synchronisation.waitForAll()
    }
    clock.lap(.synchronisation)
    return Outcome(
      loss: totals.lossSum / Double(facts.positions), positions: facts.positions, rows: facts.rows,
      requests: totals.requests, phases: clock.times)
  }

  /// Hears that this rank's part of the parameters was replaced. Collective.
  func parametersReplaced() throws {
    engine.parametersChanged(
      state.parameters.pointer, in: synchronisation.replica?.own ?? 0..<settings.shape.parameterCount)
    try synchronisation.waitForAll()
  }

  /// Flips a high bit of a fraction in the middle of what this rank writes, or of everything where it writes nothing.
  func flipBit() {
    let highFractionBit: UInt32 = 1 << 20
    let spans = synchronisation.replica?.ownSpans ?? []
    let own = spans.isEmpty ? 0..<settings.shape.parameterCount : spans[spans.count / 2]
    let index = own.lowerBound + own.count / 2
    state.parameters[index] = Float(bitPattern: state.parameters[index].bitPattern ^ highFractionBit)
  }

  /// Forward and backward pass over this rank's names.
  ///
  /// - Returns: their loss sum.
  private func pass(over batch: BatchShare, _ clock: inout PhaseClock) -> Double {
    let (scale, part) = (1 / Double(batch.facts.positions), batch.facts.part)
    pass.work = .zero
    if synchronisation.factors != nil {
      // The ranks' parts are added up from left to right, and those of micro-shards as their tree says.
      return microShards?.keep(batch.names, part: part, scale: scale, pass, &clock)
        ?? pass.keep(
          batch.names, scale: scale, parts: CollectionOfOne((names: batch.names.count, folds: rank > 0 ? 1 : 0)), &clock
        )
    }
    if let microShards {
      return microShards.run(batch.names, part: part, scale: scale, pass, gradients: gradients, &clock)
    }
    return pass.run(batch.names, scale: scale, gradient: gradients[0], &clock) {
      synchronisation.gradientIsFinal(from: $0)
    }
  }

  /// This rank's share of a step's batch. Until the next one is selected.
  func selectBatch(_ step: Int) -> BatchShare { batches.share(of: step) }
}
