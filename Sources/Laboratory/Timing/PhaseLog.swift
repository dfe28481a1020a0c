import DataParallel
import MPI
import Values

/// What one rank's measured steps consisted of; times in µs.
struct PhaseLog {
  private var times = [[Double]](repeating: [], count: Phase.allCases.count)
  /// Forward and backward pass together.
  private(set) var passes: [Double] = []
  /// Computed by this rank.
  private(set) var rows: [Double] = []
  /// How often the system took the core away.
  private(set) var switches: [Double] = []

  private static var columns: [WritableKeyPath<PhaseLog, [Double]>] {
    Phase.allCases.map { \.[$0] } + [\.passes, \.rows, \.switches]
  }

  private(set) subscript(phase: Phase) -> [Double] {
    get { times[Int(phase.rawValue)] }
    set { times[Int(phase.rawValue)] = newValue }
  }

  var count: Int { passes.count }

  mutating func add(_ phases: PhaseTimes, rows: Int, switches: UInt64) {
    for phase in Phase.allCases { times[Int(phase.rawValue)].append(phases[phase] / 1000) }
    passes.append((phases[.forward] + phases[.backward]) / 1000)
    self.rows.append(Double(rows))
    self.switches.append(Double(switches))
  }

  /// The logs of all ranks on rank 0, empty elsewhere. Collective; all ranks have logged the same steps.
  func gathered(by group: Communicator) throws -> [PhaseLog] {
    var logs = [PhaseLog](repeating: PhaseLog(), count: group.rank == 0 ? group.size : 0)
    for column in Self.columns {
      let all = try group.allGather(self[keyPath: column])
      for rank in logs.indices { logs[rank][keyPath: column] = Array(all[rank * count..<(rank + 1) * count]) }
    }
    return logs
  }
}

extension PhaseLog {
  init(_ steps: [TimedStep]) {
    for step in steps { add(step.outcome.phases, rows: step.work.rows, switches: step.switches) }
  }
}

extension TimedTraining {
  /// Of one core's steps, in which no wait need be measured.
  var phases: PhaseLog { PhaseLog(steps) }

  /// Of one core, turn by turn.
  var rounds: RoundSample { RoundSample(times, roundLength: max(counted, 1)) }

  /// Each step as long as its slowest rank's. Collective over the ranks that train together.
  func slowestRounds() throws -> RoundSample { RoundSample(try slowest(times), roundLength: max(counted, 1)) }
}

extension [PhaseLog] {
  /// One value for each step, of what the ranks have there.
  func perStep(_ value: (PhaseLog, Int) -> Double, _ combine: ([Double]) -> Double) -> [Double] {
    (0..<(first?.count ?? 0)).map { step in combine(map { value($0, step) }) }
  }

  /// Median over the steps of the ranks' mean.
  func typical(_ column: KeyPath<PhaseLog, [Double]>) -> Double { Sample(means(column)).median }

  /// The ranks' mean, step by step.
  func means(_ column: KeyPath<PhaseLog, [Double]>) -> [Double] { perStep({ $0[keyPath: column][$1] }, \.mean) }
}

extension [Double] {
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}
