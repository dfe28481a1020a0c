import CSIMD

/// Collects a run's losses and times without touching the heap.
struct RunStatistics {
  /// Moves on by what is not training, so that elapsed seconds are without it.
  private var began = csimd_nanoseconds()
  /// The last losses, each at its step modulo their number.
  private var lossRing = InlineArray<100, Double>(repeating: 0)
  private var stepsDone = 0
  private var times: StepTimes
  private var phaseSum = PhaseTimes()
  private var phaseCount = 0
  private var rows = RowCounts()
  private var window = Window()
  private let ranks: Int
  private let resumed: TrainingProgress?

  /// Since the last record.
  private struct Window {
    var steps = 0
    var nanoseconds = 0.0
    var positions = 0
    var names = 0
    var phases = PhaseTimes()
    var phaseCount = 0
  }

  /// - Parameters:
  ///   - steps: of the whole run.
  ///   - ranks: N.
  ///   - resumed: where an earlier process left the run.
  init(steps: Int, ranks: Int, resumed: TrainingProgress? = nil) {
    self.resumed = resumed
    guard let resumed else {
      (self.ranks, times) = (ranks, StepTimes(steps: steps))
      return
    }
    stepsDone = resumed.steps
    times = StepTimes(steps: steps - stepsDone)
    for (i, loss) in resumed.losses.enumerated() {
      lossRing[(stepsDone - resumed.losses.count + i) % lossRing.count] = loss
    }
    // Rows of another number of ranks say nothing about these, unless the run is over.
    if resumed.ranks == ranks || resumed.steps == steps {
      (self.ranks, rows) = (resumed.ranks, resumed.rows)
    } else {
      self.ranks = ranks
    }
  }

  /// - Parameters:
  ///   - positions, names: predicted positions and names of the global batch.
  ///   - phases: nil where the step did not measure the wait apart.
  mutating func add(
    loss: Double, nanoseconds: Double, positions: Int, names: Int, rows: RowCounts, phases: PhaseTimes?
  ) {
    lossRing[stepsDone % lossRing.count] = loss
    stepsDone += 1
    times.add(nanoseconds)
    self.rows = self.rows + rows
    window.steps += 1
    window.nanoseconds += nanoseconds
    window.positions += positions
    window.names += names
    if let phases {
      phaseSum = phaseSum + phases
      phaseCount += 1
      window.phases = window.phases + phases
      window.phaseCount += 1
    }
  }

  /// Takes time that went into something else out of the elapsed seconds.
  mutating func leaveOut(nanoseconds: UInt64) { began += nanoseconds }

  /// The record of the steps since the last call.
  ///
  /// - Parameters:
  ///   - loss, learningRate: of the last of them.
  mutating func record(loss: Double, learningRate: Double, heldOutLoss: Double?) -> StepRecord {
    defer { window = Window() }
    let seconds = max(window.nanoseconds, 1) * 1e-9
    return StepRecord(
      step: stepsDone, loss: loss, learningRate: learningRate, heldOutLoss: heldOutLoss,
      elapsedSeconds: elapsedSeconds,
      microsecondsPerStep: window.nanoseconds / Double(max(window.steps, 1)) / 1000,
      phases: window.phases / Double(max(window.phaseCount, 1)), communicationShare: communicationShare,
      positionsPerSecond: Double(window.positions) / seconds, namesPerSecond: Double(window.names) / seconds)
  }

  private var communicationShare: Double? {
    guard ranks > 1, window.phases.total > 0 else { return nil }
    return (window.phases[.synchronisation] + window.phases[.wait]) / window.phases.total
  }

  var elapsedSeconds: Double { (resumed?.elapsedSeconds ?? 0) + ownSeconds }

  /// Of this process. A finished run that is resumed takes no more time.
  private var ownSeconds: Double { times.isEmpty ? 0 : Double(csimd_nanoseconds() - began) * 1e-9 }

  /// - Parameter isLast: whether no steps follow in this process; the median takes a sort.
  func progress(isLast: Bool) -> TrainingProgress {
    let times = isLast ? medianAndPhases : (0, PhaseTimes())
    return TrainingProgress(
      steps: stepsDone, losses: lastLosses, elapsedSeconds: elapsedSeconds, rows: rows, ranks: ranks,
      phases: times.1, microsecondsPerStep: times.0)
  }

  /// Of the last min(100, steps) steps, oldest first.
  private var lastLosses: [Double] {
    (stepsDone - min(stepsDone, lossRing.count)..<stepsDone).map { lossRing[$0 % lossRing.count] }
  }

  /// In µs and ns: of this process's steps, or where it has none, of those before.
  private var medianAndPhases: (Double, PhaseTimes) {
    guard times.isEmpty, let resumed else {
      return (times.median / 1000, phaseSum / Double(max(phaseCount, 1)))
    }
    return (resumed.microsecondsPerStep, resumed.phases)
  }

  /// - Parameters:
  ///   - samples: names in the batches of all steps done.
  ///   - ownSamples: of those of this process.
  func summary(samples: Int, ownSamples: Int, parametersHash: String, interrupted: Bool) -> RunSummary {
    let losses = lastLosses
    let (median, phases) = medianAndPhases
    return RunSummary(
      steps: stepsDone, lossLast100: losses.reversed().reduce(0, +) / Double(losses.count),
      microsecondsPerStep: median, parametersHash: parametersHash, phases: phases, elapsedSeconds: elapsedSeconds,
      stepSeconds: times.sum * 1e-9, samples: samples, ownSamples: ownSamples, rows: rows, ranks: ranks,
      evaluation: nil,
      interrupted: interrupted,
      resumedFrom: resumed?.steps)
  }
}

/// Step times for their median: all of them, or every k-th of a very long run.
private struct StepTimes {
  private static let most = 1 << 20
  private var samples: [Float] = []
  private let every: Int
  private var seen = 0
  /// Of all steps, in nanoseconds.
  private(set) var sum = 0.0

  init(steps: Int) {
    every = max((steps + Self.most - 1) / Self.most, 1)
    samples.reserveCapacity(min(steps, Self.most))
  }

  var isEmpty: Bool { samples.isEmpty }

  mutating func add(_ nanoseconds: Double) {
    if seen % every == 0 { samples.append(Float(nanoseconds)) }
    seen += 1
    sum += nanoseconds
  }

  var median: Double {
    guard !samples.isEmpty else { return 0 }
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
  }
}
