/// The results of `info FILE --json`: what a checkpoint or a safetensors file holds.
public struct ModelFile: FileFormat {
  public var formatVersion: Int? = newestFormat
  /// "checkpoint"; "model", which has the model's tensors alone; "tensors", any others.
  public var kind = ""
  public var path = ""
  public var fileBytes = 0
  /// A checkpoint's, which is that of every bit of the file.
  public var checksum: String?
  /// C, H and P; nil of a file without a model. Heads that a file does not name are the width's usual ones.
  public var dModel: Int?, heads: Int?, parameters: Int?
  /// Why it has no model.
  public var notAModel: String?
  /// Steps done, and steps of the run.
  public var step: Int?, steps: Int?
  /// Mean of the last 100 steps, in nats per prediction.
  public var loss: Double?
  /// Of the last step done and of the next; the latter nil after the last.
  public var learningRate: Double?, nextLearningRate: Double?
  /// Steps whose parameters are in its sums; nil where it has none.
  public var averagedSteps: Int?
  public var dataHash: String?
  /// In digits: it has 64 bits, more than many readers' numbers.
  public var seed: String?
  /// Of the program that wrote it.
  public var version: String?
  /// N, and `--sync`.
  public var ranks: Int?, strategy: String?
  /// Since training began; and the time of a step.
  public var elapsedSeconds: Double?, usPerStep: Double?
  /// All entries of the metadata.
  public var metadata: [MetadataEntry] = []
  /// In the order of the file.
  public var tensors: [TensorEntry] = []
  /// Where a folder was named: its checkpoints, the newest first; nil otherwise.
  public var checkpoints: [CheckpointEntry]?

  public init() {}
}

/// A text of a file, by its key.
public struct MetadataEntry: FileRecord, Equatable {
  public var key = "", value = ""

  public init() {}
}

/// A tensor of a file.
public struct TensorEntry: FileRecord, Equatable {
  public var name = "", dtype = ""
  /// Slowest first.
  public var shape: [Int] = []
  public var bytes = 0

  public init() {}
}

/// A checkpoint of a folder.
public struct CheckpointEntry: FileRecord, Equatable {
  public var path = ""
  public var step = 0
  /// Nil where it cannot be asked for.
  public var fileBytes: Int?
  /// Why it is not whole; nil of one that is, and of those before, which were not read.
  public var damage: String?

  public init() {}
}
