import Options
import DataParallel
import Files
import Values

/// The run as JSON lines: one record a step or every k steps, and a final one. Keys are documented in
/// docs/metrics.md.
final class MetricsFile {
  private let destination: Destination
  /// Nil until `begin`.
  private var file: GrowingFile?
  /// The first write that failed. Training goes on; the run ends with it as an error.
  var failure: OptionError? { file?.failure.map { OptionError("\($0); it is incomplete") } }

  /// Leaves what is there as it is until `begin`.
  init(_ destination: Destination) { self.destination = destination }

  deinit { file?.flush() }

  /// Begins a new file, or goes on with an earlier process's, of which the records up to a checkpoint stay.
  ///
  /// - Parameters:
  ///   - step: of the checkpoint; nil for a new file.
  ///   - every: steps between two records.
  /// - Returns: the gap between the records there are and those to come, in words; nil where there is none.
  /// - Throws: where the file cannot be opened or rewritten; then it is as it was.
  func begin(resumedFrom step: Int?, every: Int) throws -> String? {
    let gap = try step.map { try Self.cut(destination, after: $0, every: every) } ?? nil
    file = try endingOnStop { try GrowingFile(destination, isEmptied: step == nil) }
    return gap
  }

  func write(_ record: StepRecord) {
    // As ever: the selection is counted with the forward pass.
    var phases = record.phases
    phases[.forward] += phases[.selection]
    let times = [Phase.forward, .backward, .synchronisation, .wait, .adam].map {
      "\"\($0.key)_us\": \(number(phases[$0] / 1000)), "
    }
    file?.append(
      "{\"step\": \(record.step), \"loss\": \(number(record.loss)), "
        + "\"elapsed_seconds\": \(number(record.elapsedSeconds)), "
        + "\"us_per_step\": \(number(record.microsecondsPerStep)), "
        + times.joined() + "\"positions_per_second\": \(number(record.positionsPerSecond))}\n")
  }

  /// Hands the records over to the system: they outlive this process.
  func flush() { file?.flush() }

  func write(_ summary: RunSummary, strategy: SynchronisationStrategy) {
    let resumed = summary.resumedFrom.map { ", \"resumed_from_step\": \($0)" } ?? ""
    let evaluation = summary.evaluation.map {
      ", \"loss_held_out\": \(number($0.loss)), \"held_out_names\": \($0.names)"
    }
    file?.append(
      "{\"final\": true, \"steps\": \(summary.steps), \"loss_last_100\": \(number(summary.lossLast100)), "
        + "\"us_per_step\": \(number(summary.microsecondsPerStep)), "
        + "\"parameters_hash\": \"\(summary.parametersHash)\""
        + ", \"work_inflation\": \(number(summary.rows.workInflation))"
        + ", \"load_balance\": \(number(summary.rows.loadBalance(ranks: summary.ranks)))"
        + ", \"sync\": \"\(strategy.rawValue)\"\(evaluation ?? "")\(resumed), \"interrupted\": \(summary.interrupted)}\n"
    )
    file?.finish()
  }

  /// The shortest text that reads back as the same number. JSON has none for a number that is not finite.
  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
}
