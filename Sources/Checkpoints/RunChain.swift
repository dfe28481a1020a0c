import Chain
import GPT
import Synchronization

/// The chain of a run that is being trained: what its next link is, and how long the digests took.
///
/// Links are the start, the steps at which the chain holds one, and the last. A link between those, of a checkpoint on the
/// way or in the metrics, hangs on the last one and has none after it: so the chain does not depend on how often a run was
/// stopped.
public final class RunChain: Sendable {
  public let terms: ChainEntry.Terms
  /// Whether the chain has a link of this step, by steps done.
  public let holds: @Sendable (Int) -> Bool
  private let state = Mutex(State())

  private struct State {
    /// That the next one hangs on.
    var last: Place?
    var head: ChainHead?
    var cost = ChainCost()
  }

  private struct Place {
    let number, step: Int
    let digest: Digest
  }

  public init(_ terms: ChainEntry.Terms, holds: @escaping @Sendable (Int) -> Bool) {
    (self.terms, self.holds) = (terms, holds)
  }

  /// The newest link; nil before the chain begins.
  public var head: ChainHead? { state.withLock(\.head) }

  public var cost: ChainCost { state.withLock(\.cost) }

  /// Training stood still for so long.
  public func addPause(nanoseconds: UInt64) {
    state.withLock { $0.cost.pause += Double(nanoseconds) * 1e-9 }
  }

  /// Begins with a run's first model.
  ///
  /// - Throws: `ChainError`.
  public func begin(_ arrays: ModelArrays, _ shape: Shape) throws(ChainError) {
    take(try entry(step: 0, averagedSteps: 0, arrays, shape))
  }

  /// Goes on after a checkpoint.
  public func resume(after entry: ChainEntry) {
    let link = entry.link
    state.withLock { state in
      state.last =
        holds(link.step)
        ? Place(number: link.number, step: link.step, digest: entry.digest)
        : Place(number: link.number - 1, step: link.previousStep, digest: link.previous)
      state.head = ChainHead(digest: entry.digest, links: link.number + 1)
    }
  }

  /// A step's link, which the chain does not hold yet.
  ///
  /// - Parameter averagedSteps: how many steps the sums are of.
  /// - Throws: `ChainError`.
  func entry(
    step: Int, averagedSteps: Int, _ arrays: ModelArrays, _ shape: Shape
  ) throws(ChainError) -> ChainEntry {
    let start = ContinuousClock.now
    let last = state.withLock(\.last)
    let entry = try ChainEntry(
      ChainLink(
        number: last.map { $0.number + 1 } ?? 0, step: step, previousStep: last?.step ?? 0,
        previous: last?.digest ?? .zeros, program: last == nil ? ChainLink.noProgram : terms.program,
        names: terms.names,
        averagedSteps: averagedSteps,
        settings: terms.settings, tensors: try arrays.roots(shape, averaged: averagedSteps > 0)))
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    state.withLock { state in
      state.cost.links += 1
      state.cost.seconds += seconds
    }
    return entry
  }

  /// A link is kept: the next ones hang on it where the chain holds it. One that could not be kept is none of the chain.
  func take(_ entry: ChainEntry) {
    let link = entry.link
    state.withLock { state in
      if state.last == nil || holds(link.step) {
        state.last = Place(number: link.number, step: link.step, digest: entry.digest)
      }
      state.head = ChainHead(digest: entry.digest, links: link.number + 1)
    }
  }
}

/// The newest link of a chain: who has it can check all that it hangs on.
public struct ChainHead: Sendable, Equatable {
  public let digest: Digest
  /// From the start to this one.
  public let links: Int
}

/// What the digests of a process took.
public struct ChainCost: Sendable {
  public var links = 0
  /// On whatever thread.
  public var seconds = 0.0
  /// That training stood still, for these and for checkpoints: waiting for the thread, and copying the model.
  public var pause = 0.0
}
