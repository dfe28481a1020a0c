import Checkpoints
import DataParallel
import Foundation
import MPI
import Options
import Values

/// What the newest checkpoint of a folder says of its run, on every rank, before the options are settled: a run that goes on
/// takes from it what nobody gives.
struct KeptRun: Codable {
  /// Of the checkpoint.
  let path: String
  /// Steps done.
  let step: Int
  let metadata: [String: String]

  /// Nil where no run is to go on, or there is none: whatever is wrong with the folder is said when it is opened.
  init?(_ options: OptionValues<TrainingOptions>) {
    guard options.resume, let folder = options.checkpointDir, let found = CheckpointFolder.newest(in: folder) else {
      return nil
    }
    (path, step, metadata) = (found.path, found.step, found.metadata)
  }

  init(path: String, step: Int, metadata: [String: String]) {
    (self.path, self.step, self.metadata) = (path, step, metadata)
  }

  /// Rank 0's, on every rank. Collective.
  static func broadcast(_ own: KeptRun?, over world: Communicator) throws -> KeptRun? {
    let text = try own.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    let common = try world.broadcast(text ?? "")
    return common.isEmpty ? nil : try JSONDecoder().decode(KeptRun.self, from: Data(common.utf8))
  }

  /// What counts where nobody gives another value.
  var texts: KeptTexts {
    KeptTexts(path: path, from: "checkpoint", metadata.filter { RunIdentity.isTaken($0.key, from: metadata) })
  }

  /// - Throws: where an option that makes another run is given another value than the run has. The number of steps may be
  ///   another one, from where the run is.
  func requireAgreement(with options: OptionValues<TrainingOptions>) throws {
    let stored = RunIdentity.withDefaults(metadata)
    let differences = options.differences(of: .run, from: stored).filter { $0.0 != "steps" }
    guard differences.isEmpty else {
      throw CheckpointError(
        .refused, path,
        "is of another run: "
          + differences.map { "\($0.0) is \(escaped(String($0.there.prefix(80)))) there and \($0.here) here" }
          .joined(separator: "; "))
    }
    guard options.steps >= step else {
      throw OptionError(
        "\(path) is of step \(grouped(step)): --steps is \(grouped(options.steps)), and must be at least as many")
    }
  }
}

/// Another number of steps than a run had when it came to the step from which it goes on.
struct StepsChange: Equatable {
  /// Of the whole run, before.
  let earlier: Int
  /// Steps done.
  let step: Int

  /// Nil where it stays.
  init?(_ kept: KeptRun?, steps: Int) {
    guard let kept, let earlier = kept.metadata["steps"].flatMap({ Int(written: $0) }), earlier != steps else {
      return nil
    }
    (self.earlier, step) = (earlier, kept.step)
  }

  /// - Throws: where the last steps that are averaged would begin before this one: nobody kept their parameters.
  func require(_ settings: Settings) throws(OptionError) {
    guard settings.averagedSteps(after: step) > 0 else { return }
    var enough = settings
    while enough.averagedSteps(after: step) > 0 {
      enough.steps = max(enough.steps + 1, Int(Double(step) / (1 - settings.average)))
    }
    throw OptionError(
      "average \(settings.average) of \(grouped(settings.steps)) steps begins before step \(grouped(step)), where the run is: "
        + "steps must be at least \(grouped(enough.steps))")
  }

  /// As a checkpoint keeps it.
  var text: String { "\(earlier)@\(step)" }
}
