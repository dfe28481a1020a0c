import GPT

/// What a checkpoint's file holds: a safetensors file of these tensors, and metadata with a checksum in front.
public enum CheckpointFormat {
  /// Of `format` in the metadata: what the file says it is.
  public static let name = "ddp-train checkpoint"
  /// Raised when a file of before cannot be read any more.
  public static let version = 1

  /// Of a run that goes on with other steps than it had: those it had, and the step at which they changed, "2000@2000", for
  /// each change.
  public static let earlierSteps = Key.earlierSteps

  /// Losses that are kept.
  static let mostLosses = 100

  /// Sums of a hundred such losses are still numbers.
  static let largestLoss = 1e30

  /// Keys of the metadata that this module writes and reads itself.
  enum Key {
    static let format = "format"
    static let version = "format-version"
    static let step = "step"
    static let dModel = "d-model"
    static let heads = "heads"
    static let averagedSteps = "averaged-steps"
    static let earlierSteps = "earlier-steps"
    static let all: Set = [Seal.key, format, version, step, dModel, heads, averagedSteps]
  }

  /// Mean losses of the last min(100, step) steps, oldest first.
  static let lossesName = "losses"

  /// In the order of the file, behind the losses.
  static let families = ["", "adam.first.", "adam.second."]

  /// After them, where the run's groups of ranks have an outer update with momentum.
  static let outerMomentum = "outer.momentum."

  /// After them, where a run averages parameters and has come to those steps.
  static let sums = "average.sum."
}

extension Shape {
  /// (rows, columns), as in files.
  func extents(_ tensor: Tensor) -> [Int] { [rows(tensor), columns(tensor)] }
}
