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
          source, line: line, "unknown key \(printable(key)); \(suggestion(for: key, among: keys, "the keys"))",
          code: 64)
      }
      let texts = valueNode.sequence.map { $0.map(\.scalar?.string) } ?? [valueNode.scalar?.string]
      let words = texts.compactMap { $0 }
      guard words.count == texts.count, valueNode.sequence == nil || lists.contains(key) else {
        throw ConfigurationError(
          source, line: line, "\(key) must be a single value\(lists.contains(key) ? ", or a list of them" : "")",
          code: 64)
      }
      guard !words.isEmpty, words.allSatisfy({ !$0.isEmpty }) else {
        throw ConfigurationError(
          source, line: line, "\(key) has no value; give it one, or leave the line out", code: 64)
      }
      values[key] = Value(texts: words, line: line)
    }
    self.values = values
  }
}
