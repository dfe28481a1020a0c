import Foundation

/// All bytes of a regular file.
///
/// Opened without blocking and checked before anything is read, so that a pipe, a device or a directory is refused at
/// once. The size the file system reports is a hint only: reading stops at the end of the file, or past the limit.
///
/// - Parameters:
///   - path: symbolic links are followed.
///   - limitInBytes: the most that is read.
/// - Throws: `DatasetError`, saying which of these failed.
func readRegularFile(path: String, limitInBytes: Int) throws(DatasetError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else {
    switch errno {
    case ENOENT, ENOTDIR: throw .notFound(path: path)
    case ENXIO: throw .notRegularFile(path: path)
    case let code: throw .unreadable(path: path, reason: String(cString: strerror(code)))
    }
  }
  defer { close(descriptor) }

  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw .unreadable(path: path, reason: String(cString: strerror(errno)))
  }
  switch status.st_mode & S_IFMT {
  case S_IFREG: break
  case S_IFDIR: throw .isDirectory(path: path)
  default: throw .notRegularFile(path: path)
  }
  guard status.st_size <= limitInBytes else { throw .tooLarge(path: path, limitInBytes: limitInBytes) }

  var bytes: [UInt8] = []
  bytes.reserveCapacity(Int(status.st_size))
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let got = read(descriptor, &piece, piece.count)
    if got < 0 && errno == EINTR { continue }
    guard got >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    if got == 0 { return bytes }
    guard bytes.count + got <= limitInBytes else { throw .tooLarge(path: path, limitInBytes: limitInBytes) }
    bytes += piece[..<got]
  }
}
