/// Pairs of token and position, each once, in the order in which they first come.
public struct PairList: ~Copyable {
  public private(set) var count = 0
  /// (count)
  public let token, position: AlignedBuffer<Int32>

  private let sharing: Bool
  /// (16 · 27): one more than the place of a pair, or 0.
  private let places: AlignedBuffer<Int32>
  /// The first pair that is still known.
  private var firstKnown = 0

  /// - Parameters:
  ///   - most: pairs.
  ///   - sharing: whether a pair that comes again is the same; otherwise each is a new one.
  init(most: Int, sharing: Bool) {
    self.sharing = sharing
    token = AlignedBuffer(zeros: most)
    position = AlignedBuffer(zeros: most)
    places = AlignedBuffer(zeros: Shape.context * Shape.vocabulary)
  }

  /// Where a pair is, which joins the list where it is not in it.
  mutating func place(token: Int, position p: Int) -> Int32 {
    let key = p * Shape.vocabulary + token
    if sharing, places[key] > 0 { return places[key] - 1 }
    self.token[count] = Int32(truncatingIfNeeded: token)
    position[count] = Int32(truncatingIfNeeded: p)
    count += 1
    places[key] = Int32(truncatingIfNeeded: count)
    return places[key] - 1
  }

  /// Where the latest such pair is, of those that are known.
  func known(token: Int32, position: Int32) -> Int { Int(places[Int(position) * Shape.vocabulary + Int(token)]) - 1 }

  /// Pairs that come from now on are new ones. Clears only the entries in use.
  mutating func forget() {
    for pair in firstKnown..<count { places[Int(position[pair]) * Shape.vocabulary + Int(token[pair])] = 0 }
    firstKnown = count
  }

  mutating func clear() {
    forget()
    (count, firstKnown) = (0, 0)
  }
}
