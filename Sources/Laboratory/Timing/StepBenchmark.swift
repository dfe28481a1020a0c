import CAllocations
import DataParallel
import GPT
import Values

/// Whole training steps of one core as a share of its multiply-add peak.
///
/// The peak is measured before and after each turn, so that a change of clock hits both.
public final class StepBenchmark {
  public struct Result: Sendable {
    public var what: TimedCase
    /// Of one step, in µs, each step timed.
    public var microseconds: Sample
    /// 95 % of its median.
    public var interval: ClosedRange<Double>
    /// 6 · P · predicted positions (without any sharing) / time, as a share of the peak measured beside it.
    public var nominalShare: Sample
    /// FLOPs really done / time, likewise.
    public var effectiveShare: Sample
    /// Means, in ns.
    public var phases: PhaseTimes
    /// Mean over the timed steps.
    public var allocationsPerStep: Double
    /// Means of the batches: predicted positions, and rows really computed.
    public var positions: Double
    public var rows: Double
  }

  private let what: TimedCase
  private let training: TimedTraining
  private var nominal: [Double] = []
  private var effective: [Double] = []
  /// GFLOP/s, one for each turn.
  public private(set) var peaks: [Double] = []

  /// - Parameter names: training names.
  /// - Throws: `SettingsError` for a batch that makes no sense.
  public init(_ what: TimedCase, names: NameTable) throws {
    self.what = what
    training = try TimedTraining(what.settings, names: names, allocations: callocations_count)
  }

  /// Times all benchmarks in turns.
  ///
  /// - Parameter seconds: of all of them together.
  public static func run(
    _ benchmarks: [StepBenchmark], seconds: Double, progress: (Turns.Progress) -> Void = { _ in }
  ) throws {
    try Turns(seconds: seconds).run(progress: progress) { for benchmark in benchmarks { try benchmark.turn() } }
  }

  private func turn() throws {
    let before = Core.multiplyAddRate()
    let first = training.steps.count
    try training.turn()
    let peak = (before + Core.multiplyAddRate()) / 2 * 1e-9
    peaks.append(peak)
    for step in training.steps[first...] {
      let scale = 1 / (step.microseconds * 1000 * peak)
      nominal.append(6 * Double(what.shape.parameterCount * step.outcome.positions) * scale)
      effective.append(step.work.flops * scale)
    }
  }

  public var result: Result {
    let steps = training.steps
    let count = Double(steps.count)
    return Result(
      what: what, microseconds: Sample(training.times), interval: training.rounds.interval,
      nominalShare: Sample(nominal),
      effectiveShare: Sample(effective), phases: steps.reduce(PhaseTimes()) { $0 + $1.outcome.phases } / count,
      allocationsPerStep: Double(steps.reduce(0) { $0 + $1.allocations }) / count,
      positions: steps.map { Double($0.outcome.positions) }.mean, rows: steps.map { Double($0.work.rows) }.mean)
  }
}
