import CSIMD
import GPT
import Kernels
import MPI

/// Trains one model on all ranks of a communicator.
///
/// A step's data flows one way: names → batch → shard → engine → gradient → synchronisation → Adam → parameters.
public final class Trainer {
  public let settings: Settings
  public let state: ModelState
  private let world: Communicator
  private let names: NameTable
  private let sampler: BatchSampler
  private let engine: any Engine
  private let synchronisation: any GradientSynchronisation
  /// (B): a step's batch as indices of the sorted names; this rank's shard of it as names.
  private let batchIndices: AlignedBuffer<UInt32>
  private let shardNames: AlignedBuffer<Name>
  private let shardRange: Range<Int>

  /// How often the wait for other ranks is told from the exchange itself; that takes a barrier of its own.
  private static let measureEvery = 16

  /// - Parameters:
  ///   - names: the training names, the same on every rank.
  ///   - dataHash: of the data set, for the agreement.
  /// - Throws: `JobFailure` on all ranks where they disagree on anything that decides the result.
  public init(settings: Settings, names: NameTable, dataHash: String, version: String, world: Communicator) throws {
    csimd_flush_denormals()
    self.settings = settings
    self.names = names
    self.world = world
    sampler = BatchSampler(seed: settings.seed, names: names.count, batch: settings.batch)
    shardRange = shard(batch: settings.batch, rank: world.rank, ranks: world.size)
    // Evaluation runs in batches of the same engine, so it has room for some names on every rank.
    engine = settings.engine.make(shape: settings.shape, names: max(shardRange.count, Self.evaluationBatch))
    state = ModelState(shape: settings.shape, seed: settings.seed)
    synchronisation = AllReduceSynchronisation(parameterCount: settings.shape.parameterCount, world: world)
    batchIndices = AlignedBuffer(zeros: settings.batch)
    shardNames = AlignedBuffer(zeros: shardRange.count)
    try requireAgreement(
      settings.fields + [
        ("version", version), ("the number of training names", "\(names.count)"), ("data set", dataHash),
        ("instruction set", String(cString: csimd_built_for())),
        ("results of estimate instructions", String(estimateFingerprint(), radix: 16)),
        ("initial parameters", state.parametersHash),
      ], over: world)
    engine.parametersChanged(state.parameters.pointer)
  }

  private static let evaluationBatch = 64

  /// Runs all steps, or those until a stop request.
  ///
  /// - Parameters:
  ///   - measureEveryStep: whether each step's wait is measured apart from its exchange. On all ranks alike: the
  ///     measurement is a barrier.
  ///   - recordEvery: `onRecord` hears of every k-th step and of the last.
  ///   - onRecord: runs on every rank.
  /// - Throws: `JobFailure` on all ranks at a loss that is not finite, naming the step; `MPIError`.
  public func run(
    measureEveryStep: Bool = false, recordEvery: Int = 1, onRecord: (StepRecord) -> Void = { _ in }
  ) throws -> RunSummary {
    var statistics = RunStatistics(steps: settings.steps)
    var step = 0
    var stopped = false
    while step < settings.steps, !stopped {
      let measured = measureEveryStep || step % Self.measureEvery == 0
      let start = csimd_nanoseconds()
      let outcome = try self.step(step, measuringWait: measured)
      let nanoseconds = Double(csimd_nanoseconds() - start)
      guard outcome.loss.isFinite else {
        throw divergence("the loss is \(outcome.loss.isNaN ? "not a number" : "infinite") at step \(step + 1)")
      }
      step += 1
      stopped = outcome.stop
      statistics.add(
        loss: outcome.loss, nanoseconds: nanoseconds, positions: outcome.positions,
        phases: measured ? outcome.phases : nil)
      if step % recordEvery == 0 || step == settings.steps || stopped {
        onRecord(statistics.record(loss: outcome.loss))
      }
    }
    // The last update has no loss behind it that would show this.
    guard state.parameters.buffer.allSatisfy(\.isFinite) else {
      throw divergence("parameters are not finite after step \(step)")
    }
    return statistics.summary(
      batch: settings.batch, parametersHash: state.parametersHash, interrupted: step < settings.steps)
  }

  private func divergence(_ what: String) -> JobFailure {
    JobFailure(
      description: "\(what): training has diverged; a lower --learning-rate than \(settings.learningRate) may help",
      isSpeaker: world.rank == 0)
  }

  /// The exact mean loss of `names`, in nats a prediction.
  public func evaluate(_ names: NameTable) throws -> Double {
    try meanLoss(
      of: names, parameters: state.parameters.pointer, engine: engine, batch: Self.evaluationBatch, over: world)
  }

  private struct StepOutcome {
    /// Mean over the global batch, in nats.
    var loss: Double
    /// Predicted positions of the global batch.
    var positions: Int
    var stop: Bool
    var phases: PhaseTimes
  }

  private func step(_ step: Int, measuringWait: Bool) throws -> StepOutcome {
    var phases = PhaseTimes()
    var clock = PhaseClock()
    let positions = selectBatch(step)
    let shard = UnsafeBufferPointer(shardNames.buffer)
    let parameters = UnsafePointer(state.parameters.pointer)
    let lossSum = engine.forward(shard, parameters: parameters, scale: 1 / Double(positions))
    phases.forward = clock.lap()
    engine.backward(parameters: parameters, gradient: synchronisation.gradient)
    phases.backward = clock.lap()
    if measuringWait, world.size > 1 {
      try world.barrier()
      phases.wait = clock.lap()
    }
    let totals = try synchronisation.exchange(StepTotals(lossSum: lossSum, stop: StopSignal.isRequested))
    phases.synchronisation = clock.lap()
    try synchronisation.update(
      state, engine: engine, learningRate: settings.learningRate(step: step), update: step + 1)
    phases.adam = clock.lap()
    return StepOutcome(
      loss: totals.lossSum / Double(positions), positions: positions, stop: totals.stop, phases: phases)
  }

  /// Fills `shardNames` with this rank's names of a step.
  ///
  /// - Returns: predicted positions of the GLOBAL batch: what every rank divides by, worked out without
  ///   communication. A mean of the ranks' own means would weigh short names' ranks too much.
  private func selectBatch(_ step: Int) -> Int {
    sampler.sortedBatch(step: step, into: batchIndices.buffer)
    var positions = 0
    for slot in 0..<settings.batch {
      let name = names.names[Int(batchIndices[slot])]
      positions += name.positions
      if shardRange.contains(slot) { shardNames[slot - shardRange.lowerBound] = name }
    }
    return positions
  }
}
