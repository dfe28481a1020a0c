import Foundation
import Yams

/// A YAML file of training options: one flat mapping whose keys are the options' names.
struct ConfigurationFile {
  let path: String
  private let values: [String: (text: String, line: Int)]

  static let keys = [
    "d-model", "heads", "batch", "steps", "learning-rate", "seed", "data", "skip-invalid", "eval", "engine",
    "sme2-from", "exp", "prefix-sharing", "padding-skip", "sync", "bucket-kib", "sync-tournament", "reproducible",
    "check-replicas", "checkpoint-dir", "checkpoint-every", "checkpoint-keep", "resume", "generate", "temperature",
    "metrics", "log-every", "progress", "quiet",
  ]

  /// - Parameter name: a path, or the name of a file in the project's configs/, with or without `.yaml`.
  /// - Throws: `ConfigurationError`, naming file, line and key.
  init(named name: String) throws {
    path = try Self.locate(name)
    guard let root = try composeYAML(path: path) else {
      values = [:]
      return
    }
    guard let mapping = root.mapping else {
      throw ConfigurationError(path, "must be a mapping of option names to values")
    }
    var values: [String: (text: String, line: Int)] = [:]
    for (keyNode, valueNode) in mapping {
      let line = keyNode.mark?.line ?? 0
      guard let key = keyNode.string else { throw ConfigurationError(path, line: line, "a key is not text") }
      guard Self.keys.contains(key) else {
        throw ConfigurationError(path, line: line, "unknown key \"\(key)\"; \(suggestion(for: key, among: Self.keys))")
      }
      guard let value = valueNode.scalar?.string else {
        throw ConfigurationError(path, line: line, "\(key) must be a single value")
      }
      guard !value.isEmpty else {
        throw ConfigurationError(path, line: line, "\(key) has no value; give it one, or leave the line out")
      }
      values[key] = (value, line)
    }
    self.values = values
  }

  /// The value of a key, or nil where the file does not have it.
  ///
  /// - Throws: `ConfigurationError` where the text is no such value.
  func value<Value: ConfigurationValue>(_ key: String, as type: Value.Type) throws -> Value? {
    guard let (text, line) = values[key] else { return nil }
    guard let value = Value(configuration: text) else {
      throw ConfigurationError(path, line: line, "\(key): \"\(text)\" is not \(Value.kind)")
    }
    return value
  }

  /// A path; a relative one counts from the configuration file's folder.
  func path(_ key: String) throws -> String? {
    guard let text = try value(key, as: String.self) else { return nil }
    return text.hasPrefix("/")
      ? text : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(text).path
  }

  private static func locate(_ name: String) throws -> String {
    let inProject = name.contains("/") ? [] : ["configs/\(name)", "configs/\(name).yaml"]
    var isFolder = false
    for candidate in [name] + inProject.compactMap({ ProjectFiles.path($0) }) {
      var isDirectory: ObjCBool = false
      guard FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory) else { continue }
      if !isDirectory.boolValue { return candidate }
      isFolder = true
    }
    let known = ProjectFiles.configurations()
    throw ConfigurationError(
      name,
      (isFolder ? "is a directory, not a configuration file" : "no such configuration file")
        + (known.isEmpty ? "" : "; configs/ has \(known.joined(separator: ", "))"))
  }
}

struct ConfigurationError: Error, CustomStringConvertible {
  let path: String
  let line: Int?
  let reason: String

  init(_ path: String, line: Int? = nil, _ reason: String) {
    self.path = path
    self.line = line
    self.reason = reason
  }

  var description: String { "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
