import Files
import Values
import Yams

/// A YAML file that is one flat mapping of options' names to values, or to lists of values where an option takes several.
/// The values are text here.
public struct OptionMapping {
  public struct Value {
    /// At least one.
    public let texts: [String]
    /// In the file, 1-based.
    public let line: Int
  }

  /// The largest file that is read, in bytes: far beyond any real one, and no trap for memory.
  public static let maxFileSize = 1 << 20

  public let values: [String: Value]

  /// - Parameters:
  ///   - keys: the names that may occur.
  ///   - lists: those of them that take several values.
  /// - Throws: `ConfigurationError`, naming file, line and key.
  public init(path: String, keys: [String], lists: Set<String> = []) throws {
    let bytes: [UInt8]
    do {
      bytes = try readRegularFile(path: path, limitInBytes: Self.maxFileSize)
    } catch {
      throw ConfigurationError(path, "\(error)")
    }
    try self.init(bytes: bytes, source: path, keys: keys, lists: lists)
  }

  /// The content of such a file; `source` is what errors call it.
  public init(bytes: [UInt8], source: String, keys: [String], lists: Set<String> = []) throws {
    guard let root = try composeYAML(bytes, source: source) else {
      values = [:]
      return
    }
    guard let mapping = root.mapping else {
      throw ConfigurationError(source, "must be a mapping of option names to values")
    }
    var values: [String: Value] = [:]
    for (keyNode, valueNode) in mapping {
      let line = keyNode.mark?.line ?? 0
      guard let key = keyNode.string else { throw ConfigurationError(source, line: line, "a key is not text") }
      guard keys.contains(key) else {
        throw ConfigurationError(
          source, line: line, "unknown key \(printable(key)); \(suggestion(for: key, among: keys))")
      }
      let texts = valueNode.sequence.map { $0.map(\.scalar?.string) } ?? [valueNode.scalar?.string]
      let words = texts.compactMap { $0 }
      guard words.count == texts.count, valueNode.sequence == nil || lists.contains(key) else {
        throw ConfigurationError(
          source, line: line, "\(key) must be a single value\(lists.contains(key) ? ", or a list of them" : "")")
      }
      guard !words.isEmpty, words.allSatisfy({ !$0.isEmpty }) else {
        throw ConfigurationError(source, line: line, "\(key) has no value; give it one, or leave the line out")
      }
      values[key] = Value(texts: words, line: line)
    }
    self.values = values
  }
}

/// What to say to somebody who wrote `word` where one of `candidates` belongs: the nearest of them, or all where
/// the word is like none.
func suggestion(for word: String, among candidates: [String]) -> String {
  // The distance takes time in proportion to the word.
  guard word.utf8.count <= 64 else { return "the keys are \(candidates.joined(separator: ", "))" }
  let ranked = candidates.map { (candidate: $0, distance: editDistance(Array(word), Array($0))) }
  guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance < word.count else {
    return "the keys are \(candidates.joined(separator: ", "))"
  }
  return "did you mean \"\(best.candidate)\"?"
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
