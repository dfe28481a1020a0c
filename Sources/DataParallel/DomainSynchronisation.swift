import Files
import GPT
import Kernels
import MPI

/// Ranks of one host whose memory lies in several domains: `SharedSynchronisation` in two levels.
///
/// Each domain has a replica in memory of its own, and the sum of its ranks' gradients, which the others read. Every domain
/// updates all of its replica: what crosses between domains is one sum per domain and step, and no parameter.
///
/// A step: barrier of the domain; each rank adds a part of its domain's gradients up, in the order of the ranks; barrier of
/// the host, with losses and requests; each rank updates its slice of the domain's replica by the sums of all domains, added
/// up in their order; barrier of the domain. There are two sums of a domain, for odd and even steps: one may still be read
/// while the next is written.
///
/// There are as many slices as the smallest domain has ranks, so that the same slice has an owner in every domain.
///
/// Cost on K domains with n ranks each, with barriers' times b in a domain and B of the host, time β to read a byte that
/// another core of the domain wrote, β′ one of another domain, and Adam's time γ per parameter:
/// 2 b + B + 4 P · β + 4 P/n · (β + (K − 1) β′) + P/n · γ.
/// Into a domain come 4 (K − 1) P bytes per step, where `SharedSynchronisation` has each of its ranks read parameters and
/// gradients of all others.
public final class DomainSynchronisation: GradientSynchronisation {
  private let group: OwnedCommunicator
  /// Of this domain.
  private let memory: HostMemory
  private let everybody: HostBarrier
  private let sums: DomainSums
  private var totals = StepTotals(lossSum: 0)
  /// Bytes that this rank's domain reads of the others per step.
  let bytesFromOthers: Int

  public let domains: Int

  public var gradients: [UnsafeMutablePointer<Float>] { memory.ownGradients }

  public var replica: Replica? { memory.replica }

  public var sharers: Communicator? { memory.host }

  public var slice: Range<Int> { memory.replica.own }

  public var sliceSpans: [Range<Int>] { memory.replica.ownSpans }

  /// Collective.
  ///
  /// - Parameters:
  ///   - tree: the order of a reproducible run's sums; nil for that of ranks and domains.
  ///   - host: all ranks, on one host. It must outlive this.
  init(layout: ReplicaLayout, tree: SummationTree?, domains: Domains, host: Communicator) throws {
    guard let group = try host.split(color: domains.ofRank[host.rank]) else { preconditionFailure("no domain") }
    let own = group.communicator
    self.domains = domains.count
    let slices = layout.slices(domains.fewestRanks, .tiles)
    let end = layout.parameterCount
    let slice = own.rank < slices.count ? slices[own.rank] : end..<end
    let spins = try eachHasACore(on: host)
    let nodes = tree.map { tree in
      domains.ranks(in: domains.ofRank[host.rank]).map { tree.nodes(in: tree.leaves(rank: $0, ranks: host.size)) }
    }
    let memory = try HostMemory.make(
      layout: layout, own: slice, room: .gradients(nodes?.map(\.count)), spins: spins, host: own, world: host)
    let everybody = try HostBarrier(host: host, spins: spins)
    do {
      sums = try DomainSums(
        layout: layout, tree: tree, gradients: Gradients(memory.gradients.buffer), domains: domains, group: own,
        host: host)
    } catch let error as MPIError where error.errorClass == .noMemory {
      try everybody.close()
      try memory.close()
      throw try SynchronisationError.sharedMemory(
        needed: Self.bytes(layout: layout, tree: tree, domains: domains), available: FolderRoom.sharedMemory.free ?? 0,
        onHostOf: 0, world: host)
    }
    (self.memory, self.everybody) = (memory, everybody)
    bytesFromOthers = try own.allReduce(sums.foreign * slice.count * MemoryLayout<Float>.stride, .sum)
    self.group = consume group
  }

  /// Of shared memory that a host needs.
  static func bytes(layout: ReplicaLayout, tree: SummationTree?, domains: Domains) -> Int {
    let ranks = domains.ofRank.count
    func gradients(_ rank: Int) -> Int {
      tree.map { $0.nodes(in: $0.leaves(rank: rank, ranks: ranks)).count } ?? 1
    }
    let memories = (0..<domains.count).map { domain in
      let own = domains.ranks(in: domain)
      let floats = HostMemory.floats(gradients: own.map(gradients).reduce(0, +), layout: layout)
      return HostMemory.bytes(layout: layout, ranks: own.count, floats: floats)
    }
    return memories.reduce(0, +) + DomainSums.bytes(layout: layout, tree: tree, domains: domains)
      + ranks * (HostBarrier.bytesPerRank(ranks: ranks) + HostWindow.page)
  }

  public func waitForAll() throws { try everybody.pass() }

  /// Afterwards the sums of all domains are there.
  public func exchange(_ own: StepTotals) throws {
    try memory.barrier.pass()
    sums.addUp()
    totals = try everybody.pass(with: own)
  }

  public func update(_ slice: AdamSlice, engine: any Engine) {
    sums.withGradients(of: memory.replica.ownSpans) { engine.adam(slice, gradients: $0) }
  }

  /// Afterwards all parameters of the domain are there.
  public func publish(to engine: any Engine) throws -> StepTotals {
    try memory.barrier.pass()
    return totals
  }

  public func close() throws {
    try sums.close()
    try everybody.close()
    try memory.close()
  }
}

/// The sums of each domain's gradients, in memory that all ranks of a host read: of all of a domain's ranks, or, in a
/// reproducible run, one for each of the largest tree nodes that the domain has alone.
private final class DomainSums {
  private var window: SharedWindow<Float>?
  /// The domain's ranks' gradients.
  private let gradients: Gradients
  /// What of the domain's gradients this rank adds up. An even part: all of it is there for all before anybody updates.
  private let part: Range<Int>
  /// By the step's parity: where this domain's sums go.
  private let own: [[UnsafeMutablePointer<Float>]]
  /// (2, `count`): by the step's parity, those of all domains in order.
  private let all: AlignedBuffer<UnsafePointer<Float>>
  private let count: Int
  /// How many of a step's are other domains'.
  let foreign: Int
  /// Of a reproducible run: one for each of `own`, and, by parity, the rest of the tree.
  private let treeSums: [TreeSum]
  private let rest: [TreeSum]
  private var parity = 0

  /// Floats whose lines are taken at a time.
  private static let block = 1024

  /// Collective over the host.
  ///
  /// - Parameters:
  ///   - gradients: of this rank's domain, in the order of its ranks, and of their tree nodes.
  ///   - group: the ranks of this rank's domain.
  init(
    layout: ReplicaLayout, tree: SummationTree?, gradients: Gradients, domains: Domains, group: Communicator,
    host: Communicator
  ) throws {
    self.gradients = gradients
    let (parameters, stride) = (layout.parameterCount, Self.padded(layout))
    let domain = domains.ofRank[host.rank]
    let nodes = tree.map { tree in (0..<domains.count).map { Self.nodes(of: $0, tree, domains) } }
    let counts = (0..<domains.count).map { nodes?[$0].count ?? 1 }
    part = Self.part(group.rank, of: group.size, count: parameters)
    let leader = domains.ranks(in: domain)[0]
    let window = try SharedWindow<Float>(
      on: host, count: host.rank == leader ? 2 * counts[domain] * stride : 0, alignment: Int(CacheLine.bytes),
      touched: false)
    // Each rank's part lies near to it, of both steps and of all nodes.
    do {
      let (first, last) = (part.lowerBound, part.upperBound)
      try window.provide((0..<2 * counts[domain]).map { (leader, $0 * stride + first..<$0 * stride + last) })
    } catch {
      try window.free()
      throw error
    }
    let starts = (0..<domains.count).map { domain in
      guard let start = window.segment(of: domains.ranks(in: domain)[0]).baseAddress else {
        preconditionFailure("no memory for sums")
      }
      return (0..<2 * counts[domain]).map { start + $0 * stride }
    }
    own = (0..<2).map { parity in Array(starts[domain][parity * counts[domain]..<(parity + 1) * counts[domain]]) }
    let pointers = (0..<2).flatMap { parity in
      starts.indices.flatMap { starts[$0][parity * counts[$0]..<(parity + 1) * counts[$0]] }
    }
    all = AlignedBuffer(zeros: pointers.count)
    for (index, pointer) in pointers.enumerated() { all[index] = UnsafePointer(pointer) }
    count = pointers.count / 2
    foreign = count - counts[domain]
    if let tree, let nodes {
      let ranges = domains.ranks(in: domain).flatMap { tree.nodes(in: tree.leaves(rank: $0, ranks: host.size)) }
      treeSums = nodes[domain].map {
        TreeSum(tree, root: $0, nodes: Array(gradients), ranges: ranges, parameterCount: parameters)
      }
      let half = count
      rest = (0..<2).map { parity in
        TreeSum(
          tree, nodes: pointers[parity * half..<(parity + 1) * half].map { UnsafePointer($0) },
          ranges: nodes.flatMap { $0 }, parameterCount: parameters)
      }
    } else {
      (treeSums, rest) = ([], [])
    }
    self.window = consume window
  }

  private static func padded(_ layout: ReplicaLayout) -> Int { CacheLine.padded(layout.parameterCount, lines: 2) }

  private static func nodes(of domain: Int, _ tree: SummationTree, _ domains: Domains) -> [Range<Int>] {
    let leaves = Set(
      domains.ranks(in: domain).flatMap { Array(tree.leaves(rank: $0, ranks: domains.ofRank.count)) })
    return tree.nodes(of: leaves.contains)
  }

  /// Even parts of (count), cut between pairs of cache lines.
  private static func part(_ rank: Int, of ranks: Int, count: Int) -> Range<Int> {
    let grain = 2 * CacheLine.bytes / MemoryLayout<Float>.stride
    let grains = (count + grain - 1) / grain
    return min(rank * grains / ranks * grain, count)..<min((rank + 1) * grains / ranks * grain, count)
  }

  static func bytes(layout: ReplicaLayout, tree: SummationTree?, domains: Domains) -> Int {
    let counts = (0..<domains.count).map { domain in tree.map { nodes(of: domain, $0, domains).count } ?? 1 }
    return counts.reduce(0) { $0 + 2 * $1 * padded(layout) * MemoryLayout<Float>.stride }
      + domains.ofRank.count * HostWindow.page
  }

  /// Adds this rank's part of the domain's gradients up, of a step after the last one.
  func addUp() {
    parity = 1 - parity
    for (sum, target) in zip(treeSums, own[parity]) {
      sum.sum(part)
      (target + part.lowerBound).update(from: sum.sums + part.lowerBound, count: part.count)
    }
    // A domain whose ranks are beyond the micro-shards has none to add up.
    guard rest.isEmpty else { return }
    let target = own[parity][0]
    for start in stride(from: part.lowerBound, to: part.upperBound, by: Self.block) {
      let block = start..<min(start + Self.block, part.upperBound)
      // Other domains have read the lines since they were written.
      takeOver(count: block.count, target + start)
      Kernels.sum(
        ElementBlock(block), sources: gradients, target: target + start, following: part.upperBound - block.upperBound)
    }
  }

  /// Once all domains' sums are there: hands them over, or, of a reproducible run, what they come to in `spans`.
  func withGradients(of spans: [Range<Int>], _ body: (Gradients) -> Void) {
    guard !rest.isEmpty else { return body(Gradients(start: all.pointer + parity * count, count: count)) }
    for span in spans { rest[parity].sum(span) }
    withUnsafePointer(to: rest[parity].sums) { body(Gradients(start: $0, count: 1)) }
  }

  /// Collective over the host.
  func close() throws { try window.take()?.free() }
}
