import Foundation
import GPT
import Synchronization

/// Writes checkpoints on a thread of its own, one at a time, so that training need not wait for a disk.
///
/// The model belongs to the caller while the writer is free, and to the writer from `write` on until it is free again.
public final class CheckpointWriter: @unchecked Sendable {
  // Unchecked: `image` changes hands with `state`, and the job with the condition.
  private let folder: CheckpointFolder
  private let image: CheckpointImage
  private let condition = NSCondition()
  private var job: Job?
  private var lastFailure: CheckpointError?
  private var isFinishing = false
  private let state = Atomic<UInt8>(State.free.rawValue)

  private enum State: UInt8 { case free, failed, busy }

  private struct Job {
    var step: Int
    var losses: [Double]
    var metadata: [String: String]
  }

  /// Starts the thread; `finish` ends it.
  public init(folder: CheckpointFolder, shape: Shape) {
    self.folder = folder
    image = CheckpointImage(shape: shape)
    let thread = Thread { self.work() }
    thread.start()
  }

  /// Where the model goes while the writer is free.
  public var arrays: ModelArrays { image.arrays }

  /// Cheap enough to ask in every step.
  public var isBusy: Bool { state.load(ordering: .acquiring) == State.busy.rawValue }

  /// Why the last checkpoint was not written; nil where it was, and until it is known. Asking forgets it.
  public func takeFailure() -> CheckpointError? {
    guard state.load(ordering: .acquiring) == State.failed.rawValue else { return nil }
    condition.lock()
    defer { condition.unlock() }
    state.store(State.free.rawValue, ordering: .releasing)
    return lastFailure.take()
  }

  public func waitUntilFree() {
    condition.lock()
    defer { condition.unlock() }
    while isBusy { condition.wait() }
  }

  /// Hands the model over and returns.
  ///
  /// - Precondition: the writer is free.
  public func write(step: Int, losses: [Double], metadata: [String: String]) {
    condition.lock()
    defer { condition.unlock() }
    precondition(!isBusy, "the last checkpoint is still being written")
    job = Job(step: step, losses: losses, metadata: metadata)
    state.store(State.busy.rawValue, ordering: .releasing)
    condition.broadcast()
  }

  /// Waits for what is being written, and ends the thread. The writer is of no use afterwards.
  public func finish() {
    condition.lock()
    defer { condition.unlock() }
    while isBusy { condition.wait() }
    isFinishing = true
    condition.broadcast()
  }

  private func work() {
    // Here, and not before it runs: only then the system hears of it too.
    Thread.current.name = "checkpoints"
    while let job = nextJob() {
      var failure: CheckpointError?
      do throws(CheckpointError) { try write(job) } catch { failure = error }
      condition.lock()
      lastFailure = failure
      self.job = nil
      state.store(failure == nil ? State.free.rawValue : State.failed.rawValue, ordering: .releasing)
      condition.broadcast()
      condition.unlock()
    }
  }

  private func nextJob() -> Job? {
    condition.lock()
    defer { condition.unlock() }
    while job == nil, !isFinishing { condition.wait() }
    return job
  }

  private func write(_ job: Job) throws(CheckpointError) {
    guard image.isFinite else {
      throw CheckpointError(.refused, folder.file(step: job.step), "not written: the model has diverged")
    }
    let file = try image.seal(step: job.step, losses: job.losses, metadata: job.metadata)
    try folder.store(file, step: job.step)
  }
}
