import Autograd
import CSIMD
import DataParallel
import GPT
import MPI
import Schemas

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
  private var runners: [RungRunner] = []
  /// Where there are several ranks, on all.
  private var together: (team: LadderTeam, runner: RungRunner)?

  static let learningRate = 0.005

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
    let team = try LadderTeam(shape: shape, batch: batch, names: names, world: world)
    let trace = try team.trace()
    try team.close()
    try onRankZero { _ in try check.climb(team.rung, trace) }
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
  /// Times all rungs in turns, at least three of each. Collective; throws `Stopped` on all ranks.
  ///
  /// - Parameter seconds: of all rungs together.
  public func run(seconds: Double) throws {
    try world.rest { isStopped in
      guard world.rank == 0 else { return }
      runners = try rungs.map { rung in
        let namesPerStep = rung.oneName ? 1 : batch
        let training = try TrainingStep(
          rung, rung.makeEngine(shape: shape, names: namesPerStep), batch: namesPerStep, names: names)
        return RungRunner(training, stepsPerBatch: batch / namesPerStep, names: batch)
      }
      for runner in runners where try !isStopped() { try runner.chooseTurn() }
    }
    try StopSignal.check(over: world)
    if world.size > 1 {
      let team = try LadderTeam(shape: shape, batch: batch, names: names, world: world)
      let runner = RungRunner(team.training, stepsPerBatch: 1, names: batch)
      try runner.chooseTurn { try world.broadcast($0, root: 0) }
      together = (team, runner)
    }
    let start = csimd_nanoseconds()
    var rounds = 0
    repeat {
      try world.rest { isStopped in
        for runner in runners where try !isStopped() { try runner.turn() }
      }
      try together?.runner.turn()
      rounds += 1
    } while try StopSignal.goesOn(Double(csimd_nanoseconds() - start) < seconds * 1e9 || rounds < 3, over: world)
    try StopSignal.check(over: world) { try together?.team.close() }
  }

  /// Collective; for rank 0.
  public func result() throws -> LadderFile {
    var samples = runners.map { Sample($0.times) }
    var all = runners.isEmpty ? [] : rungs
    if let (team, runner) = together {
      // A step is as long as its slowest rank's.
      samples.append(Sample(try world.allReduce(runner.times, .max)))
      all.append(team.rung)
      try team.close()
    }
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
      $0.rungs = results
    }
  }

  /// Of a name of six letters: half of the names are shorter, or as long.
  private var tapeNodes: Int {
    let model = TapeModel<Float>(shape: shape)
    let letters = [UInt8](repeating: 0, count: 6)
    _ = model.loss(letters.withUnsafeBufferPointer { Name(letters: $0) })
    return model.tape.count - shape.parameterCount
  }
}
