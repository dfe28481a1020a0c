/// Ranks that together may use fewer places than they are: not each of them can have one of its own.
public struct Crowd: Equatable, Sendable {
  /// Ascending, one more than there are places, or more.
  public var ranks: [Int]
  /// Ascending: all that these ranks may use.
  public var places: [Int]

  public init(ranks: [Int], places: [Int]) { (self.ranks, self.places) = (ranks, places) }
}

/// Matches ranks with places, such as CPUs or cores, so that each gets one it may use.
///
/// Bound ranks have one place or few each; ranks that are not bound all may use the same ones. Both are cases of the same
/// question, and so is any mixture.
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
