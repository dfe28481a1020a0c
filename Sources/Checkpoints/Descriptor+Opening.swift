import Files
import Foundation

extension Descriptor {
  /// Opens a file or folder.
  ///
  /// - Parameters:
  ///   - folder: where `name` counts from, if it is relative; nil for the current folder.
  ///   - flags: of open(2); a program that is started does not inherit it.
  /// - Returns: nil where it cannot be opened; `errno` says why.
  convenience init?(in folder: Descriptor? = nil, _ name: String, _ flags: CInt, mode: mode_t = 0) {
    let number = openat(folder?.number ?? AT_FDCWD, name, flags | O_CLOEXEC, mode)
    guard number >= 0 else { return nil }
    self.init(number)
  }

  /// Which file or folder it is, of all that this machine sees; nil where the system does not tell.
  var file: FileNumber? {
    var status = stat()
    return fstat(number, &status) == 0 ? FileNumber(status) : nil
  }

  /// Which one a path leads to, where it leads to any; `errno` says why not.
  static func file(at path: String) -> FileNumber? {
    var status = stat()
    return stat(path, &status) == 0 ? FileNumber(status) : nil
  }

  /// Which one a name in this folder is, itself where it is a link; `errno` says why there is none.
  func file(named name: String) -> FileNumber? {
    var status = stat()
    return fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? FileNumber(status) : nil
  }
}

/// A file, by its device and its number there. Stays the same whatever it is called, and while it is open no other
/// has it.
struct FileNumber: Equatable {
  private let device: dev_t
  private let number: ino_t
  let isRegular: Bool

  init(_ status: stat) {
    (device, number) = (status.st_dev, status.st_ino)
    isRegular = status.st_mode & S_IFMT == S_IFREG
  }
}
