import Dataset
import Foundation

/// A file of the package, by its path from the package's root.
func packageFile(_ path: String, from file: String = #filePath) -> String {
  URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("../../\(path)").standardized.path
}

/// Lends a new, empty directory, and removes it with all it holds.
func withTemporaryDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("ddp-train-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.path)
}

/// The set that `text` holds.
func names(_ text: String, skipInvalid: Bool = false) throws -> NameSet {
  try NameSet(bytes: Array(text.utf8), source: "test.txt", skipInvalid: skipInvalid)
}

extension NameSet {
  /// All names, in order.
  var spellings: [String] { (0..<count).map { self[$0] } }
}

/// What the error of `body` says; a text that no error contains where it throws nothing.
func message(of body: () throws -> Void) -> String {
  do {
    try body()
    return "<nothing was thrown>"
  } catch {
    return "\(error)"
  }
}
