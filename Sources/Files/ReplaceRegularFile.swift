import Foundation

/// Writes a file so that `path` holds either its former content or all of the new one, also after a crash or a power
/// cut: to a new file beside it, which is synchronised and renamed, and the folder synchronised.
///
/// Symbolic links are followed, and stay. The file keeps its mode, its owner and its group. Where that is not possible (an
/// owner that only root may give, a folder that cannot be written to, a file that is mounted), what is there is
/// overwritten in its place.
///
/// - Throws: `.isDirectory`; `.isSpecial` for a device, a pipe or a socket; `.system` with the step "created",
///   "written", "replaced" or "synchronised with its folder". Up to "replaced" a file that was to be replaced is
///   unchanged, and nothing is left beside it.
public func replaceRegularFile(path: String, with bytes: UnsafeRawBufferPointer) throws(RegularFileError) {
  let old = status(of: path)
  switch old?.kind {
  case nil, S_IFREG: break
  case S_IFDIR: throw .isDirectory
  default: throw .isSpecial
  }
  let target = try followLinks(path)
  // A link of /proc says where its file was, which may be no more.
  if let old, status(of: target)?.st_ino != old.st_ino { return try overwrite(path, with: bytes) }
  guard try replaceWhole(target, old, with: bytes) else { return try overwrite(path, with: bytes) }
  try synchroniseFolder(of: target)
}

/// Where a file's new content is written before it takes its place: a name that nobody can foresee.
private func partialPath(of path: String) -> String {
  let random = String(UInt64.random(in: .min ... .max), radix: 36)
  // A name has at most 255 bytes.
  let name = name(of: path).utf8.count <= 200 ? name(of: path) : "long-name"
  return "\(folder(of: path))/\(name).partial-\(random)"
}

/// - Parameter old: what is there.
/// - Returns: false where what is there can only be overwritten; then it is unchanged.
private func replaceWhole(
  _ target: String, _ old: stat?, with bytes: UnsafeRawBufferPointer
) throws(RegularFileError) -> Bool {
  /// Whether the last call failed because a right was missing.
  func isForbidden() -> Bool { old != nil && [EACCES, EPERM, EROFS, EBUSY].contains(errno) }
  let partial = partialPath(of: target)
  // Nobody else reads it before it has the mode of the old one.
  let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old == nil ? 0o666 : 0o600)
  guard descriptor >= 0 else {
    if isForbidden() { return false }
    throw .lastError(step: "created")
  }
  var isReplaced = false
  defer { if !isReplaced { unlink(partial) } }
  do throws(RegularFileError) {
    if let old, !hasTakenOver(old, descriptor) {
      close(descriptor)
      return false
    }
    try writeThrough(bytes, to: descriptor)
  } catch {
    close(descriptor)
    throw error
  }
  guard close(descriptor) == 0 else { throw .lastError(step: "written") }
  isReplaced = rename(partial, target) == 0
  if isReplaced || isForbidden() { return isReplaced }
  throw .lastError(step: "replaced")
}

/// Gives a new file the owner, the group and the mode of an old one, in this order: a new owner costs bits of the mode.
private func hasTakenOver(_ old: stat, _ descriptor: CInt) -> Bool {
  var new = stat()
  guard fstat(descriptor, &new) == 0 else { return false }
  if new.st_uid != old.st_uid || new.st_gid != old.st_gid {
    guard fchown(descriptor, old.st_uid, old.st_gid) == 0 else { return false }
  }
  return fchmod(descriptor, old.st_mode & 0o7777) == 0
}

private func overwrite(_ path: String, with bytes: UnsafeRawBufferPointer) throws(RegularFileError) {
  let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
  guard descriptor >= 0 else { throw .lastError(step: "opened") }
  do throws(RegularFileError) {
    try writeThrough(bytes, to: descriptor)
  } catch {
    close(descriptor)
    throw error
  }
  guard close(descriptor) == 0 else { throw .lastError(step: "written") }
}
