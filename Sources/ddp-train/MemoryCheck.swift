import DataParallel
import Launch
import MPI
import Values

/// Refuses what cannot fit, before any of it is taken. Collective.
///
/// - Parameters:
///   - need: of each rank, the same on all.
///   - what: takes it, for people: "batch 1024 at d-model 64".
/// - Throws: `JobFailure` on all ranks, with what it would take and what there is.
func requireMemory(_ need: MemoryNeed, for what: String, over world: Communicator) throws {
  let limits = try world.allGather(MemoryLimits())
  let hosts = try world.allGather(Environment.processorName)
  guard let obstacle = obstacle(to: need, limits: limits, hosts: hosts) else { return }
  throw JobFailure(
    description: "\(what) \(obstacle); take a smaller batch or width, or fewer ranks on a host",
    isSpeaker: world.rank == 0)
}

/// What stands in the way of memory for this rank, by its own limits; nil where nothing does.
///
/// - Parameter ranksOnHost: that take as much at the same time.
func memoryObstacle(to need: MemoryNeed, ranksOnHost: Int) -> String? {
  let host = Environment.processorName
  return obstacle(
    to: need, limits: Array(repeating: MemoryLimits(), count: ranksOnHost),
    hosts: Array(repeating: host, count: ranksOnHost))
}

/// Memory of the program and its libraries that no array accounts for.
private let rest = 1 << 25

/// Where a limit on addresses leaves too little even for that, ends the job in one line: what is read next would end it
/// with a trap.
func requireRoomForProgram() {
  guard let left = MemoryLimits.addressesLeft, left < rest else { return }
  Environment.abort(
    because: CommandFailure("ulimit -v leaves \(bytes(left)) of addresses, and \(bytes(rest)) are the least"))
}

/// - Parameter limits: one per rank.
func obstacle(to need: MemoryNeed, limits: [MemoryLimits], hosts: [String]) -> String? {
  for (rank, own) in limits.enumerated() {
    let (addresses, atOnce) = (own.addresses ?? .max, own.promisedAtOnce ?? .max)
    let promised = own.promised ?? .max
    let place = hosts.count == 1 ? "" : " on rank \(rank), host \(hosts[rank])"
    if need.reserved + rest > addresses {
      return "reserves \(bytes(need.reserved + rest)) of addresses\(place), and ulimit -v leaves \(bytes(addresses))"
    }
    if need.largest > atOnce || need.reserved > promised {
      let (size, most) = need.largest > atOnce ? (need.largest, atOnce) : (need.reserved, promised)
      return "reserves \(bytes(size))\(place), and the system promises at most \(bytes(most))"
    }
  }
  for host in Set(hosts).sorted() {
    let ranks = hosts.indices.filter { hosts[$0] == host }
    let available = ranks.compactMap { limits[$0].available }.min() ?? .max
    guard need.touched > available / ranks.count else { continue }
    let place = hosts.count == 1 ? "" : " on each of the \(ranks.count) ranks of host \(host)"
    return "takes \(bytes(need.touched)) of memory\(place), and there are \(bytes(available)) left, "
      + "control groups' limits counted"
  }
  return nil
}
