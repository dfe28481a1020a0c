import GPT
import Kernels
import Values

/// Everything that decides what a run computes. Ranks must agree on all of it.
public struct Settings: Sendable {
  public var shape: Shape
  /// B, names in the global batch of one step; of the last ones where the batch grows.
  public var batch: Int
  public var steps: Int
  /// The largest of the run: see `schedule`.
  public var learningRate: Double
  public var seed: UInt64
  public var engine: EngineOptions {
    get {
      var options = givenEngine
      options.arithmetic = reproducible ? .defined : .quick
      return options
    }
    set { givenEngine = newValue }
  }
  private var givenEngine: EngineOptions
  /// Whether a tenth of the names is kept out of training, for its loss at the end.
  public var evaluate: Bool
  public var strategy: SynchronisationStrategy
  /// Of the strategy `shared`: in how many domains the ranks of a host each have a replica; nil for those of the machine's
  /// memory.
  public var domains: Int?
  /// Size of a bucket of the strategy `overlap`.
  public var bucketKiB: Int
  /// Whether the result is to be the same to the bit on every number of ranks, and on every instruction set.
  public var reproducible: Bool
  /// The most micro-shards that a reproducible run cuts a batch into, a power of two: so many ranks can compute.
  public var microShards = Self.usualMicroShards

  public var schedule = LearningRateSchedule.linear
  /// Steps in which the learning rate first rises to its largest; fewer than `steps`.
  public var warmUp = 0
  /// β₂ of Adam: how long the running mean of squared gradients remembers.
  public var beta2 = 0.99
  /// How often the batch doubles over the run, in equal parts of the steps; it ends at `batch` (`BatchRamp`).
  public var batchRamp = 0
  /// The share of the run's last steps whose parameters are averaged: the mean of the parameters after each of them is what
  /// is evaluated and generates. 0 for the last step's parameters.
  public var average = 0.0

  /// Of ranks in groups that take steps of their own; nil for one update of all ranks in every step.
  public var localSteps: LocalSteps?
  /// Which part of each batch the ranks that train together have.
  var share = SlotShare.whole

  /// Steps between two comparisons of the ranks' parameters; 0 for none.
  public var checkReplicas = 100
  /// For tests.
  public var bitFlip: BitFlip?

  /// - Throws: `SettingsError` for a number that makes no sense.
  public init(
    shape: Shape, batch: Int, steps: Int, learningRate: Double, seed: UInt64, engine: EngineOptions, evaluate: Bool,
    strategy: SynchronisationStrategy = .auto, bucketKiB: Int = 64, reproducible: Bool = false
  ) throws(SettingsError) {
    guard Ranges.batch.range.contains(batch) else { throw .batch(batch) }
    guard Ranges.steps.range.contains(steps) else { throw .steps(steps) }
    guard Ranges.bucketKiB.range.contains(bucketKiB) else { throw .bucket(bucketKiB) }
    guard Ranges.learningRate.range.contains(learningRate) else { throw .learningRate(learningRate) }
    (self.shape, self.batch, self.steps, self.learningRate) = (shape, batch, steps, learningRate)
    (self.seed, givenEngine, self.evaluate) = (seed, engine, evaluate)
    (self.strategy, self.bucketKiB, self.reproducible) = (strategy, bucketKiB, reproducible)
  }

  /// Micro-shards where nobody asks for another number.
  public static let usualMicroShards = 16

  /// The order of a reproducible run's sums; of the last steps where the batch grows.
  var summationTree: SummationTree? { summationTrees?.last }

  /// One for each part of the run, with as many micro-shards in all of them.
  var summationTrees: [SummationTree]? {
    guard reproducible else { return nil }
    let leaves = microShards(of: mostNames)
    return (0..<ramp.parts).map { SummationTree(batch: slots(ofPart: $0).count, leaves: leaves) }
  }

  /// The micro-shards of a batch of this run: never more than names.
  func microShards(of batch: Int) -> Int { min(batch, microShards) }

  /// The settings, where those that have defaults make sense too.
  ///
  /// - Throws: `SettingsError` for a number that makes no sense, or does not go with the others.
  public func validated() throws(SettingsError) -> Settings {
    guard Ranges.warmUp.range.contains(warmUp) else { throw .warmUp(warmUp) }
    guard warmUp < steps else { throw .onlyWarmUp(warmUp, steps: steps) }
    guard Ranges.beta2.range.contains(beta2) else { throw .beta2(beta2) }
    guard Ranges.batchRamp.range.contains(batchRamp) else { throw .batchRamp(batchRamp) }
    guard batch % (1 << batchRamp) == 0 else { throw .rampOfBatch(batchRamp, batch: batch) }
    guard batchRamp < steps else { throw .rampOfSteps(batchRamp, steps: steps) }
    guard Ranges.average.range.contains(average) else { throw .average(average) }
    if let domains, !Ranges.domains.range.contains(domains) { throw .domains(domains) }
    guard Ranges.microShards.range.contains(microShards), microShards.nonzeroBitCount == 1 else {
      throw .microShards(microShards)
    }
    try localSteps?.validate(settings: self)
    guard !reproducible || engine.exponential == .fast else { throw .exponentialOfReproducible }
    guard !reproducible || Arithmetic.canBeDefined || engine.kind != .simd else { throw .noFusedMultiplyAdd }
    return self
  }

  /// How many of the run's last steps are averaged.
  public var averagedSteps: Int { average > 0 ? max(1, Int((average * Double(steps)).rounded())) : 0 }

  /// How many of the first `done` steps are.
  public func averagedSteps(after done: Int) -> Int { max(0, done - (steps - averagedSteps)) }

  /// A step's: the schedule applied to the largest. A pure function.
  ///
  /// - Parameter step: from 0.
  public func learningRate(step: Int) -> Double {
    learningRate * schedule.factor(step: step, steps: steps, warmUp: warmUp)
  }
}

public enum SettingsError: Error, Equatable, CustomStringConvertible, ExitCoded {
  case batch(Int)
  case steps(Int)
  case learningRate(Double)
  case bucket(Int)
  case warmUp(Int)
  case onlyWarmUp(Int, steps: Int)
  case beta2(Double)
  case batchRamp(Int)
  case rampOfBatch(Int, batch: Int)
  case rampOfSteps(Int, steps: Int)
  case average(Double)
  case microShards(Int)
  case domains(Int)
  case syncEvery(Int)
  case groups(Int)
  case outerRate(Double)
  case outerMomentum(Double)
  /// What does not go with groups of ranks, and why.
  case besideLocalSteps(String)
  case exponentialOfReproducible
  case noFusedMultiplyAdd

  /// Wrong arguments.
  public var exitCode: Int32 { 64 }

  public var description: String {
    switch self {
    case .batch(let batch): Ranges.batch.refusal(of: "\(batch)", at: "batch")
    case .steps(let steps): Ranges.steps.refusal(of: "\(steps)", at: "steps")
    case .bucket(let size): Ranges.bucketKiB.refusal(of: "\(size)", at: "bucket-kib")
    case .learningRate(let rate): Ranges.learningRate.refusal(of: "\(rate)", at: "learning-rate")
    case .warmUp(let steps): Ranges.warmUp.refusal(of: "\(steps)", at: "warm-up")
    case .beta2(let beta2): Ranges.beta2.refusal(of: "\(beta2)", at: "beta2")
    case .batchRamp(let doublings): Ranges.batchRamp.refusal(of: "\(doublings)", at: "batch-ramp")
    case .rampOfBatch(let doublings, let batch):
      "batch-ramp \(doublings) begins at the batch divided by \(1 << doublings), which must divide it: batch is \(batch)"
    case .rampOfSteps(let doublings, let steps):
      "batch-ramp \(doublings) needs at least \(doublings + 1) steps, one for each batch: steps is \(steps)"
    case .domains(let count): Ranges.domains.refusal(of: "\(count)", at: "domains")
    case .syncEvery(let steps): Ranges.roundSteps.refusal(of: "\(steps)", at: "sync-every")
    case .groups(let count): Ranges.groups.refusal(of: "\(count)", at: "groups")
    case .outerRate(let rate): Ranges.outerRate.refusal(of: "\(rate)", at: "outer-rate")
    case .outerMomentum(let momentum): Ranges.outerMomentum.refusal(of: "\(momentum)", at: "outer-momentum")
    case .besideLocalSteps(let reason): reason
    case .microShards(let count): Ranges.microShards.refusal(of: "\(count)", at: "micro-shards")
    case .exponentialOfReproducible:
      "exp has no effect with reproducible, which has an exponential of its own: leave it out"
    case .noFusedMultiplyAdd:
      "engine simd needs fused multiply-adds with reproducible, and this build is for any x86-64 CPU: leave it out, and the "
        + "scalar engine takes its place, slowly, or build for this CPU"
    case .average(let share): Ranges.average.refusal(of: "\(share)", at: "average")
    case .onlyWarmUp(let warmUp, let steps):
      "warm-up \(warmUp) leaves the schedule none of the run's steps, \(steps): it must be smaller"
    }
  }
}
