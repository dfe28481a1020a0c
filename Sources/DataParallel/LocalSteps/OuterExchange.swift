import GPT
import Kernels
import MPI

/// Adds up over groups what their ranks have of the model and of a round, while the ranks do something else.
///
/// As many ranks of each group take part as the smallest has, each with its slice of the model, so that every slice has one
/// rank in every group. The first of them also brings what became of the round's steps.
///
/// Few groups send all they have to all others, which add it up from the first group to the last: one latency, and
/// (G − 1) · 12 P/n bytes. Many all-reduce: 2 log₂G latencies, and twice 12 P/n bytes. In a reproducible run all gather, for
/// its sum must have an order of its own.
///
/// Open MPI sends up to 64 KiB over TCP at once, and asks before it sends more, which takes two latencies: so all goes in
/// pieces below that.
final class OuterExchange {
  /// The ranks with this one's slice, one per group; nil for a rank that has none.
  private let peers: Communicator?
  private let owner: OwnedCommunicator?
  private let group: Communicator
  private let gathers: Bool
  /// Of gathered messages: a piece of each group, and then the next piece.
  private let gathered: AlignedBuffer<Float>
  private let gatheredLogs: AlignedBuffer<Double>
  /// Those that were started and not waited for: of each piece, and two of the log.
  private let requests: UnsafeMutablePointer<Request?>
  private let requestCount: Int
  private var message: UnsafeMutableBufferPointer<Float>?

  /// Groups up to which each sends to all others.
  private static let mostGathered = 4
  /// Floats.
  private static let piece = 15_000

  /// Collective.
  ///
  /// - Parameters:
  ///   - messageCount: floats of this rank's message.
  ///   - logCount: numbers of a round's log.
  init(_ groups: RankGroups, messageCount: Int, logCount: Int, reproducible: Bool, world: Communicator) throws {
    group = groups.own
    let place = group.rank
    if let owner = try world.split(color: place < groups.fewestRanks ? place : nil) {
      peers = owner.communicator
      self.owner = consume owner
    } else {
      peers = nil
      owner = nil
    }
    gathers = reproducible || groups.count <= Self.mostGathered
    gathered = AlignedBuffer(zeros: gathers ? groups.count * messageCount : 0)
    gatheredLogs = AlignedBuffer(zeros: gathers && place == 0 ? groups.count * logCount : 0)
    requestCount = (messageCount + Self.piece - 1) / Self.piece + 2
    requests = .allocate(capacity: requestCount)
    for index in 0..<requestCount { (requests + index).initialize(to: nil) }
  }

  deinit {
    requests.deinitialize(count: requestCount)
    requests.deallocate()
  }

  /// Starts to add messages and logs up.
  ///
  /// - Parameter message: of a rank that has a slice.
  func start(_ message: UnsafeMutableBufferPointer<Float>?, _ log: RoundLog) throws(MPIError) {
    log.seal()
    self.message = message
    guard let peers, let message else { return }
    var next = 0
    // The log first: it is short, and all wait for it.
    if group.rank == 0 {
      if gathers {
        requests[0] = try peers.iallGather(UnsafeBufferPointer(log.numbers.buffer), into: gatheredLogs.buffer)
      } else {
        requests[0] = try peers.iallReduce(inPlace: log.sums, .sum)
        requests[1] = try peers.iallReduce(inPlace: log.maxima, .max)
      }
      next = 2
    }
    for start in stride(from: 0, to: message.count, by: Self.piece) {
      let own = start..<min(start + Self.piece, message.count)
      let part = UnsafeMutableBufferPointer(rebasing: message[own])
      if gathers {
        let places = own.lowerBound * peers.size..<own.upperBound * peers.size
        requests[next] = try peers.iallGather(
          UnsafeBufferPointer(part), into: UnsafeMutableBufferPointer(rebasing: gathered.buffer[places]))
      } else {
        requests[next] = try peers.iallReduce(inPlace: part, .sum)
      }
      next += 1
    }
  }

  /// Lets MPI work on what was started: it moves data only inside its calls.
  func progress() throws(MPIError) {
    // One look moves all messages, whichever it looks at.
    for index in 0..<requestCount where requests[index] != nil {
      if try requests[index]?.test() == true { requests[index] = nil } else { return }
    }
  }

  /// Waits for it. Afterwards the sums are in the message and the log, on all ranks of all groups.
  func finish(_ log: RoundLog) throws(MPIError) {
    for index in 0..<requestCount {
      if let request = requests[index].take() { try request.wait() }
    }
    if gathers, let message, let peers {
      addUp(message, groups: peers.size)
      if group.rank == 0 { log.addUp(gatheredLogs.buffer) }
    }
    message = nil
    // The ranks of a group that have no part in it, too.
    try group.broadcast(log.numbers.buffer)
    log.takeSums()
  }

  /// From the first group to the last.
  private func addUp(_ message: UnsafeMutableBufferPointer<Float>, groups: Int) {
    guard let target = message.baseAddress else { return }
    for start in stride(from: 0, to: message.count, by: Self.piece) {
      let count = min(Self.piece, message.count - start)
      let all = gathered.pointer + start * groups
      (target + start).update(from: all, count: count)
      for group in 1..<groups {
        add(count: count, target + start, all + group * count, target: target + start)
      }
    }
  }
}
