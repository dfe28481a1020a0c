import Files
import GPT
import MPI

/// Compares what the ranks hold as parameters, now and then: memory fails, and replicas that have drifted apart train
/// on without a sign.
///
/// Where each rank, each domain of a host's memory, or each host has a replica of its own, all their hashes must be
/// equal. Where ranks share one, equal hashes prove nothing: there the owner of a slice hashes it as it writes it, and the
/// next rank of those that share it hashes what it finds once it has been published.
///
/// So a fault in a replica that a rank updates alone is found at the next comparison. One in a shared replica, or in one
/// that others overwrite in every step (`sharded`), is found in the steps that are compared: later all ranks have the
/// same wrong number.
///
/// Cost every k-th step: hashing P parameters or twice P/N, at about 5 GB/s, and two small gathers.
final class ReplicaCheck {
  private let world: Communicator
  private let state: ModelState
  private let layout: ReplicaLayout
  /// The slice this rank writes of a shared replica, in tile order; nil where it has its own.
  private let own: Range<Int>?
  /// Whether replicas exist that can differ.
  private let hasSeveral: Bool
  /// The rank whose slice this rank verifies: the next of those that share the replica.
  private let next: Int
  private var sealed: UInt64 = 0

  /// Collective.
  ///
  /// - Parameter replicas: how many hosts, or groups of ranks, have one each where ranks share one.
  init(
    _ synchronisation: any GradientSynchronisation, layout: ReplicaLayout, replicas: Int, state: ModelState,
    world: Communicator
  ) throws {
    (self.world, self.layout) = (world, layout)
    self.state = state
    let sharers = synchronisation.sharers
    hasSeveral = sharers == nil || replicas > 1 || synchronisation.domains > 1
    if let sharers, let replica = synchronisation.replica {
      own = replica.own
      next = try sharers.allGather(world.rank)[(sharers.rank + 1) % sharers.size]
    } else {
      (own, next) = (nil, world.rank)
    }
  }

  /// Takes the hash of what this rank has just written. Before others see it.
  func seal() {
    if let own { sealed = hash(own) }
  }

  /// Compares. Collective, after the step's parameters have been published.
  ///
  /// - Parameter step: steps done, for the message.
  /// - Throws: `JobFailure` on all ranks where replicas differ, naming the step, the ranks and their hosts.
  func compare(step: Int) throws {
    let whole = hasSeveral ? hash(0..<state.shape.parameterCount) : 0
    let slice = own ?? 0..<0
    let all = try world.allGather((start: slice.lowerBound, end: slice.upperBound, sealed: sealed, whole: whole))
    var damaged = -1
    if own != nil {
      let theirs = all[next]
      if hash(theirs.start..<theirs.end) != theirs.sealed { damaged = next }
    }
    let verdicts = try world.allGather(damaged)
    let replicas = Self.equals(all.map { $0.whole })
    guard verdicts.contains(where: { $0 >= 0 }) || replicas.count > 1 else { return }
    let hosts = try world.allGather(Environment.processorName)
    func list(_ ranks: [Int]) -> String {
      ranks.map { "rank \($0) on \(hosts[$0])" }.joined(separator: ", ")
    }
    var findings: [String] = []
    let owners = Set(verdicts.filter { $0 >= 0 }).sorted()
    if !owners.isEmpty { findings.append("what \(list(owners)) wrote is not what others find there") }
    if replicas.count > 1 {
      // Half against half, nobody knows which is right.
      let isOutvoted = 2 * replicas[0].count > world.size
      findings.append(
        isOutvoted
          ? "the parameters of \(list(replicas.dropFirst().joined().sorted())) are not those of the other ranks"
          : "the parameters of \(replicas.map(list).joined(separator: " are not those of "))")
    }
    throw JobFailure(
      description: "replicas differ after step \(step): \(findings.joined(separator: "; ")). "
        + "A faulty memory or CPU is likely; the parameters are of no use",
      isSpeaker: world.rank == 0)
  }

  /// Ranks with equal hashes together, ascending; most of them first, and of as many the lowest rank's.
  private static func equals(_ hashes: [UInt64]) -> [[Int]] {
    Dictionary(grouping: hashes.indices) { hashes[$0] }.values.sorted {
      (-$0.count, $0[0]) < (-$1.count, $1[0])
    }
  }

  private func hash(_ slice: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0
    for span in layout.spans(of: slice) {
      let own = ContentHasher.hash64(
        UnsafeRawBufferPointer(
          start: state.parameters.pointer + span.lowerBound, count: span.count * MemoryLayout<Float>.stride))
      hash = (hash ^ own) &* 0x9e37_79b9_7f4a_7c15
    }
    return hash
  }
}

/// A fault for tests of `ReplicaCheck`: one bit of a parameter flips.
public struct BitFlip: Sendable, Equatable {
  public var rank: Int
  /// Steps done, 1 after the first.
  public var step: Int

  public init(rank: Int, step: Int) {
    self.rank = rank
    self.step = step
  }
}
