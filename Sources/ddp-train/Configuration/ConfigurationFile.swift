import Options
import Foundation
import Values

/// A YAML file of training options: one flat mapping whose keys are the options' names.
struct ConfigurationFile {
  let path: String
  private let values: [String: OptionMapping.Value]

  static let keys = [
    "d-model", "heads", "batch", "steps", "learning-rate", "seed", "data", "skip-invalid", "eval", "engine",
    "sme2-from", "exp", "prefix-sharing", "padding-skip", "sync", "bucket-kib", "sync-tournament", "reproducible",
    "check-replicas", "checkpoint-dir", "checkpoint-every", "checkpoint-keep", "resume", "generate", "temperature",
    "metrics", "trace", "trace-steps", "log-every", "progress", "heartbeat", "quiet",
  ]

  /// - Parameter name: a path, or the name of a file in the project's configs/, with or without `.yaml`.
  /// - Throws: `ConfigurationError`, naming file, line and key.
  init(named name: String) throws {
    path = try Self.locate(name)
    values = try OptionMapping(path: path, keys: Self.keys).values
  }

  /// The value of a key, or nil where the file does not have it.
  ///
  /// - Throws: `ConfigurationError` where the text is no such value.
  func value<Value: ConfigurationValue>(_ key: String, as type: Value.Type) throws -> Value? {
    guard let entry = values[key] else { return nil }
    guard let value = Value(configuration: entry.text) else {
      throw ConfigurationError(path, line: entry.line, "\(key): \(printable(entry.text)) is not \(Value.kind)")
    }
    return value
  }

  /// A number in its option's range; nil where the file does not have it.
  ///
  /// - Throws: `ConfigurationError`, which names the range.
  func number<Number>(_ range: OptionRange<Number>) throws -> Number? {
    guard let entry = values[range.name] else { return nil }
    guard let value = range.value(entry.text) else {
      throw ConfigurationError(path, line: entry.line, range.refusal(of: entry.text, at: "\(range.name):"))
    }
    return value
  }

  /// A path; a relative one counts from the configuration file's folder. `~` and `$HOME` at its start are the home
  /// folder, as in a shell, which never sees this file. `-` is standard output, and no path.
  func path(_ key: String) throws -> String? {
    guard let written = try value(key, as: String.self) else { return nil }
    guard let text = inHomeFolder(written) else {
      throw ConfigurationError(
        path, line: values[key]?.line,
        "\(key): there is no home folder for \(printable(written)): HOME is not set, and this user is not known; "
          + "write the path out")
    }
    return text.hasPrefix("/") || text == "-"
      ? text : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(text).path
  }

  private static func locate(_ name: String) throws -> String {
    let inProject = name.contains("/") ? [] : ["configs/\(name)", "configs/\(name).yaml"]
    var isFolder = false
    for candidate in [name] + inProject.compactMap({ ProjectFiles.path($0) }) {
      var status = stat()
      if stat(candidate, &status) != 0 {
        if errno == ENOENT { continue }
        throw ConfigurationError(candidate, "cannot be opened: \(String(cString: strerror(errno)))")
      }
      if status.st_mode & S_IFMT != S_IFDIR { return candidate }
      isFolder = true
    }
    let known = ProjectFiles.configurations()
    throw ConfigurationError(
      name,
      (isFolder ? "is a directory, not a configuration file" : "no such configuration file")
        + (known.isEmpty ? "" : "; configs/ has \(known.joined(separator: ", "))"))
  }
}
