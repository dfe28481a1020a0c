import Foundation

/// Where a file is written before it takes its place.
public func partialPath(of path: String) -> String { path + ".partial" }

/// Writes a file so that `path` holds either its former content or all of the new one, also after a crash or a power
/// cut: to `partialPath`, synchronised, renamed, and the folder synchronised. One writer a path at a time.
///
/// - Throws: `.system` with the step "created", "written", "replaced" or "synchronised with its folder". Up to
///   "replaced" `path` is unchanged and the partial file is removed.
public func replaceRegularFile(path: String, with bytes: UnsafeRawBufferPointer) throws(RegularFileError) {
  let partial = partialPath(of: path)
  do throws(RegularFileError) {
    try writeThrough(bytes, to: partial)
    guard rename(partial, path) == 0 else { throw .lastError(step: "replaced") }
  } catch {
    unlink(partial)
    throw error
  }
  try synchroniseFolder(of: path)
}

/// Writes `bytes` to a new or emptied file, and returns when the disk has them.
private func writeThrough(_ bytes: UnsafeRawBufferPointer, to path: String) throws(RegularFileError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw .lastError(step: "created") }
  do throws(RegularFileError) {
    try writeAll(bytes, to: descriptor)
    guard fsync(descriptor) == 0 else { throw .lastError(step: "written") }
  } catch {
    close(descriptor)
    throw error
  }
  guard close(descriptor) == 0 else { throw .lastError(step: "written") }
}

/// A full disk first takes a part of what it is given, and refuses the rest at the next call.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) throws(RegularFileError) {
  var written = 0
  while written < bytes.count {
    let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw .lastError(step: "written") }
    written += count
  }
}

/// A rename reaches the disk with the folder, not with the file.
func synchroniseFolder(of path: String) throws(RegularFileError) {
  let step = "synchronised with its folder"
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  if descriptor < 0, errno == EACCES {
    // One that may be written to and not be read can only be synchronised with everything else.
    sync()
    return
  }
  guard descriptor >= 0 else { throw .lastError(step: step) }
  let result = fsync(descriptor)
  // EINVAL: a file system that cannot do this for a folder.
  let failure: RegularFileError? = result == 0 || errno == EINVAL ? nil : .lastError(step: step)
  close(descriptor)
  if let failure { throw failure }
}

extension RegularFileError {
  /// What the system says of the call that has just failed.
  static func lastError(step: String) -> RegularFileError {
    .system(step: step, reason: String(cString: strerror(errno)))
  }

  /// What was being done when the system refused.
  public var step: String? {
    if case .system(let step, _) = self { step } else { nil }
  }
}
