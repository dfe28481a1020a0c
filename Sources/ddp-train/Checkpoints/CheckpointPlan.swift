import Checkpoints
import Options

/// The options about checkpoints, resolved.
struct CheckpointPlan {
  var folder: String
  var every: CheckpointInterval
  var keep: Int
  var resumes: Bool
  /// Steps between checkpoints that stay and are links of a chain; nil where the run keeps none.
  var keepEvery: Int?
  /// Steps between links that the metrics have besides; nil where there are none.
  var hashEvery: Int?

  /// - Returns: nil where no folder was named.
  /// - Throws: `OptionError`.
  init?(_ options: OptionValues<TrainingOptions>) throws {
    guard let folder = options.checkpointDir else {
      for (name, isGiven) in [
        ("checkpoint-every", options.checkpointEvery != nil), ("checkpoint-keep", options.isGiven(\.checkpointKeep)),
        ("resume", options.resume), ("keep-every", options.keepEvery > 0),
        ("hash-every", options.isGiven(\.hashEvery)),
      ] where isGiven { throw OptionError("\(name) needs checkpoint-dir, the folder of the checkpoints") }
      return nil
    }
    guard !folder.isEmpty else { throw OptionError("checkpoint-dir names no folder") }
    self.folder = folder
    self.every = options.checkpointEvery ?? .seconds(60)
    self.keep = options.checkpointKeep
    self.resumes = options.resume
    if options.keepEvery > 0 {
      guard options.reproducible else {
        throw OptionError(
          "keep-every \(options.keepEvery) keeps what others can check, and needs reproducible: the bits of another run "
            + "depend on its ranks")
      }
      keepEvery = options.keepEvery
    }
    if keepEvery != nil, options.metrics != nil {
      hashEvery = options.hashEvery > 0 ? options.hashEvery : nil
    } else if options.isGiven(\.hashEvery) {
      throw OptionError(
        "hash-every \(options.hashEvery) needs keep-every, which keeps the chain, and metrics, to which it adds links")
    }
  }
}
