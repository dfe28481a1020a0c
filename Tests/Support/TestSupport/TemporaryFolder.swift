import Foundation

/// A folder that goes, with all it holds, when its owner does.
public final class TemporaryFolder {
  public let path: String

  /// - Parameter name: may hold spaces.
  public init(_ name: String = "folder") throws {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("ddp-train-\(UUID().uuidString)")
    path = parent.appendingPathComponent(name).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: URL(fileURLWithPath: path).deletingLastPathComponent()) }

  /// Where a file of this name is, or would be.
  public func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, and the folders it lies in, and returns its path.
  @discardableResult
  public func file(_ name: String, _ content: Data) throws -> String {
    let file = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try content.write(to: file)
    return path(name)
  }

  @discardableResult
  public func file(_ name: String, _ content: String) throws -> String { try file(name, Data(content.utf8)) }

  public func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

  public func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  /// What it holds, sorted.
  public var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}
