import Foundation

/// A folder that a command writes several results to: made, with those it lies in, where it is not there.
///
/// Like `Destination` it is found wrong before a command begins its work, and nothing is made until then.
public final class DestinationFolder {
  public let option: String
  public let path: String
  private let waiting: Waiting
  /// What is known beforehand to be written there.
  public let files: [Destination]

  /// - Parameters:
  ///   - files: names of files, and of files in folders of their own there, that are going to be written.
  /// - Throws: where the folder cannot be used, or one of the files not be written.
  public init(
    _ option: String, _ path: String, files: [String], folders: [String] = [], waiting: Waiting
  ) throws(DestinationError) {
    self.option = option
    self.path = path
    self.waiting = waiting
    for folder in [path] + folders.map({ "\(path)/\($0)" }) {
      if let reason = obstacle(toFolder: folder) {
        throw DestinationError(option: option, path: folder, reason: reason)
      }
    }
    var checked: [Destination] = []
    for file in files {
      checked.append(try Destination(option, "\(path)/\(file)", folderComes: true, waiting: waiting))
    }
    self.files = checked
  }

  /// Makes the folder, or one in it.
  public func make(_ name: String? = nil) throws(DestinationError) {
    let folder = name.map { "\(path)/\($0)" } ?? path
    do {
      try makeFolder(path: folder)
    } catch {
      throw DestinationError(option: option, path: folder, reason: "\(error)")
    }
  }

  /// Writes a file into it.
  public func write(_ bytes: UnsafeRawBufferPointer, to file: String) throws(DestinationError) {
    let path = "\(path)/\(file)"
    if let known = files.first(where: { $0.path == path }) { return try known.write(bytes) }
    try Destination(option, path, waiting: waiting).write(bytes)
  }
}

/// Why a folder cannot be written to, or not be made; nil where it can.
private func obstacle(toFolder path: String) -> String? {
  guard !path.isEmpty else { return "names no folder" }
  guard let status = status(of: path) else {
    guard errno == ENOENT else { return String(cString: strerror(errno)) }
    guard let target = try? followLinks(path) else { return String(cString: strerror(ELOOP)) }
    let trimmed = name(of: target).isEmpty ? folder(of: target) : target
    return obstacle(toFolder: folder(of: trimmed))
  }
  guard status.kind == S_IFDIR else { return "is not a folder" }
  return obstacle(toChanging: path)
}
