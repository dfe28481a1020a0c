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
