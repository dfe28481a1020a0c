import Files
import Glibc

/// A folder that is this user's alone: mode 0700, made by this user and no link to another place.
public final class PrivateFolder: Sendable {
  public let path: String
  let descriptor: Descriptor

  /// Makes one. Nothing may be there.
  ///
  /// - Throws: where it cannot be made, or somebody else was first.
  public init(making path: String) throws(PrivateFolderError) {
    guard mkdir(path, 0o700) == 0 else {
      let code = errno
      let reason = code == EEXIST ? Self.objection(to: path) ?? "is there already" : Self.words(code)
      throw PrivateFolderError(path: path, reason: reason)
    }
    self.path = path
    do {
      descriptor = try Self.open(path, isNew: true)
    } catch {
      rmdir(path)
      throw error
    }
  }

  /// Opens one that another process of this user has made.
  ///
  /// - Throws: where there is none (`isMissing`), or what is there is another user's or open to others.
  public init(opening path: String) throws(PrivateFolderError) {
    self.path = path
    descriptor = try Self.open(path, isNew: false)
  }

  /// Removes it with all that is in it, and follows no link. What is there in its place meanwhile stays.
  public func remove() {
    Self.empty(descriptor)
    if isInPlace { rmdir(path) }
  }

  /// Whether it is what its path leads to: nobody has removed it.
  var isInPlace: Bool {
    var (opened, present) = (stat(), stat())
    return fstat(descriptor.number, &opened) == 0 && lstat(path, &present) == 0 && opened.st_ino == present.st_ino
      && opened.st_dev == present.st_dev
  }

  private static func empty(_ folder: Descriptor) {
    for name in names(in: folder) where unlinkat(folder.number, name, 0) != 0 {
      let number = openat(folder.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard number >= 0 else { continue }
      empty(Descriptor(number))
      unlinkat(folder.number, name, AT_REMOVEDIR)
    }
  }

  /// This user's private folders whose names begin like this.
  static func all(in parent: String, prefix: String) -> [PrivateFolder] {
    let number = Glibc.open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    return names(in: Descriptor(number)).filter { $0.hasPrefix(prefix) }.compactMap { name in
      try? PrivateFolder(opening: "\(parent)/\(name)")
    }
  }

  /// Removes this user's private folders whose names begin like this.
  static func removeAll(in parent: String, prefix: String) { all(in: parent, prefix: prefix).forEach { $0.remove() } }

  // MARK: - Checks

  private static func open(_ path: String, isNew: Bool) throws(PrivateFolderError) -> Descriptor {
    let number = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else {
      let code = errno
      throw PrivateFolderError(
        path: path, reason: objection(to: path) ?? words(code), isMissing: code == ENOENT)
    }
    let descriptor = Descriptor(number)
    var status = stat()
    guard fstat(number, &status) == 0 else { throw PrivateFolderError(path: path, reason: words(errno)) }
    if isNew, status.st_uid == geteuid() {
      // The process's mask may have taken bits away, and a parent's settings may have added some.
      guard fchmod(number, 0o700) == 0, fstat(number, &status) == 0 else {
        throw PrivateFolderError(path: path, reason: words(errno))
      }
    }
    if let reason = objection(to: status) { throw PrivateFolderError(path: path, reason: reason) }
    return descriptor
  }

  private static func objection(to path: String) -> String? {
    var status = stat()
    return lstat(path, &status) == 0 ? objection(to: status) : nil
  }

  private static func objection(to status: stat) -> String? {
    if status.st_mode & S_IFMT == S_IFLNK { return "is a symbolic link" }
    if status.st_uid != geteuid() { return "belongs to user \(status.st_uid), not to this one (\(geteuid()))" }
    if status.st_mode & S_IFMT != S_IFDIR { return "is not a folder" }
    let mode = status.st_mode & 0o7777
    return mode == 0o700 ? nil : "has mode 0\(String(mode, radix: 8)) instead of 0700"
  }

  /// Of what lies in an open folder.
  static func names(in descriptor: Descriptor) -> [String] {
    // The stream closes its descriptor, and reads from the position of the one that it shares.
    let copy = openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return [] }
    guard let stream = fdopendir(copy) else {
      close(copy)
      return []
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func words(_ code: CInt) -> String { String(cString: strerror(code)) }
}

/// Why a private folder could not be made or opened.
public struct PrivateFolderError: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  public let reason: String
  public var isMissing = false

  public var description: String { "the folder \(path): \(reason)" }
}
