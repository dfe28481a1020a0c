import CSIMD
import MPI

/// Tells other ranks of a request to stop, and hears of theirs, while each does work of its own.
private final class StopNews {
  private let world: Communicator
  private var hasTold = false
  private var nextLook: UInt64 = 0

  private static let tag = 7150
  /// Nanoseconds between two looks for messages.
  private static let interval: UInt64 = 500_000

  init(_ world: Communicator) { self.world = world }

  func look() throws(MPIError) {
    guard world.size > 1 else { return }
    if StopSignal.isRequested {
      guard !hasTold, try !world.hasMessage(tag: Self.tag) else { return }
      hasTold = true
      for rank in 0..<world.size where rank != world.rank { try world.send(true, to: rank, tag: Self.tag) }
      return
    }
    let now = csimd_nanoseconds()
    guard now >= nextLook else { return }
    nextLook = now + Self.interval
    if try world.hasMessage(tag: Self.tag) { StopSignal.note() }
  }

  /// Receives what others have said, also what was said too late. Collective.
  func end() throws(MPIError) {
    let tellers = try world.allGather(hasTold)
    for rank in tellers.indices where tellers[rank] && rank != world.rank {
      _ = try world.receive(Bool.self, from: rank, tag: Self.tag)
    }
  }
}

extension Communicator {
  /// Runs `work` on every rank, none of which needs another for it; one that has done its own sleeps until all have. A
  /// request to stop, to any of them, reaches all. Collective.
  ///
  /// - Parameter work: is given what it must call now and then. It does nothing collective.
  /// - Throws: as `onEveryRank`: `Stopped` or `JobFailure` on all ranks.
  public func apart<Result>(_ work: (_ between: @escaping () throws -> Void) throws -> Result) throws -> Result {
    let news = StopNews(self)
    let own = Swift.Result { try work { try news.look() } }
    try rest { () throws(MPIError) in try news.look() }
    try news.end()
    return try onEveryRank(of: self) { try own.get() }
  }
}
