import Files
import Glibc

/// A socket with lines of `LifeMessage` in both directions, of which none waits.
struct LineConnection {
  let socket: Descriptor
  private var splitter = LineSplitter(longest: LifeMessage.longestLine)
  private var outgoing: [UInt8] = []

  init(_ socket: Descriptor) { self.socket = socket }

  /// Bytes that the other side has not taken yet.
  var waiting: Int { outgoing.count }

  /// For poll(2).
  var request: pollfd {
    pollfd(fd: socket.number, events: Int16(outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT), revents: 0)
  }

  /// The lines that have arrived, of at most 64 KiB.
  ///
  /// - Returns: nil where the connection is over, or a line too long.
  mutating func receive() -> [[UInt8]]? {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(socket.number, &bytes, bytes.count, 0)
    if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
    return count == 0 ? nil : splitter.add(bytes[..<count])
  }

  /// Sends as much as the other side takes now, and keeps the rest.
  ///
  /// - Returns: false where the connection is over.
  mutating func send(_ messages: [LifeMessage] = []) -> Bool {
    for message in messages { outgoing += message.line.utf8 }
    while !outgoing.isEmpty {
      let count = Glibc.send(socket.number, outgoing, outgoing.count, CInt(MSG_NOSIGNAL))
      if count < 0 { return errno == EINTR || errno == EAGAIN }
      outgoing.removeFirst(count)
    }
    return true
  }
}
