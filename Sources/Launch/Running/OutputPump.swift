import Files
import Glibc
import Synchronization

/// What does not arrive of a job's output.
enum OutputLoss: Equatable {
  /// All from now on: whoever read it has gone. Said once.
  case reader
  /// Some: a write failed for this reason, such as a full disk. Said each time.
  case bytes(CInt)
}

/// Passes on what a job writes, from a pipe to a descriptor of this process, in a thread of its own.
///
/// Where the reader of that descriptor is gone the rest is read all the same, so that the job does not wait, and thrown away;
/// so is what a full disk has no room for. A reader that only does not read is waited for.
final class OutputPump: Sendable {
  /// For the job.
  let writeEnd: CInt
  private let reading: Descriptor
  private let wake: Wake
  private let patience: Patience
  private let thread: SignalFreeThread

  /// - Parameters:
  ///   - target: where the bytes go.
  ///   - dropsBoxes: whether mpirun's own words after an exit code, and of a signal that it hands on, are left out.
  ///   - lost: is called from the thread.
  /// - Returns: nil where the process has no descriptor or thread left.
  init?(to target: CInt, dropsBoxes: Bool, lost: @escaping @Sendable (OutputLoss) -> Void) {
    var ends: [CInt] = [-1, -1]
    guard let wake = Wake(), let patience = Patience(), pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = Descriptor(ends[0])
    guard
      let thread = SignalFreeThread({
        var pumping = Pumping(
          reading: reading, target: target, dropsBoxes: dropsBoxes, lost: lost, wake: wake, patience: patience)
        pumping.run()
      })
    else {
      close(ends[1])
      return nil
    }
    (writeEnd, self.reading, self.wake, self.thread) = (ends[1], reading, wake, thread)
    self.patience = patience
  }

  /// Whether it waits for whoever is to read, just now: a pager, a terminal that is stopped.
  var waitsForReader: Bool { patience.isNeeded.load(ordering: .relaxed) }

  /// From now on nobody is waited for: what cannot be written at once is thrown away.
  func giveUpWaiting() { patience.over.wake() }

  /// After the job has ended: passes on what is in the pipe. A process that is left of the job may hold the other end open, or
  /// write on and on, and is not waited for.
  func finish() {
    wake.wake()
    thread.join()
  }
}

/// With whoever is to read.
private final class Patience: Sendable {
  let isNeeded = Atomic<Bool>(false)
  let over: Wake

  init?() {
    guard let over = Wake() else { return nil }
    self.over = over
  }
}

/// The thread's own.
private struct Pumping {
  let reading: Descriptor
  let target: CInt
  let dropsBoxes: Bool
  let lost: @Sendable (OutputLoss) -> Void
  let wake: Wake
  let patience: Patience
  private var handedOn = SignalWordFilter()
  private var boxes = BoxFilter()
  private var hasReader = true

  init(
    reading: Descriptor, target: CInt, dropsBoxes: Bool, lost: @escaping @Sendable (OutputLoss) -> Void, wake: Wake,
    patience: Patience
  ) {
    (self.reading, self.target, self.dropsBoxes) = (reading, target, dropsBoxes)
    (self.lost, self.wake, self.patience) = (lost, wake, patience)
  }

  mutating func run() {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Of the target errors alone: a pipe whose reader has left has one, also while there is nothing to write.
      var requests = [
        pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0), wake.request,
        pollfd(fd: hasReader ? target : -1, events: 0, revents: 0),
      ]
      guard poll(&requests, nfds_t(requests.count), -1) >= 0 || errno == EINTR else { break }
      if requests[2].revents & Int16(POLLERR | POLLHUP) != 0 { loseReader() }
      if requests[1].revents != 0 {
        var rest: CInt = 0
        guard ioctl(reading.number, UInt(FIONREAD), &rest) == 0 else { break }
        while rest > 0, let count = pass(&bytes, atMost: Int(rest)) { rest -= CInt(count) }
        break
      }
      if requests[0].revents != 0, pass(&bytes, atMost: bytes.count) == nil { break }
    }
    if dropsBoxes { write(boxes.pass(handedOn.end()) + boxes.end()) }
  }

  private mutating func loseReader() {
    hasReader = false
    lost(.reader)
  }

  /// Passes on what can be read now.
  ///
  /// - Returns: how many bytes that was; nil at the end.
  private mutating func pass(_ bytes: inout [UInt8], atMost most: Int) -> Int? {
    let count = read(reading.number, &bytes, min(most, bytes.count))
    if count < 0, errno == EINTR { return 0 }
    guard count > 0 else { return nil }
    write(dropsBoxes ? boxes.pass(handedOn.pass(bytes[..<count])) : Array(bytes[..<count]))
    return count
  }

  private mutating func write(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while hasReader, !rest.isEmpty {
      guard waitForReader() else { return loseReader() }
      // So much a pipe that can be written to takes without a wait.
      let count = rest.withUnsafeBytes { Glibc.write(target, $0.baseAddress, min($0.count, Self.atOnce)) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EPIPE {
        loseReader()
      } else if count < 0, errno != EINTR, errno != EAGAIN {
        return lost(.bytes(errno))
      }
    }
  }

  /// PIPE_BUF.
  private static let atOnce = 4096

  /// Until the target can be written to, or says why not.
  ///
  /// - Returns: false where that is not waited for any more.
  private func waitForReader() -> Bool {
    var requests = [pollfd(fd: target, events: Int16(POLLOUT), revents: 0), patience.over.request]
    if poll(&requests, 1, 0) > 0 { return true }
    patience.isNeeded.store(true, ordering: .relaxed)
    defer { patience.isNeeded.store(false, ordering: .relaxed) }
    while poll(&requests, 2, -1) < 0, errno == EINTR {}
    return requests[0].revents != 0
  }
}
