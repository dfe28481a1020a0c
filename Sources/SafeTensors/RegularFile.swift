import Foundation

/// All bytes of a regular file.
///
/// Opened without blocking and checked before anything is read, so that a pipe, a device or a directory is refused at
/// once. The size the file system reports is a hint only: reading stops at the end of the file, or past the limit.
///
/// - Parameters:
///   - path: symbolic links are followed.
///   - limitInBytes: the most that is read.
/// - Throws: `SafeTensorsError`, saying which of these failed.
func readRegularFile(path: String, limitInBytes: Int) throws(SafeTensorsError) -> [UInt8] {
  func failure(_ reason: String) -> SafeTensorsError { SafeTensorsError(source: path, reason: reason) }
  let tooLarge = "is larger than \(limitInBytes) bytes, the most that is read"

  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { throw failure("cannot be opened: \(systemReason(errno))") }
  defer { close(descriptor) }

  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw failure("cannot be examined: \(systemReason(errno))") }
  switch status.st_mode & S_IFMT {
  case S_IFREG: break
  case S_IFDIR: throw failure("is a directory; name a .safetensors file")
  default: throw failure("is a pipe, a socket or a device; name a .safetensors file")
  }
  guard status.st_size <= limitInBytes else { throw failure(tooLarge) }

  var bytes: [UInt8] = []
  bytes.reserveCapacity(Int(status.st_size))
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let got = read(descriptor, &piece, piece.count)
    if got < 0 && errno == EINTR { continue }
    guard got >= 0 else { throw failure("cannot be read: \(systemReason(errno))") }
    if got == 0 { return bytes }
    guard bytes.count + got <= limitInBytes else { throw failure(tooLarge) }
    bytes += piece[..<got]
  }
}

/// The operating system's text for an errno value.
func systemReason(_ code: CInt) -> String { String(cString: strerror(code)) }
