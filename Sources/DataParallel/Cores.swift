import CSystem
import MPI

/// Ranks that together may use fewer places than they are: not each of them can have one of its own.
public struct Crowd: Equatable, Sendable {
  /// Ascending, one more than there are places, or more.
  public var ranks: [Int]
  /// Ascending: all that these ranks may use.
  public var places: [Int]
}

/// Matches ranks with places, such as CPUs or cores, so that each gets one it may use.
///
/// - Parameter allowed: for each rank the places it may use.
/// - Returns: where that fails, and why. Empty where each rank can have a place of its own.
///
/// Source: augmenting paths in a bipartite graph (Kuhn, "The Hungarian method for the assignment problem", 1955); the
/// ranks and places seen by a search that fails are a set that violates Hall's condition.
public func crowds(_ allowed: [[Int]]) -> [Crowd] {
  var rankOf: [Int: Int] = [:]
  func place(_ rank: Int, _ seen: inout Set<Int>) -> Bool {
    for spot in allowed[rank] where seen.insert(spot).inserted {
      guard let other = rankOf[spot], !place(other, &seen) else {
        rankOf[spot] = rank
        return true
      }
    }
    return false
  }
  var ranksOn: [[Int]: Set<Int>] = [:]
  for rank in allowed.indices {
    var seen: Set<Int> = []
    if place(rank, &seen) { continue }
    ranksOn[seen.sorted(), default: []].formUnion(seen.compactMap { rankOf[$0] } + [rank])
  }
  let found = ranksOn.map { Crowd(ranks: $0.value.sorted(), places: $0.key) }
  return found.sorted { $0.ranks.lexicographicallyPrecedes($1.ranks) }
}

/// The CPUs of a mask of one bit each, ascending.
func cpus(of mask: [UInt64]) -> [Int] {
  (0..<mask.count * 64).filter { (cpu: Int) -> Bool in
    let bit: UInt64 = 1 << UInt64(cpu % 64)
    return mask[cpu / 64] & bit != 0
  }
}

/// Whether each rank of a host can have a core of its own: whether ranks can be matched with CPUs so that each gets
/// one it may run on.
///
/// Bound ranks have one CPU or few each; ranks that are not bound all may use the same ones. Both are cases of the
/// same question, and so is any mixture.
///
/// - Parameter masks: for each rank the CPUs it may use, one bit each.
func eachHasACore(_ masks: [[UInt64]]) -> Bool { crowds(masks.map(cpus)).isEmpty }

/// The CPUs that this thread may use, ascending; empty where a system does not tell.
public func allowedCPUs() -> [Int] { cpus(of: allowedMask()) }

private func allowedMask() -> [UInt64] {
  var mask = [UInt64](repeating: 0, count: Int(CSYSTEM_MASK_WORDS))
  return csystem_allowed_cpus(&mask) == 0 ? mask : mask.map { _ in 0 }
}

/// Asks the ranks of a host for their CPUs. Collective; false where a system does not tell.
func eachHasACore(on host: Communicator) throws(MPIError) -> Bool {
  let mask = allowedMask()
  let all = try host.allGather(mask)
  return eachHasACore((0..<host.size).map { Array(all[$0 * mask.count..<($0 + 1) * mask.count]) })
}
