import CAllocations
import CSIMD
import DataParallel
import GPT

/// Times whole training steps of one rank: batch selection, tree, forward, backward, Adam.
///
/// Every timed step draws a fresh batch. The machine's multiply-add peak is measured between short runs of steps,
/// so that a change of clock hits both.
public final class StepBenchmark {
  /// What is timed.
  public struct Case: Sendable {
    public var shape: Shape
    /// B
    public var batch: Int
    public var engine: EngineOptions

    public init(shape: Shape, batch: Int, engine: EngineOptions) {
      self.shape = shape
      self.batch = batch
      self.engine = engine
    }
  }

  public struct Result: Sendable {
    public var what: Case
    /// Of one step, in µs, each step timed.
    public var microseconds: Sample
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

  private let what: Case
  private let training: TrainingStep
  private var step = 0
  private var microseconds: [Double] = []
  private var nominal: [Double] = []
  private var effective: [Double] = []
  private var phases = PhaseTimes()
  private var allocations: UInt64 = 0
  private var positions = 0
  private var rows = 0
  public private(set) var peaks: [Double] = []

  /// - Parameter names: training names.
  /// - Throws: `SettingsError` for a batch that makes no sense.
  public init(_ what: Case, names: NameTable) throws {
    self.what = what
    let settings = try Settings(
      shape: what.shape, batch: what.batch, steps: 1 << 20, learningRate: 0.005, seed: 1, engine: what.engine,
      evaluate: false)
    training = try TrainingStep(
      settings: settings, names: names, rank: 0, ranks: 1,
      synchronisation: SoloSynchronisation(parameterCount: what.shape.parameterCount))
  }

  /// Steps that are not timed: caches, branch predictors, page tables.
  public func warmUp(steps: Int) throws {
    for _ in 0..<steps {
      _ = try training.run(step, measuringWait: false)
      step += 1
    }
  }

  /// One run of timed steps between two measurements of the peak.
  public func round(steps: Int) throws {
    let before = Core.multiplyAddRate()
    let first = microseconds.count
    for _ in 0..<steps {
      let allocationsBefore = callocations_count()
      let start = csimd_nanoseconds()
      let outcome = try training.run(step, measuringWait: false)
      let nanoseconds = Double(csimd_nanoseconds() - start)
      allocations += callocations_count() - allocationsBefore
      step += 1
      microseconds.append(nanoseconds / 1000)
      nominal.append(6 * Double(what.shape.parameterCount * outcome.positions) / nanoseconds)
      let work = training.engine.work
      effective.append(work.flops / nanoseconds)
      rows += work.rows
      phases = phases + outcome.phases
      positions += outcome.positions
    }
    let peak = (before + Core.multiplyAddRate()) / 2 * 1e-9
    peaks.append(peak)
    for i in first..<nominal.count {
      nominal[i] /= peak
      effective[i] /= peak
    }
  }

  public var result: Result {
    let count = Double(microseconds.count)
    return Result(
      what: what, microseconds: Sample(microseconds), nominalShare: Sample(nominal),
      effectiveShare: Sample(effective), phases: phases / count,
      allocationsPerStep: Double(allocations) / count, positions: Double(positions) / count,
      rows: Double(rows) / count)
  }
}
