import Foundation

/// Makes a folder, and those it lies in, where they are missing. What was made is there after a power cut too: a new
/// folder reaches the disk with the one it lies in. Symbolic links are followed, dangling ones too.
///
/// - Throws: `.system` where something else has its name, or where it cannot be made or synchronised.
public func makeFolder(path: String) throws(RegularFileError) {
  let step = "made a folder"
  if let there = status(of: path) {
    guard there.kind == S_IFDIR else {
      errno = ENOTDIR
      throw .lastError(step: step)
    }
    return
  }
  guard errno == ENOENT, !path.isEmpty else { throw .lastError(step: step) }
  // "a/b/" is "a/b".
  let end = path.lastIndex { $0 != "/" } ?? path.startIndex
  let target = try followLinks(String(path.prefix(through: end)))
  let above = folder(of: target)
  if status(of: above) == nil, above != target { try makeFolder(path: above) }
  // Where two make it at once, one is second.
  guard mkdir(target, 0o777) == 0 || (errno == EEXIST && status(of: target)?.kind == S_IFDIR) else {
    throw .lastError(step: step)
  }
  try synchroniseFolder(of: target)
}

/// A rename reaches the disk with the folder, not with the file.
func synchroniseFolder(of path: String) throws(RegularFileError) {
  let step = "synchronised with its folder"
  let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
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

/// Why no file can be made in a folder, or replaced; nil where one can.
func obstacle(toChanging folder: String) -> String? {
  guard faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0 else { return nil }
  return "the folder \(folder) cannot be written to: \(String(cString: strerror(errno)))"
}
