import Foundation
import Yams

/// A YAML file of training options: one flat mapping whose keys are the options' names.
struct ConfigurationFile {
  let path: String
  private let values: [String: (text: String, line: Int)]

  static let keys = [
    "d-model", "heads", "batch", "steps", "learning-rate", "seed", "data", "skip-invalid", "eval", "engine",
    "generate", "temperature", "metrics", "log-every", "progress", "quiet",
  ]

  /// The largest file that is read, in bytes: far beyond any configuration, and no trap for memory.
  private static let maxSize = 1 << 20

  /// - Parameter name: a path, or the name of a file in the project's configs/, with or without `.yaml`.
  /// - Throws: `ConfigurationError`, naming file, line and key.
  init(named name: String) throws {
    let path = try Self.locate(name)
    self.path = path
    func failure(_ reason: String, line: Int? = nil) -> ConfigurationError {
      ConfigurationError(path: path, line: line, reason: reason)
    }
    guard let data = FileManager.default.contents(atPath: path) else { throw failure("cannot be read") }
    guard data.count <= Self.maxSize else { throw failure("is larger than \(Self.maxSize) bytes") }
    guard let text = String(data: data, encoding: .utf8) else { throw failure("is not UTF-8 text") }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch {
      throw failure("is not valid YAML: \("\(error)".split(whereSeparator: \.isNewline).joined(separator: " "))")
    }
    guard let root else {
      values = [:]
      return
    }
    guard let mapping = root.mapping else { throw failure("must be a mapping of option names to values") }
    var values: [String: (text: String, line: Int)] = [:]
    for (keyNode, valueNode) in mapping {
      let line = keyNode.mark?.line ?? 0
      guard let key = keyNode.string else { throw failure("a key is not text", line: line) }
      guard Self.keys.contains(key) else {
        throw failure("unknown key \"\(key)\"; did you mean \"\(nearest(to: key, among: Self.keys))\"?", line: line)
      }
      guard let value = valueNode.scalar?.string else {
        throw failure("\(key) must be a single value", line: line)
      }
      guard values.updateValue((value, line), forKey: key) == nil else {
        throw failure("\(key) is given twice", line: line)
      }
    }
    self.values = values
  }

  /// The value of a key, or nil where the file does not have it.
  ///
  /// - Throws: `ConfigurationError` where the text is no such value.
  func value<Value: LosslessStringConvertible>(_ key: String, _ kind: String) throws -> Value? {
    guard let (text, line) = values[key] else { return nil }
    guard let value = Value(text) else {
      throw ConfigurationError(path: path, line: line, reason: "\(key): \"\(text)\" is not \(kind)")
    }
    return value
  }

  /// The value of a key that takes one of a few words.
  func word<Value: RawRepresentable & CaseIterable>(_ key: String) throws -> Value? where Value.RawValue == String {
    guard let (text, line) = values[key] else { return nil }
    guard let value = Value(rawValue: text) else {
      let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw ConfigurationError(path: path, line: line, reason: "\(key): \"\(text)\" is not one of \(words)")
    }
    return value
  }

  /// A path; a relative one counts from the configuration file's folder.
  func file(_ key: String) throws -> String? {
    guard let text: String = try value(key, "a path") else { return nil }
    return text.hasPrefix("/")
      ? text : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(text).path
  }

  private static func locate(_ name: String) throws -> String {
    let candidates = [name] + (name.contains("/") ? [] : [ProjectFiles.path("configs/\(name)"), ProjectFiles.path("configs/\(name).yaml")]).compactMap { $0 }
    for candidate in candidates {
      var isDirectory: ObjCBool = false
      if FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory), !isDirectory.boolValue {
        return candidate
      }
    }
    let known = ProjectFiles.configurations()
    throw ConfigurationError(
      path: name, line: nil,
      reason: "no such configuration file" + (known.isEmpty ? "" : "; configs/ has \(known.joined(separator: ", "))"))
  }
}

struct ConfigurationError: Error, CustomStringConvertible {
  let path: String
  let line: Int?
  let reason: String
  var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}

/// The candidate with the smallest edit distance (Levenshtein, 1966).
func nearest(to word: String, among candidates: [String]) -> String {
  func distance(_ a: [Character], _ b: [Character]) -> Int {
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
  return candidates.min { distance(Array(word), Array($0)) < distance(Array(word), Array($1)) } ?? ""
}
