import Foundation

/// The checkpoints of a folder, for whoever only looks: nothing is made, locked, renamed or removed, and a run may be
/// writing there.
public struct CheckpointListing: Sendable {
  public struct Entry: Sendable {
    public let step: Int
    public let path: String
    /// In bytes; nil where the system does not tell.
    public let size: Int?
  }

  /// The newest first, whole or not.
  public let entries: [Entry]

  /// - Throws: `CheckpointError` where the folder cannot be listed.
  public init(path: String) throws(CheckpointError) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      // The system's own words, without the library's.
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      let reason = cause.map { String(cString: strerror(Int32($0.code))) } ?? "\(error)"
      throw CheckpointError(.system, path, "cannot be listed: \(reason)")
    }
    entries = names.compactMap { name in
      CheckpointFolder.step(of: name).map { step in
        let file = "\(path)/\(name)"
        var status = stat()
        return Entry(step: step, path: file, size: stat(file, &status) == 0 ? Int(status.st_size) : nil)
      }
    }.sorted { $0.step > $1.step }
  }

  /// Whether a path leads to a folder.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}
