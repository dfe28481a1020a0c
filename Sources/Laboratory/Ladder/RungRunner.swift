import CSIMD
import DataParallel

/// Times one rung's steps, by the batch: names differ in length, so a name alone says little.
final class RungRunner {
  let training: TrainingStep
  /// Batches that are timed in a turn.
  private(set) var batchesPerTurn = 1
  /// µs a name, each of a batch.
  private(set) var times: [Double] = []
  /// 1, or B where every name is a step.
  private let stepsPerBatch: Int
  private let names: Double
  private var step = 0

  private static let microsecondsPerTurn = 10_000.0

  /// - Parameter names: B
  init(_ training: TrainingStep, stepsPerBatch: Int, names: Int) {
    self.training = training
    self.stepsPerBatch = stepsPerBatch
    self.names = Double(names)
  }

  /// µs a name.
  private func runBatch() throws -> Double {
    let start = csimd_nanoseconds()
    for _ in 0..<stepsPerBatch {
      _ = try training.run(step, measuringWait: false)
      step += 1
    }
    return Double(csimd_nanoseconds() - start) / 1000 / names
  }

  /// Runs two batches, for warmth and for the time they take.
  ///
  /// - Parameter agree: makes one number of all ranks'.
  func chooseTurn(agree: (Int) throws -> Int = { $0 }) throws {
    _ = try runBatch()
    let expected = try runBatch() * names
    batchesPerTurn = try agree(max(1, Int(Self.microsecondsPerTurn / expected)))
  }

  /// A fifth of a turn is for the caches, which hold what other rungs left there. Slow rungs fill them on the way.
  func turn() throws {
    for _ in 0..<batchesPerTurn / 4 { _ = try runBatch() }
    for _ in 0..<batchesPerTurn { times.append(try runBatch()) }
  }
}
