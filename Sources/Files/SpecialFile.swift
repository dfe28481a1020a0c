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

/// What a write does while nobody reads what it writes, and a read while nothing comes: looks whether it is to stop, and says once what it waits for.
public struct Waiting: Sendable {
  private let isToStop: @Sendable () -> Bool
  private let say: @Sendable (String) -> Void
  /// Seconds that a reader is given to go on reading before anything is said, or after a request to stop.
  private let patience: Double

  /// - Parameters:
  ///   - isToStop: whether somebody has asked the program to stop.
  ///   - say: tells a person, in one line.
  public init(
    patience: Double = 5, isToStop: @escaping @Sendable () -> Bool, say: @escaping @Sendable (String) -> Void
  ) {
    self.patience = patience
    self.isToStop = isToStop
    self.say = say
  }

  /// Opens a pipe for writing, which takes somebody who has it open for reading.
  ///
  /// - Returns: the descriptor, or nil after a request to stop; below 0 where the system refuses, and `errno` says why.
  func openPipe(_ path: String, named what: String) -> CInt? {
    var isSaid = false
    while true {
      let descriptor = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
      guard descriptor < 0, errno == ENXIO else { return descriptor }
      if isToStop() { return nil }
      if !isSaid { say("\(what) is a pipe that nobody reads: waiting for a reader") }
      isSaid = true
      usleep(50_000)
    }
  }

  /// Returns when something can be read, or the end.
  ///
  /// - Returns: false after a request to stop.
  func untilReadable(_ descriptor: CInt, named what: String) -> Bool {
    let start = ContinuousClock.now
    var isSaid = false
    while true {
      if isToStop() { return false }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&request, 1, 100) > 0 { return true }
      if !isSaid, start.duration(to: .now) > .seconds(patience) {
        isSaid = true
        say("\(what): nothing comes, and its end has not come either: waiting for it")
      }
    }
  }

  /// Returns when a pipe or a terminal takes something, or has something to say against it.
  ///
  /// - Returns: false where it has not after a request to stop.
  func untilWritable(_ descriptor: CInt, named what: String) -> Bool {
    let start = ContinuousClock.now
    var stopSeen: ContinuousClock.Instant?
    var isSaid = false
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&request, 1, 100) > 0 { return true }
      let now = ContinuousClock.now
      if isToStop() {
        let seen = stopSeen ?? now
        if seen.duration(to: now) > .seconds(patience) { return false }
        stopSeen = seen
      }
      if !isSaid, start.duration(to: now) > .seconds(patience) {
        isSaid = true
        say("\(what): its reader takes nothing more at present: waiting for it")
      }
    }
  }
}
