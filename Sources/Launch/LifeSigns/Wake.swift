import Files
import Glibc

/// Ends another thread's wait in poll(2).
final class Wake: Sendable {
  private let writing: Descriptor
  private let reading: Descriptor

  /// - Returns: nil where the process has no descriptor left.
  init?() {
    var pair: [CInt] = [-1, -1]
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { return nil }
    (writing, reading) = (Descriptor(pair[0]), Descriptor(pair[1]))
  }

  /// For poll(2), in the thread that is to be woken.
  var request: pollfd { pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0) }

  /// One that is not slept off yet is enough: a full buffer is no error.
  func wake() { send(writing.number, [1], 1, CInt(MSG_NOSIGNAL)) }

  /// Forgets what has come so far.
  func clear() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while recv(reading.number, &bytes, bytes.count, 0) > 0 {}
  }

  /// Waits to be woken.
  ///
  /// - Returns: false where the time is over.
  func wait(_ deadline: Deadline) -> Bool {
    while true {
      var request = request
      if poll(&request, 1, deadline.milliseconds) > 0 {
        clear()
        return true
      }
      if deadline.isOver { return false }
    }
  }
}
