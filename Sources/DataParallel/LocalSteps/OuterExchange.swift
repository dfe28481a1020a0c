import GPT
import Kernels
import MPI

/// Adds up over groups what their ranks have of the model and of a round, while the ranks do something else.
///
/// As many ranks of each group take part as the smallest has, each with its slice of the model, so that every slice has one
/// rank in every group. The first of them also brings what became of the round's steps.
///
/// Cost on G groups of n ranks: 2 log₂G · α + 2 (G − 1)/G · 12 P/n · β for each round, latency α and time per byte β
/// between groups.
final class OuterExchange {
  /// The ranks with this one's slice, one per group; nil for a rank that has none.
  private let peers: Communicator?
  private let owner: OwnedCommunicator?
  private let group: Communicator
  /// Of a reproducible run: (G, message), by group, whose sum then has an order of its own. Empty where it is MPI's.
  private let gathered: AlignedBuffer<Float>
  /// Those that were started and not waited for.
  private var model: Request?
  private var sums, maxima: Request?
  private var message: UnsafeMutableBufferPointer<Float>?

  /// Collective.
  ///
  /// - Parameters:
  ///   - messageCount: floats of this rank's message.
  init(_ groups: RankGroups, messageCount: Int, reproducible: Bool, world: Communicator) throws {
    group = groups.own
    let place = group.rank
    if let owner = try world.split(color: place < groups.fewestRanks ? place : nil) {
      peers = owner.communicator
      self.owner = consume owner
    } else {
      peers = nil
      owner = nil
    }
    gathered = AlignedBuffer(zeros: reproducible ? groups.count * messageCount : 0)
  }

  /// Starts to add messages and logs up.
  ///
  /// - Parameter message: of a rank that has a slice.
  func start(_ message: UnsafeMutableBufferPointer<Float>?, _ log: RoundLog) throws(MPIError) {
    log.seal()
    self.message = message
    guard let peers, let message else { return }
    if gathered.count > 0 {
      model = try peers.iallGather(UnsafeBufferPointer(message), into: gathered.buffer)
    } else {
      model = try peers.iallReduce(inPlace: message, .sum)
    }
    guard group.rank == 0 else { return }
    sums = try peers.iallReduce(inPlace: log.sums.buffer, .sum)
    maxima = try peers.iallReduce(inPlace: log.maxima.buffer, .max)
  }

  /// Lets MPI work on what was started: it moves data only inside its calls.
  func progress() throws(MPIError) {
    // One look moves all messages, whichever it looks at.
    _ = try model?.test()
  }

  /// Waits for it. Afterwards the sums are in the message and the log, on all ranks of all groups.
  func finish(_ log: RoundLog) throws(MPIError) {
    if let request = model.take() { try request.wait() }
    if let request = sums.take() { try request.wait() }
    if let request = maxima.take() { try request.wait() }
    if gathered.count > 0, let target = message?.baseAddress { addUp(into: target) }
    message = nil
    // The ranks of a group that have no part in it, too.
    try group.broadcast(log.sums.buffer)
    try group.broadcast(log.maxima.buffer)
    log.takeSums()
  }

  /// From the first group to the last.
  private func addUp(into target: UnsafeMutablePointer<Float>) {
    let count = message?.count ?? 0
    target.update(from: gathered.pointer, count: count)
    for start in stride(from: count, to: gathered.count, by: count) {
      add(count: count, target, gathered.pointer + start, target: target)
    }
  }
}
