/// What to say to somebody who wrote `word` where one of `candidates` belongs: the nearest of them, or all where the word
/// is like none.
///
/// - Parameter kind: of the candidates, in the plural: "the keys".
public func suggestion(for word: String, among candidates: [String], _ kind: String) -> String {
  nearest(to: word, among: candidates).map { "did you mean \"\($0)\"?" }
    ?? "\(kind) are \(candidates.joined(separator: ", "))"
}

/// The candidate that `word` is most like, or nil where it takes more changes than half of its letters.
public func nearest(to word: String, among candidates: [String]) -> String? {
  // The distance takes time in proportion to the word.
  guard word.utf8.count <= 64 else { return nil }
  let ranked = candidates.map { (candidate: $0, distance: editDistance(Array(word.lowercased()), Array($0))) }
  guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= word.count / 2 else { return nil }
  return best.candidate
}

/// The fewest characters to insert, delete or replace to make one word of the other (Levenshtein, 1966).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var previous = Array(0...b.count)
  for (i, left) in a.enumerated() {
    var current = [i + 1]
    for (j, right) in b.enumerated() {
      current.append(min(previous[j] + (left == right ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
    }
    previous = current
  }
  return previous[b.count]
}
