/// What a replica of the model consists of: P parameters, the weights an engine derives from them for its forward
/// pass, and where both may be cut between owners.
///
/// Ranks that share a replica each write a part of it. An owner of a slice writes its parameters and the weights
/// derived from them; two owners' writes never meet in a cache line.
///
/// A slice is a range in *tile order*: parameters in canonical order, but that a matrix is a row of stripes, 16 rows each,
/// and a stripe a row of tiles, 16 columns each. A line of a tile's copy has one column of it, a line of the tile itself one
/// row: no smaller part of a matrix has both to itself. Where a slice cuts no stripe both orders are the same.
public struct ReplicaLayout: Sendable {
  /// Parameters that follow each other.
  public struct Run: Sendable, Equatable {
    public var range: Range<Int>
    /// Of a matrix of which there is a copy; nil for parameters that may be cut between any two lines.
    public var columns: Int?

    public init(range: Range<Int>, columns: Int? = nil) {
      self.range = range
      self.columns = columns
    }

    /// The stripe of a matrix that an index is in, or the line.
    fileprivate func stripe(at index: Int) -> Range<Int> {
      let size = ReplicaLayout.tile * (columns ?? 1)
      let start = range.lowerBound + (index - range.lowerBound) / size * size
      return start..<min(start + size, range.upperBound)
    }

    /// How many parameters lie between two places in a stripe where it may be cut.
    fileprivate func grain(of stripe: Range<Int>, _ cuts: Cuts) -> Int {
      guard let columns, cuts == .tiles else { return stripe.count }
      return stripe.count / columns * ReplicaLayout.tile
    }
  }

  /// Where matrices may be cut.
  public enum Cuts: Sendable {
    /// Between stripes: slices are ranges in canonical order, too.
    case stripes
    /// Between tiles.
    case tiles
  }

  /// Rows, and columns, of a tile.
  public static let tile = 16

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

  /// Cuts 0..<P into `count` slices in tile order, each end at the permitted place nearest to an even cut: no slice is
  /// larger than P / `count` plus one stripe or tile. Where those are larger than slices some are empty.
  public func slices(_ count: Int, _ cuts: Cuts) -> [Range<Int>] {
    let ends = (0...count).map { nearestCut(to: $0 * parameterCount / count, cuts) }
    return zip(ends, ends.dropFirst()).map { $0..<$1 }
  }

  private func nearestCut(to index: Int, _ cuts: Cuts) -> Int {
    guard let run = runs.first(where: { index < $0.range.upperBound }) else { return parameterCount }
    let stripe = run.stripe(at: index)
    let grain = run.grain(of: stripe, cuts)
    let below = stripe.lowerBound + (index - stripe.lowerBound) / grain * grain
    let above = min(below + grain, stripe.upperBound)
    return index - below <= above - index ? below : above
  }

  /// What a slice has, as ranges of canonical order, none of which touch.
  ///
  /// - Parameter slice: in tile order, of whole tiles.
  public func spans(of slice: Range<Int>) -> [Range<Int>] {
    var spans: [Range<Int>] = []
    func add(_ span: Range<Int>) {
      if let last = spans.last, last.upperBound == span.lowerBound {
        spans[spans.count - 1] = last.lowerBound..<span.upperBound
      } else {
        spans.append(span)
      }
    }
    for run in runs {
      let part = slice.clamped(to: run.range)
      guard !part.isEmpty else { continue }
      guard let columns = run.columns else {
        add(part)
        continue
      }
      var index = part.lowerBound
      while index < part.upperBound {
        let stripe = run.stripe(at: index)
        let own = part.clamped(to: stripe)
        for row in Self.rows(of: own, in: stripe, columns: columns) { add(row) }
        index = stripe.upperBound
      }
    }
    return spans
  }

  /// What a part of a stripe has of each of its rows, or all of it at once.
  ///
  /// - Parameter part: in tile order, of whole tiles.
  private static func rows(of part: Range<Int>, in stripe: Range<Int>, columns: Int) -> [Range<Int>] {
    guard part != stripe else { return [stripe] }
    let own = Self.columns(of: part, in: stripe, columns: columns)
    return (0..<stripe.count / columns).map { row in
      let start = stripe.lowerBound + row * columns
      return start + own.lowerBound..<start + own.upperBound
    }
  }

  /// The columns of a part of a stripe.
  static func columns(of part: Range<Int>, in stripe: Range<Int>, columns: Int) -> Range<Int> {
    let rows = stripe.count / columns
    let own = (part.lowerBound - stripe.lowerBound) / rows..<(part.upperBound - stripe.lowerBound) / rows
    precondition(own.lowerBound % tile == 0 && own.upperBound % tile == 0, "not whole tiles")
    return own
  }
}
