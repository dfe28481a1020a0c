import DataParallel
import Foundation

/// The run as JSON lines: one record a step or every k steps, and a final one. Keys are documented in
/// docs/metrics.md.
final class MetricsFile {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>
  /// The first write that failed. Training goes on; the run ends with it as an error.
  private(set) var failure: OptionError?

  /// - Parameter step: where an earlier process's file is to be gone on with: its records up to this step stay. Nil for
  ///   a new file.
  /// - Throws: where the file cannot be created.
  init(path: String, resumedFrom step: Int? = nil) throws {
    if let step { try Self.cut(path, behind: step) }
    guard let file = fopen(path, step == nil ? "w" : "a") else {
      throw OptionError("metrics file \(path): \(String(cString: strerror(errno)))")
    }
    self.path = path
    self.file = file
  }

  deinit { fclose(file) }

  func write(_ record: StepRecord) {
    let phases = record.phases
    write(
      "{\"step\": \(record.step), \"loss\": \(number(record.loss)), "
        + "\"elapsed_seconds\": \(number(record.elapsedSeconds)), "
        + "\"us_per_step\": \(number(record.microsecondsPerStep)), "
        + "\"forward_us\": \(number((phases.selection + phases.forward) / 1000)), \"backward_us\": \(number(phases.backward / 1000)), "
        + "\"sync_us\": \(number(phases.synchronisation / 1000)), \"wait_us\": \(number(phases.wait / 1000)), "
        + "\"adam_us\": \(number(phases.adam / 1000)), "
        + "\"positions_per_second\": \(number(record.positionsPerSecond))}\n")
  }

  /// Hands the records over to the system: they outlive this process.
  func flush() {
    if fflush(file) != 0 { fail() }
  }

  func write(_ summary: RunSummary, strategy: SynchronisationStrategy) {
    let resumed = summary.resumedFrom.map { ", \"resumed_from_step\": \($0)" } ?? ""
    let evaluation = summary.evaluation.map {
      ", \"loss_held_out\": \(number($0.loss)), \"held_out_names\": \($0.names)"
    }
    write(
      "{\"final\": true, \"steps\": \(summary.steps), \"loss_last_100\": \(number(summary.lossLast100)), "
        + "\"us_per_step\": \(number(summary.microsecondsPerStep)), "
        + "\"parameters_hash\": \"\(summary.parametersHash)\""
        + ", \"work_inflation\": \(number(summary.rows.workInflation))"
        + ", \"load_balance\": \(number(summary.rows.loadBalance(ranks: summary.ranks)))"
        + ", \"sync\": \"\(strategy.rawValue)\"\(evaluation ?? "")\(resumed), \"interrupted\": \(summary.interrupted)}\n"
    )
    flush()
  }

  private func write(_ line: String) {
    if failure == nil, fputs(line, file) == EOF { fail() }
  }

  private func fail() {
    failure = failure ?? OptionError("metrics file \(path): \(String(cString: strerror(errno))); it is incomplete")
  }

  /// The shortest text that reads back as the same number. JSON has none for a number that is not finite.
  private func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "null" }
}
