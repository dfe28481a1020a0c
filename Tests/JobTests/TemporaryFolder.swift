import Foundation

/// A folder that goes with its owner.
final class TemporaryFolder {
  let path: String

  /// - Parameter name: may hold spaces.
  init(_ name: String = "job") throws {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("ddp-train-\(UUID().uuidString)")
    path = parent.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent()) }

  func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  func file(_ name: String, _ content: Data) throws -> String {
    try content.write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  func file(_ name: String, _ content: String) throws -> String { try file(name, Data(content.utf8)) }
}

/// A file of the package.
func packageFile(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent(name).path
}
