import Checkpoints
import DataParallel
import GPT
import Schemas
import Values

extension ModelFile {
  /// - Parameter path: a file; or a folder, for the newest whole checkpoint in it.
  /// - Throws: `CheckpointError` where there is nothing to be shown, and for a damaged checkpoint.
  init(path: String) throws {
    guard CheckpointListing.isFolder(path) else {
      self.init(try StoredFile(path: path))
      return
    }
    let entries = try CheckpointListing(path: path).entries
    guard !entries.isEmpty else {
      throw CheckpointError(.refused, path, "is a directory, and has no checkpoints; name a file")
    }
    var damage: [Int: CheckpointError] = [:]
    for entry in entries {
      do throws(CheckpointError) {
        self.init(try StoredFile(path: entry.path))
        checkpoints = entries.map { one in
          CheckpointEntry {
            ($0.path, $0.step, $0.fileBytes, $0.damage) = (one.path, one.step, one.size, damage[one.step]?.reason)
          }
        }
        return
      } catch {
        damage[entry.step] = error
      }
    }
    // All of them; the newest speaks.
    throw damage[entries[0].step] ?? CheckpointError(.refused, path, "has no checkpoints")
  }

  private init(_ file: StoredFile) {
    self.init()
    (path, fileBytes, checksum, version) = (file.path, file.size, file.checksum, file.metadata["program-version"])
    metadata = file.metadata.sorted { $0.key < $1.key }.map { entry in
      MetadataEntry { ($0.key, $0.value) = (entry.key, entry.value) }
    }
    tensors = file.tensors.map { tensor in
      TensorEntry { ($0.name, $0.dtype, $0.shape, $0.bytes) = (tensor.name, tensor.dtype, tensor.shape, tensor.size) }
    }
    switch file.model {
    case .success(let shape): (dModel, heads, parameters) = (shape.dModel, shape.heads, shape.parameterCount)
    case .failure(let error): notAModel = error.reason
    }
    kind = file.checkpoint != nil ? "checkpoint" : dModel != nil ? "model" : "tensors"
    if let checkpoint = file.checkpoint { add(checkpoint) }
  }

  private mutating func add(_ checkpoint: Checkpoint) {
    func value<Number>(_ range: OptionRange<Number>) -> Number? { checkpoint.metadata[range.name].flatMap(range.value) }
    (step, steps) = (checkpoint.step, value(Ranges.steps))
    loss = checkpoint.losses.reduce(0, +) / Double(checkpoint.losses.count)
    averagedSteps = checkpoint.averagedSteps > 0 ? checkpoint.averagedSteps : nil
    (dataHash, seed) = (checkpoint.metadata["data-set"], value(Ranges.seed).map { "\($0)" })
    (ranks, strategy) = (value(Ranges.ranks), checkpoint.metadata["sync"])
    if let progress = try? StoredProgress(checkpoint) {
      (elapsedSeconds, usPerStep) = (progress.elapsedSeconds, progress.microsecondsPerStep)
    }
    guard let steps, let largest = value(Ranges.learningRate),
      // As 0.1.0 had them, which does not name them.
      let schedule = LearningRateSchedule(rawValue: checkpoint.metadata["schedule"] ?? "linear"),
      var settings = try? Settings(
        shape: checkpoint.shape, batch: 1, steps: steps, learningRate: largest, seed: 1, engine: EngineOptions(),
        evaluate: false)
    else { return }
    (settings.schedule, settings.warmUp) = (schedule, value(Ranges.warmUp) ?? 0)
    guard let settings = try? settings.validated() else { return }
    learningRate = settings.learningRate(step: checkpoint.step - 1)
    nextLearningRate = checkpoint.step < steps ? settings.learningRate(step: checkpoint.step) : nil
  }
}
