import Foundation
import Synchronization

/// Reads a pipe on a thread of its own until its last writer has gone. Open from the start on, so that no writer waits.
final class PipeReader: Sendable {
  private let isDone = DispatchSemaphore(value: 0)
  private let received = Mutex(Data())

  init(_ path: String) {
    // Without blocking there is an end only after a writer, and "nothing yet" while there is one.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK)
    Thread.detachNewThread { [self] in
      var bytes = [UInt8](repeating: 0, count: 1 << 16)
      var hasBegun = false
      let deadline = ContinuousClock.now.advanced(by: .seconds(90))
      while ContinuousClock.now < deadline {
        let count = read(descriptor, &bytes, bytes.count)
        if count > 0 { received.withLock { $0 += bytes[..<count] } }
        hasBegun = hasBegun || count > 0
        if count == 0, hasBegun { break }
        if count <= 0 { usleep(2000) }
      }
      close(descriptor)
      isDone.signal()
    }
  }

  /// All that was written, once the writer has gone.
  func text() -> String {
    isDone.wait()
    isDone.signal()
    return received.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
