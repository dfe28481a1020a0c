import Foundation

/// Makes a folder, and those it lies in, where they are missing. What was made is there after a power cut too: a new
/// folder reaches the disk with the one it lies in.
///
/// - Throws: `.system` where something else has its name, or where it cannot be made or synchronised.
public func makeFolder(path: String) throws(RegularFileError) {
  let step = "made a folder"
  // "a/b/" is "a/b".
  let end = path.lastIndex { $0 != "/" } ?? path.startIndex
  let path = String(path.prefix(through: end))
  if mkdir(path, 0o777) != 0 {
    if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try makeFolder(path: String(path[..<slash]))
      // Where two make it at once, one is second.
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .lastError(step: step) }
    } else if errno == EEXIST {
      var status = stat()
      guard stat(path, &status) == 0 else { throw .lastError(step: step) }
      guard status.st_mode & S_IFMT == S_IFDIR else {
        errno = ENOTDIR
        throw .lastError(step: step)
      }
      return
    } else {
      throw .lastError(step: step)
    }
  }
  try synchroniseFolder(of: path)
}
