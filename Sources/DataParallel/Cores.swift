import CSpin
import MPI

/// Whether each rank of a node can have a core of its own: whether ranks can be matched with CPUs so that each gets
/// one it may run on.
///
/// Bound ranks have one CPU or few each; ranks that are not bound all may use the same ones. Both are cases of the
/// same question, and so is any mixture.
///
/// - Parameter masks: for each rank the CPUs it may use, one bit each.
///
/// Source: augmenting paths in a bipartite graph (Kuhn, "The Hungarian method for the assignment problem", 1955).
func eachHasACore(_ masks: [[UInt64]]) -> Bool {
  let allowed = masks.map { mask -> [Int] in
    (0..<mask.count * 64).filter { (cpu: Int) -> Bool in
      let bit: UInt64 = 1 << UInt64(cpu % 64)
      return mask[cpu / 64] & bit != 0
    }
  }
  var rankOf: [Int: Int] = [:]
  func place(_ rank: Int, _ seen: inout Set<Int>) -> Bool {
    for cpu in allowed[rank] where seen.insert(cpu).inserted {
      guard let other = rankOf[cpu], !place(other, &seen) else {
        rankOf[cpu] = rank
        return true
      }
    }
    return false
  }
  return allowed.indices.allSatisfy { rank in
    var seen: Set<Int> = []
    return place(rank, &seen)
  }
}

/// Asks the ranks of a node for their CPUs. Collective; false where a system does not tell.
func eachHasACore(on node: Communicator) throws -> Bool {
  var mask = [UInt64](repeating: 0, count: Int(CSPIN_MASK_WORDS))
  if cspin_allowed_cpus(&mask) != 0 { mask = mask.map { _ in 0 } }
  let all = try node.allGather(mask)
  return eachHasACore((0..<node.size).map { Array(all[$0 * mask.count..<($0 + 1) * mask.count]) })
}
