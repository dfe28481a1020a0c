import Foundation

/// Opens a device, a pipe or a socket for writing, without waiting for anybody.
///
/// - Returns: below 0 where that cannot be, and `errno` says why: ENXIO for a pipe that nobody reads.
func openSpecial(_ path: String) -> CInt {
  let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
  guard descriptor < 0, errno == ENXIO, status(of: path)?.kind == S_IFSOCK else { return descriptor }
  return connect(to: path)
}

/// A socket's path cannot be opened; somebody has to listen there.
private func connect(to path: String) -> CInt {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let isShort = withUnsafeMutableBytes(of: &address.sun_path) { room in
    guard path.utf8.count < room.count else { return false }
    room.copyBytes(from: path.utf8)
    return true
  }
  guard isShort else {
    errno = ENAMETOOLONG
    return -1
  }
  let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
  guard descriptor >= 0 else { return -1 }
  let result = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  if result == 0 { return descriptor }
  let code = errno
  close(descriptor)
  errno = code
  return -1
}
