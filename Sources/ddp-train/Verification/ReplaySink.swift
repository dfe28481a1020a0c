import Chain
import Checkpoints
import DataParallel
import GPT

/// Takes the digests of a replayed model where a checkpoint would be kept.
final class ReplaySink: CheckpointSink {
  private let image: CheckpointImage
  private let isWanted: (Int) -> Bool
  private let onRoots: (Int, [TensorRoot]) throws -> Void
  /// Of a digest that could not be had.
  private(set) var failure: (any Error)?

  /// - Parameters:
  ///   - isWanted: whether the digests of a step are, by steps done.
  ///   - onRoots: hears of them.
  init(
    _ image: CheckpointImage, isWanted: @escaping (Int) -> Bool, onRoots: @escaping (Int, [TensorRoot]) throws -> Void
  ) {
    (self.image, self.isWanted, self.onRoots) = (image, isWanted, onRoots)
  }

  func wants(step: Int) -> Bool { isWanted(step) }

  func begin() -> ModelArrays { image.arrays }

  func commit(_ progress: TrainingProgress) {
    guard failure == nil, isWanted(progress.steps) else { return }
    do {
      try onRoots(progress.steps, image.arrays.roots(image.shape, averaged: progress.averagedSteps > 0))
    } catch {
      failure = error
    }
  }
}
