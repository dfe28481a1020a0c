import Checkpoints
import Values

/// The options about checkpoints, resolved.
struct CheckpointPlan {
  var folder: String
  var every: CheckpointInterval
  var keep: Int
  var resumes: Bool

  /// - Returns: nil where no folder was named.
  /// - Throws: `OptionError`.
  init?(_ flags: TrainingOptions, _ option: inout OptionResolver) throws {
    let folder = try option.path("checkpoint-dir", flags.checkpointDir)
    let every = try option.value("checkpoint-every", written: flags.checkpointEvery) as CheckpointInterval?
    let keep = try option.number(Ranges.checkpointKeep, flags.checkpointKeep)
    let resumes = try option.value("resume", flags.resume) ?? false
    guard let folder else {
      let given = every != nil ? "checkpoint-every" : keep != nil ? "checkpoint-keep" : resumes ? "resume" : nil
      if let given { throw OptionError("\(given) needs checkpoint-dir, the folder of the checkpoints") }
      return nil
    }
    guard !folder.isEmpty else { throw OptionError("checkpoint-dir names no folder") }
    self.folder = folder
    self.every = every ?? .seconds(60)
    self.keep = keep ?? 3
    self.resumes = resumes
  }
}
