import Dataset
import Foundation
import GPT
import Options
import Values

/// Finds the project's own files (data/, configs/) wherever the program is started from: where launch/install puts them,
/// beside the program or in a folder above it, then in the current folder or above it.
enum ProjectFiles {
  /// The path of `relative` inside the project, or nil where no such file is found.
  static func path(_ relative: String) -> String? {
    let executable = executable
    let installed = URL(fileURLWithPath: executable).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("share/ddp-train/\(relative)").path
    if FileManager.default.fileExists(atPath: installed) { return installed }
    for start in [executable, FileManager.default.currentDirectoryPath + "/."] {
      var folder = URL(fileURLWithPath: start).deletingLastPathComponent()
      while true {
        let candidate = folder.appendingPathComponent(relative).path
        if FileManager.default.fileExists(atPath: candidate) { return candidate }
        if folder.path == "/" || folder.path.isEmpty { break }
        folder.deleteLastPathComponent()
      }
    }
    return nil
  }

  /// The ddp-launch beside this program, by the path that this one was called by; nil where there is none.
  static var launcher: String? {
    let called = CommandLine.arguments.first ?? ""
    let own = called.contains("/") ? called : executable
    guard let slash = own.lastIndex(of: "/") else { return nil }
    let path = String(own[...slash]) + "ddp-launch"
    return FileManager.default.isExecutableFile(atPath: path) ? path : nil
  }

  /// The words that bind a rank to its core, before the program; nil without a launcher.
  static var binder: [String]? { launcher.map { [$0, "bind"] } }

  /// The program's own file, to be started again; what it was called where the system does not tell.
  static var program: String { executable.isEmpty ? CommandLine.arguments[0] : executable }

  /// The program's own file; empty where the system does not tell.
  private static var executable: String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
  }

  /// The project's own names: what everything is measured with.
  static func names() throws -> NameTable {
    guard let path = path("data/names.txt") else { throw CommandFailure("data/names.txt is not to be found") }
    return try NameSet(path: path).table
  }

  /// A configuration file for `table`.
  ///
  /// - Parameters:
  ///   - name: a path, or the name of a file in the project's folder, with or without `.yaml`.
  ///   - folder: of the project, that has such files.
  static func options(
    named name: String, in folder: String = "configs", for table: some OptionTable
  ) throws -> OptionFile {
    try OptionFile(path: try locate(name, in: folder), options: table.declarations)
  }

  private static func locate(_ name: String, in folder: String) throws(ConfigurationError) -> String {
    let inProject = name.contains("/") ? [] : ["\(folder)/\(name)", "\(folder)/\(name).yaml"]
    var isFolder = false
    for candidate in [name] + inProject.compactMap({ path($0) }) {
      var status = stat()
      if stat(candidate, &status) != 0 {
        if errno == ENOENT { continue }
        throw ConfigurationError(candidate, "cannot be opened: \(String(cString: strerror(errno)))")
      }
      if status.st_mode & S_IFMT != S_IFDIR { return candidate }
      isFolder = true
    }
    let known = configurations(in: folder)
    throw ConfigurationError(
      name,
      (isFolder ? "is a directory, not a configuration file" : "no such configuration file")
        + (known.isEmpty ? "" : "; \(folder)/ has \(known.joined(separator: ", "))"))
  }

  /// The names of the configurations in a folder, without their ending.
  private static func configurations(in folder: String) -> [String] {
    files(in: folder, ending: ".yaml").map { String(($0 as NSString).lastPathComponent.dropLast(5)) }
  }

  /// The paths of the project's reference runs.
  static func references() -> [String] { files(in: "Tests/golden", ending: ".safetensors") }

  /// What commands that measure read: no result may overwrite it.
  static func inputs() -> [(option: String, path: String)] {
    (path("data/names.txt").map { [("the names", $0)] } ?? []) + references().map { ("the reference run", $0) }
  }

  private static func files(in folder: String, ending: String) -> [String] {
    guard let folder = path(folder) else { return [] }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(ending) }.sorted().map { "\(folder)/\($0)" }
  }
}
