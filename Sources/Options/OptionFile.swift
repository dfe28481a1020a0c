import Foundation
import Values

/// A YAML file of options, whose keys are the options' names. Relative paths in it count from its folder.
public struct OptionFile {
  public let path: String
  private let texts: [String: OptionMapping.Value]

  /// - Parameter options: those that the file may have.
  /// - Throws: `ConfigurationError`, naming file, line and key.
  public init(path: String, options: [any Declaration]) throws {
    self.path = path
    let possible = options.filter(\.isInFile)
    texts = try OptionMapping(
      path: path, keys: possible.map(\.name), lists: Set(possible.filter(\.takesSeveral).map(\.name))
    ).values
  }

  /// Nil where the file does not have the option.
  func value(of option: any Declaration) throws(ConfigurationError) -> (any Sendable)? {
    guard let entry = texts[option.name] else { return nil }
    let texts = option.pathKind == nil ? entry.texts : [try absolute(entry.texts[0], line: entry.line, option.name)]
    do throws(Refusal) {
      return try option.value(texts)
    } catch {
      throw ConfigurationError(
        path, line: entry.line, "\(option.name): \(printable(error.text)) is not \(error.words)", code: 64)
    }
  }

  /// `~` and `$HOME` at a path's start are the home folder, as in a shell, which never sees this file. `-` is standard
  /// output, and no path.
  private func absolute(_ written: String, line: Int, _ key: String) throws(ConfigurationError) -> String {
    guard let text = inHomeFolder(written) else {
      throw ConfigurationError(
        path, line: line,
        "\(key): there is no home folder for \(printable(written)): HOME is not set, and this user is not known; "
          + "write the path out")
    }
    return text.hasPrefix("/") || text == "-"
      ? text : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(text).path
  }
}

/// `path` with the home folder in place of a `~`, `$HOME` or `${HOME}` at its start; as it is where it has none of them.
///
/// The home folder is HOME, else the one that the system keeps for this user.
///
/// - Returns: nil where the path needs a home folder and there is none.
func inHomeFolder(_ path: String) -> String? {
  for sign in ["~", "$HOME", "${HOME}"] where path == sign || path.hasPrefix(sign + "/") {
    guard let home = homeFolder() else { return nil }
    return home + path.dropFirst(sign.count)
  }
  return path
}

private func homeFolder() -> String? {
  if let home = ProcessInfo.processInfo.environment["HOME"], !home.isEmpty { return home }
  guard let entry = getpwuid(geteuid()), let folder = entry.pointee.pw_dir else { return nil }
  return String(cString: folder)
}
