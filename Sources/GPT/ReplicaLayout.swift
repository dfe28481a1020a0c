/// What a replica of the model consists of: P parameters, the weights an engine derives from them for its forward
/// pass, and where both may be cut between owners.
///
/// Ranks that share a replica each write a part of it. An owner of a slice writes its parameters and the weights
/// derived from them; two owners' writes never meet in a cache line.
public struct ReplicaLayout: Sendable {
  /// Parameters that follow each other, and how many lie between two places where they may be cut.
  public struct Run: Sendable, Equatable {
    public var range: Range<Int>
    public var grain: Int

    /// - Parameter grain: a multiple of 16 floats, counted from the beginning of `range`.
    public init(range: Range<Int>, grain: Int) {
      self.range = range
      self.grain = grain
    }
  }

  /// Floats of derived weights.
  public let derivedCount: Int
  /// All parameters, in order.
  public let runs: [Run]

  public init(derivedCount: Int, runs: [Run]) {
    self.derivedCount = derivedCount
    self.runs = runs
  }

  /// P
  public var parameterCount: Int { runs.last?.range.upperBound ?? 0 }

  /// Cuts 0..<P into `count` slices in order, each end at the permitted place nearest to an even cut: no slice is
  /// larger than P / `count` plus one grain. Where grains are larger than slices some are empty.
  public func slices(_ count: Int) -> [Range<Int>] {
    let cuts = (0...count).map { nearestCut(to: $0 * parameterCount / count) }
    return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
  }

  private func nearestCut(to index: Int) -> Int {
    guard let run = runs.first(where: { index < $0.range.upperBound }) else { return parameterCount }
    let below = run.range.lowerBound + (index - run.range.lowerBound) / run.grain * run.grain
    let above = min(below + run.grain, run.range.upperBound)
    return index - below <= above - index ? below : above
  }
}
