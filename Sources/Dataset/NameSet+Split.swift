import Files

extension NameSet {
  /// The names to train on and the names to evaluate on. Both keep the order of the file.
  public struct Split: Sendable {
    public let training: NameSet
    /// nil where the split was asked for without evaluation.
    public let evaluation: NameSet?
  }

  /// Holds out a tenth of the names for evaluation: always the same ones, whatever the seed.
  ///
  /// The rule: let the limit be ⌊count / 10⌋. Order the distinct spellings by the XXH3-64 of their letters a–z (equal
  /// hashes by the spelling). Walk them in that order; hold out all copies of a spelling if they still fit under the
  /// limit, and pass over it if they do not; stop at the limit. So no spelling is on both sides, the choice does not
  /// depend on the order of the file, and the evaluation set has exactly ⌊count / 10⌋ names wherever a name without
  /// copies is left to fill the last place.
  ///
  /// - Parameter evaluation: false trains on all names and holds nothing out.
  /// - Throws: `DatasetError` where nothing can be held out: fewer than 10 names, or only spellings with too many
  ///   copies.
  public func split(evaluation: Bool = true) throws(DatasetError) -> Split {
    guard evaluation else { return Split(training: self, evaluation: nil) }
    let limit = count / 10
    guard limit > 0 else { throw .tooFewToSplit(source: source, count: count) }

    let order = indicesByHash()
    var heldOut = [Bool](repeating: false, count: count)
    var heldOutCount = 0
    var start = 0
    while start < count && heldOutCount < limit {
      let spelling = letters(of: order[start])
      let end = order[start...].firstIndex { letters(of: $0) != spelling } ?? count
      if heldOutCount + (end - start) <= limit {
        for index in order[start..<end] { heldOut[index] = true }
        heldOutCount += end - start
      }
      start = end
    }
    guard heldOutCount > 0 else { throw .copiesTooMany(source: source, count: count, evaluationLimit: limit) }
    return Split(
      training: selecting((0..<count).filter { !heldOut[$0] }, source: "\(source) (training)"),
      evaluation: selecting((0..<count).filter { heldOut[$0] }, source: "\(source) (evaluation)"))
  }

  /// All indices, ordered by (XXH3-64 of the letters a–z, the spelling, the index): copies are neighbours.
  private func indicesByHash() -> [Int] {
    var text: [UInt8] = []
    let hashes = (0..<count).map { index in
      text.removeAll(keepingCapacity: true)
      text.append(contentsOf: letters(of: index).lazy.map { $0 + UInt8(ascii: "a") })
      return text.withUnsafeBytes { ContentHasher.hash64($0) }
    }
    return (0..<count).sorted { first, second in
      if hashes[first] != hashes[second] { return hashes[first] < hashes[second] }
      let (one, other) = (letters(of: first), letters(of: second))
      return one == other ? first < second : one.lexicographicallyPrecedes(other)
    }
  }
}
