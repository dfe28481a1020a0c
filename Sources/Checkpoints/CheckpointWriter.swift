import Foundation
import GPT
import Synchronization

/// Writes checkpoints on a thread of its own, one at a time, so that training need not wait for a disk.
///
/// The model belongs to the caller while the writer is free, and to the writer from `write` on until it is free again.
public final class CheckpointWriter: @unchecked Sendable {
  // Unchecked: `image` changes hands with `state`, and the rest with the monitor's lock.
  private let folder: CheckpointFolder
  private let image: CheckpointImage
  private let monitor = Monitor()
  private var job: Job?
  private var outcome: Outcome?
  private var isFinishing = false
  private let state = Atomic<UInt8>(State.free.rawValue)

  private enum State: UInt8 { case free, told, busy }

  /// What is to be said of a checkpoint.
  public struct Outcome: Sendable, Equatable {
    /// Why it is not there; nil where it is.
    public fileprivate(set) var failure: CheckpointError?
    /// What is wrong although it is there.
    public fileprivate(set) var complaints: [CheckpointError] = []
  }

  private struct Job {
    var step: Int
    var losses: [Double]
    var averagedSteps: Int
    var metadata: [String: String]
  }

  /// Starts the thread; `finish` ends it.
  ///
  /// - Parameter averages: as of `CheckpointImage`.
  public init(folder: CheckpointFolder, shape: Shape, averages: Bool = false) {
    self.folder = folder
    image = CheckpointImage(shape: shape, averages: averages)
    let thread = Thread { self.work() }
    thread.start()
  }

  /// Where the model goes while the writer is free.
  public var arrays: ModelArrays { image.arrays }

  /// Cheap enough to ask in every step.
  public var isBusy: Bool { state.load(ordering: .acquiring) == State.busy.rawValue }

  /// What is to be said of the last checkpoint; nil where all is well, and until it is known. Asking forgets it.
  public func takeOutcome() -> Outcome? {
    guard state.load(ordering: .acquiring) == State.told.rawValue else { return nil }
    return monitor.withLock {
      state.store(State.free.rawValue, ordering: .releasing)
      return outcome.take()
    }
  }

  /// - Parameter late: runs once, with the checkpoint's file, where it is not written after 2 seconds.
  public func waitUntilFree(late: (String) -> Void = { _ in }) {
    let step = monitor.withLock {
      monitor.wait(seconds: 2) { isBusy }
      return isBusy ? job?.step : nil
    }
    guard let step else { return }
    late(folder.file(step: step))
    monitor.withLock { monitor.wait { isBusy } }
  }

  /// Hands the model over and returns.
  ///
  /// - Precondition: the writer is free.
  public func write(step: Int, losses: [Double], averagedSteps: Int = 0, metadata: [String: String]) {
    monitor.withLock {
      precondition(!isBusy, "the last checkpoint is still being written")
      job = Job(step: step, losses: losses, averagedSteps: averagedSteps, metadata: metadata)
      state.store(State.busy.rawValue, ordering: .releasing)
      monitor.broadcast()
    }
  }

  /// Waits for what is being written, ends the thread and lets the folder go. The writer is of no use afterwards.
  ///
  /// - Parameter late: as of `waitUntilFree`.
  public func finish(late: (String) -> Void = { _ in }) {
    waitUntilFree(late: late)
    monitor.withLock {
      isFinishing = true
      monitor.broadcast()
    }
    folder.release()
  }

  private func work() {
    // Here, and not before it runs: only then the system hears of it too.
    Thread.current.name = "checkpoints"
    while let job = nextJob() {
      var outcome = Outcome()
      do throws(CheckpointError) { outcome.complaints = try write(job) } catch { outcome.failure = error }
      let isToBeTold = outcome.failure != nil || !outcome.complaints.isEmpty
      monitor.withLock {
        self.outcome = isToBeTold ? outcome : nil
        self.job = nil
        state.store(isToBeTold ? State.told.rawValue : State.free.rawValue, ordering: .releasing)
        monitor.broadcast()
      }
    }
  }

  private func nextJob() -> Job? {
    monitor.withLock {
      monitor.wait { job == nil && !isFinishing }
      return job
    }
  }

  private func write(_ job: Job) throws(CheckpointError) -> [CheckpointError] {
    guard image.isFinite else {
      throw CheckpointError(.refused, folder.file(step: job.step), "not written: the model has diverged")
    }
    let file = try image.seal(
      step: job.step, losses: job.losses, averagedSteps: job.averagedSteps, metadata: job.metadata)
    return try folder.store(file, step: job.step)
  }
}
