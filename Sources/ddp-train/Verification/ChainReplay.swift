import Chain
import Checkpoints
import DataParallel
import GPT
import MPI
import Options
import Values

/// Trains segments of a run again, on one rank: of a reproducible run their number does not matter.
struct ChainReplay {
  let chain: KeptChain
  let names: RunNames
  /// Of this rank alone.
  let group: Communicator
  /// Runs between two steps.
  let between: () throws -> Void

  /// What a link says a run computes.
  ///
  /// - Throws: where this program, or this CPU, cannot do it.
  static func settings(_ file: KeptLink) throws -> Settings {
    let settings = file.link?.settings ?? [:]
    let edition = settings[RunIdentity.arithmeticKey] ?? "missing"
    guard edition == RunIdentity.arithmetic else {
      throw CheckpointError(
        .refused, file.path,
        "was computed by edition \(printable(edition)) of the arithmetic, and this program computes by \(RunIdentity.arithmetic)"
      )
    }
    let kept = KeptTexts(path: file.path, from: "link", settings)
    return try CommandLineOptions<TrainingOptions>().values(kept: kept).settings
  }

  /// Refuses a run whose training does not fit beside those of the other ranks. Collective.
  static func requireMemory(for file: KeptLink, _ names: RunNames, over world: Communicator) throws {
    let settings = try onEveryRank(of: world) { try Self.settings(file) }
    let need = MemoryNeed(
      shape: settings.shape, batch: settings.batch, engine: settings.engine, names: names.training, ranks: 1,
      microShards: settings.microShards, averages: settings.average > 0)
    try ddp_train.requireMemory(
      need, for: "a segment of batch \(settings.batch) at d-model \(settings.shape.dModel)", over: world)
  }

  /// Trains from the beginning of a segment on, until its end or until nobody wants to go on.
  ///
  /// - Parameters:
  ///   - segment: with nothing wrong at its beginning.
  ///   - isWanted: the steps whose digests are, by steps done; that of the end always is.
  ///   - onRoots: hears of them; whether to go on.
  /// - Throws: `Stopped`; `JobFailure` where the training fails; `CheckpointError` where the beginning is not what it was.
  func run(
    _ segment: KeptChain.Segment, isWanted: @escaping (Int) -> Bool = { _ in false },
    onRoots: @escaping (Int, [TensorRoot]) throws -> Bool
  ) throws {
    let settings = try Self.settings(segment.to)
    let trainer = try Trainer(
      settings: settings, names: names.training, dataHash: names.hash, version: packageVersion, world: group)
    let image = CheckpointImage(shape: settings.shape, averages: settings.average > 0)
    if let from = segment.from {
      try trainer.resume(try progress(from, of: segment.to, into: image), model: image.arrays)
    } else if let given = try Self.given(segment.to, settings.shape, in: chain.path) {
      try trainer.begin(with: given)
    }
    let end = segment.to.step
    var isOver = false
    let sink = ReplaySink(image, isWanted: { $0 == end || isWanted($0) }) { step, roots in
      if try !isOver && !onRoots(step, roots) { isOver = true }
    }
    var next = segment.fromStep
    _ = try trainer.run(
      recordEvery: .max, checkpoints: true, sink: sink,
      endsEarly: {
        try between()
        next += 1
        return next == end || isOver || sink.failure != nil
      })
    try trainer.close()
    Whereabouts.leave(steps: next - segment.fromStep)
    if let failure = sink.failure { throw failure }
    if trainer.wasStopped { try StopSignal.check() }
  }

  /// The digests of the model that a run begins with.
  static func startRoots(_ first: KeptLink, in path: String) throws -> [TensorRoot] {
    let settings = try settings(first)
    let state = ModelState(shape: settings.shape, seed: settings.seed)
    if let given = try given(first, settings.shape, in: path) {
      _ = state.parameters.buffer.update(fromContentsOf: given)
    }
    return try state.arrays.roots(settings.shape, averaged: false)
  }

  /// The parameters that a run was given to begin with; nil where its seed draws them.
  private static func given(_ file: KeptLink, _ shape: Shape, in path: String) throws -> [Float]? {
    guard let given = file.link?.settings["init-from"], given != "none" else { return nil }
    let model = try StoredModel(path: CheckpointFolder.initialFile(in: path))
    guard model.shape == shape else {
      throw CheckpointError(
        .refused, CheckpointFolder.initialFile(in: path), "is of another size than the run, d-model \(shape.dModel)")
    }
    return model.parameters
  }

  /// Where a kept checkpoint is, with its model.
  ///
  /// - Parameter end: of the segment that begins there. A run that was given other steps there averages later ones.
  private func progress(
    _ file: KeptLink, of end: KeptLink, into image: CheckpointImage
  ) throws -> TrainingProgress {
    let checkpoint = try Checkpoint(path: file.path)
    guard let entry = try ChainEntry(checkpoint), entry.digest == file.digest, try entry.defect(in: checkpoint) == nil
    else { throw CheckpointError(.refused, file.path, "was changed while it was verified") }
    guard checkpoint.shape == image.shape else {
      throw CheckpointError(.refused, file.path, "is of another size than the settings of its link")
    }
    try checkpoint.copy(to: image.arrays, withSums: file.link?.settings["steps"] == end.link?.settings["steps"])
    return try TrainingProgress(checkpoint)
  }
}

extension [TensorRoot] {
  /// Tensors that are not the same in both, in their order.
  func differences(from other: [TensorRoot]) -> [String] {
    let known = Dictionary(other.map { ($0.name, $0) }) { first, _ in first }
    let names = Set(map(\.name))
    return filter { known[$0.name] != $0 }.map(\.name) + other.map(\.name).filter { !names.contains($0) }
  }
}
