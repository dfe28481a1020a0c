import Autograd
import CSIMD
import DataParallel
import GPT
import MPI
import Schemas
import Values

/// Climbs from a tape of scalars to all ranks: checks that each rung computes what the rung before computes, then times
/// whole steps (batch selection, forward, backward, Adam) of all rungs in turns, so that a machine that changes its
/// speed changes it for all of them.
///
/// One core's rungs run on rank 0, with the other ranks asleep.
public final class Ladder {
  private let shape: Shape
  private let batch: Int
  private let names: NameTable
  private let world: Communicator
  /// Of one core, on rank 0.
  private let rungs: [Rung]
  private let check: LadderCheck
  private var trainings: [TimedTraining] = []
  /// Where there are several ranks, on all.
  private var together: TimedTraining?
  private var barrier: BarrierTime?

  private static let leastRounds = 3

  /// - Parameters:
  ///   - batch: B; rungs of one name a step take as many steps.
  ///   - names: training names, the same on every rank.
  public init(shape: Shape, batch: Int, names: NameTable, world: Communicator, rungs: [Rung] = Rung.onOneCore) {
    self.shape = shape
    self.batch = batch
    self.names = names
    self.world = world
    self.rungs = rungs
    check = LadderCheck(shape: shape, batch: batch, names: names)
  }

  /// Collective.
  ///
  /// - Throws: `JobFailure` on all ranks, with what `LadderError` says, where a rung differs from the rung before by
  ///   more than rounding.
  public func validate() throws {
    try onRankZero { isStopped in
      for rung in rungs where try !isStopped() { try check.climb(rung) }
    }
    guard world.size > 1 else { return }
    let team = try team()
    let trace = try RungTrace(team)
    try team.close()
    try onRankZero { _ in try check.climb(rung(of: team), trace) }
  }

  /// All ranks together, as in a training run. Collective.
  private func team() throws -> TimedTraining {
    try TimedTraining(
      TimedCase(shape: shape, batch: batch, engine: EngineOptions()).settings, names: names, group: world)
  }

  private func rung(of team: TimedTraining) -> Rung {
    Rung("ranks", "\(world.size) ranks, \(team.strategy)", options: team.settings.engine)
  }

  /// Runs `body` on rank 0, with the others asleep.
  ///
  /// - Throws: `JobFailure` on all ranks where it throws; `Stopped`.
  private func onRankZero(_ body: (_ isStopped: @escaping () throws -> Bool) throws -> Void) throws {
    var failure: (any Error)?
    try world.rest { isStopped in
      guard world.rank == 0 else { return }
      do {
        try body(isStopped)
      } catch {
        failure = error
      }
    }
    try onEveryRank(of: world) { if let failure { throw failure } }
  }
}

// MARK: - time

extension Ladder {
  /// Times all rungs in turns, at least three of each. Names differ in length, so a name alone says little: what is
  /// timed is a batch of names, also where each is a step. Collective; throws `Stopped` on all ranks.
  ///
  /// - Parameter seconds: of all rungs together.
  public func run(seconds: Double, progress: (Turns.Progress) -> Void) throws {
    if world.rank == 0 {
      trainings = try rungs.map { rung in
        let namesPerStep = rung.oneName ? 1 : batch
        return try TimedTraining(
          TimedCase(shape: shape, batch: namesPerStep, engine: rung.options).settings, names: names,
          engine: rung.makeEngine(shape: shape, names: namesPerStep), stepsPerTime: batch / namesPerStep)
      }
    }
    together = world.size > 1 ? try team() : nil
    barrier = world.size > 1 ? try BarrierTime(world) : nil
    try Turns(seconds: seconds, leastRounds: Self.leastRounds).run(over: world, progress: progress) {
      try world.rest { isStopped in
        for training in trainings where try !isStopped() { try training.turn() }
      }
      try barrier?.measure()
      try together?.turn()
    }
    try StopSignal.check(over: world, end: close)
  }

  /// Collective; for rank 0.
  public func result() throws -> LadderFile {
    var all = trainings.isEmpty ? [] : rungs
    if let together {
      trainings.append(together)
      all.append(rung(of: together))
    }
    let timed = try trainings.map { training in
      RoundSample(
        try training.slowest(training.times).map { $0 / Double(batch) }, roundLength: max(training.counted, 1))
    }
    let samples = timed.map(\.all)
    let barrierNs = try barrier?.nanoseconds(over: world)
    try close()
    let first = samples.first?.median ?? 0
    let results = zip(all, samples).enumerated().map { index, pair in
      let (rung, sample) = pair
      let difference = index > 0 && index <= check.differences.count ? check.differences[index - 1] : nil
      return RungResult {
        ($0.rung, $0.title) = (rung.key, rung.title)
        $0.namesPerStep = rung.oneName ? 1 : batch
        $0.batchesTimed = sample.sorted.count
        ($0.usPerSample, $0.usPerSampleP10) = (sample.median, sample.quantile(0.1))
        $0.usPerSampleP90 = sample.quantile(0.9)
        ($0.ciLow, $0.ciHigh) = (timed[index].interval.lowerBound, timed[index].interval.upperBound)
        $0.factorOverBefore = index > 0 ? samples[index - 1].median / sample.median : nil
        $0.factorOverFirst = first / sample.median
        $0.lossDifference = difference?.loss
        $0.gradientDifference = difference?.gradient
        $0.parametersDifference = difference?.parameters
      }
    }
    return LadderFile {
      $0.isa = String(cString: csimd_built_for())
      ($0.c, $0.heads, $0.batch, $0.ranks) = (shape.dModel, shape.heads, batch, world.size)
      $0.tapeNodes = tapeNodes
      $0.barrierNs = barrierNs
      $0.rungs = results
    }
  }

  private func close() throws {
    try together?.close()
    try barrier?.close()
  }

  /// Of a name of six letters: half of the names are shorter, or as long.
  private var tapeNodes: Int {
    let model = TapeModel<Float>(shape: shape)
    let letters = [UInt8](repeating: 0, count: 6)
    _ = model.loss(letters.withUnsafeBufferPointer { Name(letters: $0) })
    return model.tape.count - shape.parameterCount
  }
}
