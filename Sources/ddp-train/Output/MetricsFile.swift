import Checkpoints
import DataParallel
import Files
import Schemas
import Values

/// The run as JSON lines: a record per step or every k steps, one per evaluation, and a final one. Keys are documented in
/// docs/metrics.md.
final class MetricsFile {
  private let destination: Destination
  /// Nil until `begin`.
  private var file: GrowingFile?
  /// The first write that failed. Training goes on; the run ends with it as an error.
  var failure: CommandFailure? { file?.failure.map { CommandFailure("\($0); it is incomplete") } }

  /// Leaves what is there as it is until `begin`.
  init(_ destination: Destination) { self.destination = destination }

  deinit { file?.flush() }

  /// Begins a new file, or goes on with an earlier process's, of which the records up to a checkpoint stay.
  ///
  /// - Parameters:
  ///   - step: of the checkpoint; nil for a new file.
  ///   - isOver: whether it is the run's last step, which will be evaluated once more.
  ///   - every: steps between two records.
  /// - Returns: the gap between the records there are and those to come, in words; nil where there is none.
  /// - Throws: where the file cannot be opened or rewritten; then it is as it was.
  func begin(resumedFrom step: Int?, isOver: Bool, every: Int) throws -> String? {
    let gap =
      try step.map { try Self.cut(destination, after: $0, evaluated: isOver ? $0 - 1 : $0, every: every) } ?? nil
    file = try endingOnStop { try GrowingFile(destination, isEmptied: step == nil) }
    return gap
  }

  func write(_ record: StepRecord) {
    let phases = record.phases
    append(
      MetricsRecord {
        ($0.step, $0.loss, $0.learningRate) = (record.step, record.loss, record.learningRate)
        ($0.elapsedSeconds, $0.usPerStep) = (record.elapsedSeconds, record.microsecondsPerStep)
        ($0.positionsPerSecond, $0.namesPerSecond) = (record.positionsPerSecond, record.namesPerSecond)
        // A name's last position is its end.
        $0.lettersPerSecond = record.positionsPerSecond - record.namesPerSecond
        ($0.forwardUs, $0.backwardUs) = ((phases[.selection] + phases[.forward]) / 1000, phases[.backward] / 1000)
        ($0.syncUs, $0.waitUs, $0.adamUs) = (
          phases[.synchronisation] / 1000, phases[.wait] / 1000, phases[.adam] / 1000
        )
      })
  }

  /// - Parameters:
  ///   - loss: exact, of all held-out names.
  ///   - names: how many they are.
  func write(step: Int, heldOutLoss loss: Double, names: Int) {
    append(MetricsEvaluation { ($0.step, $0.heldOutLoss, $0.heldOutNames) = (step, loss, names) })
  }

  func write(step: Int, noiseScale scale: NoiseScale) { append(MetricsNoiseScale(scale, after: step)) }

  func write(_ entry: ChainEntry) { append(MetricsLink(entry)) }

  /// Hands the records over to the system: they outlive this process.
  func flush() { file?.flush() }

  func write(_ summary: RunSummary, _ cost: RunCost, by trainer: Trainer) {
    append(
      MetricsSummary {
        ($0.steps, $0.lossLast100, $0.usPerStep) = (summary.steps, summary.lossLast100, summary.microsecondsPerStep)
        ($0.parametersHash, $0.sync) = (summary.parametersHash, trainer.synchronisation.strategy.rawValue)
        $0.groups = trainer.groups?.count
        ($0.exchanges, $0.exchangeSeconds) = (summary.exchanges?.count, summary.exchanges?.seconds)
        $0.workInflation = summary.rows.workInflation
        $0.loadBalance = summary.rows.loadBalance(ranks: summary.ranks)
        $0.coreSecondsPerMillionNames = cost.perMillionNames(cost.coreSeconds)
        ($0.joules, $0.energySource) = (cost.joules, cost.joules == nil ? nil : cost.source)
        $0.joulesPerMillionNames = cost.joules.flatMap(cost.perMillionNames)
        ($0.assumedWatts, $0.assumedJoules) = (cost.assumedWatts, cost.assumedJoules)
        $0.assumedJoulesPerMillionNames = cost.assumedJoules.flatMap(cost.perMillionNames)
        ($0.resumedFromStep, $0.interrupted) = (summary.resumedFrom ?? 0, summary.interrupted)
      })
    file?.finish()
  }

  private func append(_ line: some FileRecord) {
    do { file?.append(try JSONTree(line).line + "\n") } catch { preconditionFailure("\(error)") }
  }
}
