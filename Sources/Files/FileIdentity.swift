import Foundation

/// Which file a path leads to, whatever the path's spelling: two paths of one file have the same identity, also where
/// the file, or folders above it, are not there yet.
public enum FileIdentity: Hashable, Sendable {
  case existing(device: dev_t, inode: ino_t)
  /// Not there yet.
  indirect case missing(name: String, folder: FileIdentity)

  /// Nil for a path that leads nowhere, such as links in a circle.
  public init?(path: String) {
    if let status = status(of: path) {
      self = .existing(device: status.st_dev, inode: status.st_ino)
      return
    }
    guard errno == ENOENT, let target = try? followLinks(path), !name(of: target).isEmpty else { return nil }
    let above = Files.folder(of: target)
    guard above != target, let folder = FileIdentity(path: above) else { return nil }
    self = .missing(name: name(of: target), folder: folder)
  }

  /// Of a regular file that is open; nil for anything else.
  init?(ofFileAt descriptor: CInt) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.kind == S_IFREG else { return nil }
    self = .existing(device: status.st_dev, inode: status.st_ino)
  }
}

/// Refuses a result that would overwrite one of the command's inputs or another of its results, under whatever name:
/// of two options that lead to the same file one would destroy what the other is for.
///
/// - Parameters:
///   - inputs: options and the paths that they name.
/// - Throws: `DestinationError` for the first such result, naming both options.
public func requireDistinct(
  _ outputs: [Destination], inputs: [(option: String, path: String)]
) throws(DestinationError) {
  var known: [FileIdentity: String] = [:]
  for (descriptor, name) in [(STDERR_FILENO, "standard error"), (STDOUT_FILENO, "standard output")] {
    if let identity = FileIdentity(ofFileAt: descriptor) { known[identity] = name }
  }
  for input in inputs {
    if let identity = FileIdentity(path: input.path) { known[identity] = "\(input.option) \(input.path)" }
  }
  for output in outputs {
    guard let identity = output.identity else { continue }
    if let other = known[identity] {
      throw DestinationError(
        option: output.option, path: output.path, reason: "is the same file as \(other), and would overwrite it")
    }
    known[identity] = "\(output.option) \(output.path)"
  }
}
