import Checkpoints
import Options

/// The options about checkpoints, resolved.
struct CheckpointPlan {
  var folder: String
  var every: CheckpointInterval
  var keep: Int
  var resumes: Bool

  /// - Returns: nil where no folder was named.
  /// - Throws: `OptionError`.
  init?(_ options: OptionValues<TrainingOptions>) throws {
    guard let folder = options.checkpointDir else {
      for (name, isGiven) in [
        ("checkpoint-every", options.checkpointEvery != nil), ("checkpoint-keep", options.isGiven(\.checkpointKeep)),
        ("resume", options.resume),
      ] where isGiven { throw OptionError("\(name) needs checkpoint-dir, the folder of the checkpoints") }
      return nil
    }
    guard !folder.isEmpty else { throw OptionError("checkpoint-dir names no folder") }
    self.folder = folder
    self.every = options.checkpointEvery ?? .seconds(60)
    self.keep = options.checkpointKeep
    self.resumes = options.resume
  }
}
