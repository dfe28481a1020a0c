import CSIMD

/// Collects a run's losses and times without touching the heap.
struct RunStatistics {
  private let began = csimd_nanoseconds()
  private var lossRing = InlineArray<100, Double>(repeating: 0)
  private var stepsDone = 0
  private var times: StepTimes
  private var phaseSum = PhaseTimes()
  private var phaseCount = 0
  private var rows = RowCounts()
  private var window = Window()

  /// Since the last record.
  private struct Window {
    var steps = 0
    var nanoseconds = 0.0
    var positions = 0
    var phases = PhaseTimes()
    var phaseCount = 0
  }

  init(steps: Int) { times = StepTimes(steps: steps) }

  /// - Parameters:
  ///   - positions: predicted positions of the global batch.
  ///   - phases: nil where the step did not measure the wait apart.
  mutating func add(loss: Double, nanoseconds: Double, positions: Int, rows: RowCounts, phases: PhaseTimes?) {
    lossRing[stepsDone % 100] = loss
    stepsDone += 1
    times.add(nanoseconds)
    self.rows = self.rows + rows
    window.steps += 1
    window.nanoseconds += nanoseconds
    window.positions += positions
    if let phases {
      phaseSum = phaseSum + phases
      phaseCount += 1
      window.phases = window.phases + phases
      window.phaseCount += 1
    }
  }

  /// The record of the steps since the last call.
  mutating func record(loss: Double) -> StepRecord {
    defer { window = Window() }
    return StepRecord(
      step: stepsDone, loss: loss, elapsedSeconds: elapsedSeconds,
      microsecondsPerStep: window.nanoseconds / Double(max(window.steps, 1)) / 1000,
      phases: window.phases / Double(max(window.phaseCount, 1)),
      positionsPerSecond: Double(window.positions) / max(window.nanoseconds, 1) * 1e9)
  }

  var elapsedSeconds: Double { Double(csimd_nanoseconds() - began) * 1e-9 }

  func summary(batch: Int, parametersHash: String, interrupted: Bool) -> RunSummary {
    let last = min(stepsDone, 100)
    var sum = 0.0
    for i in 0..<last { sum += lossRing[(stepsDone - 1 - i) % 100] }
    return RunSummary(
      steps: stepsDone, lossLast100: sum / Double(last), microsecondsPerStep: times.median / 1000,
      parametersHash: parametersHash, phases: phaseSum / Double(max(phaseCount, 1)),
      elapsedSeconds: elapsedSeconds, batch: batch, rows: rows, evaluation: nil, interrupted: interrupted)
  }
}

/// Step times for their median: all of them, or every k-th of a very long run.
private struct StepTimes {
  private static let most = 1 << 20
  private var samples: [Float] = []
  private let every: Int
  private var seen = 0

  init(steps: Int) {
    every = (steps + Self.most - 1) / Self.most
    samples.reserveCapacity(min(steps, Self.most))
  }

  mutating func add(_ nanoseconds: Double) {
    if seen % every == 0 { samples.append(Float(nanoseconds)) }
    seen += 1
  }

  var median: Double {
    guard !samples.isEmpty else { return 0 }
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
  }
}
