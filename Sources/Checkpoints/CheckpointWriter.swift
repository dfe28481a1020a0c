import Chain
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
  /// Of a run that keeps one.
  public let chain: RunChain?
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
    /// Of a run that keeps a chain; nil where there is no link.
    public fileprivate(set) var link: ChainEntry?
  }

  private struct Job {
    var step: Int
    var losses: [Double]
    var averagedSteps: Int
    var metadata: [String: String]
    /// Whether a link is all that is wanted.
    var isLinkAlone = false
  }

  /// Starts the thread; `finish` ends it.
  ///
  /// - Parameters:
  ///   - averages, hasOuterMomentum: as of `CheckpointImage`.
  public init(
    folder: CheckpointFolder, shape: Shape, averages: Bool = false, hasOuterMomentum: Bool = false,
    chain: RunChain? = nil
  ) {
    (self.folder, self.chain) = (folder, chain)
    image = CheckpointImage(shape: shape, averages: averages, hasOuterMomentum: hasOuterMomentum)
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

  /// Writes the model that a run was given to begin with beside its checkpoints, and waits for it. Before training.
  ///
  /// - Parameter parameters: (P).
  public func storeInitial(_ parameters: UnsafePointer<Float>) throws(CheckpointError) {
    let file = StoredModel.file(parameters, image.shape)
    let result = file.withUnsafeBytes { bytes in Result { () throws(CheckpointError) in try folder.storeInitial(bytes) }
    }
    try result.get()
  }

  /// Hands the model over and returns.
  ///
  /// - Precondition: the writer is free.
  public func write(step: Int, losses: [Double], averagedSteps: Int = 0, metadata: [String: String]) {
    begin(Job(step: step, losses: losses, averagedSteps: averagedSteps, metadata: metadata))
  }

  /// Hands the model over for its link alone, and returns.
  ///
  /// - Precondition: the writer is free.
  public func link(step: Int, averagedSteps: Int) {
    begin(Job(step: step, losses: [], averagedSteps: averagedSteps, metadata: [:], isLinkAlone: true))
  }

  private func begin(_ next: Job) {
    monitor.withLock {
      precondition(!isBusy, "the last checkpoint is still being written")
      job = next
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
      do throws(CheckpointError) { try write(job, &outcome) } catch { outcome.failure = error }
      let isToBeTold = outcome.failure != nil || !outcome.complaints.isEmpty || outcome.link != nil
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

  private func write(_ job: Job, _ outcome: inout Outcome) throws(CheckpointError) {
    guard image.isFinite else {
      throw CheckpointError(.refused, folder.file(step: job.step), "not written: the model has diverged")
    }
    let link = try link(job)
    if !job.isLinkAlone {
      let metadata = job.metadata.merging(link?.metadata ?? [:]) { $1 }
      let file = try image.seal(
        step: job.step, losses: job.losses, averagedSteps: job.averagedSteps, metadata: metadata)
      outcome.complaints = try folder.store(file, step: job.step)
      if let link { chain?.take(link) }
    }
    outcome.link = link
  }

  private func link(_ job: Job) throws(CheckpointError) -> ChainEntry? {
    do throws(ChainError) {
      return try chain?.entry(step: job.step, averagedSteps: job.averagedSteps, image.arrays, image.shape)
    } catch {
      throw CheckpointError(.system, folder.file(step: job.step), "not written: \(error)")
    }
  }
}
