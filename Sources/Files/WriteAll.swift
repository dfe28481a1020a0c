import Foundation

/// Writes all of `bytes`, at most `piece` of them per call, after `ready` has returned.
///
/// A full disk first takes a part of what it is given, and refuses the rest at the next call. A limit on the size of
/// files and a reader that has gone away are errors of this file: the signals that come with them do not arrive.
///
/// - Parameter ready: called before each call, and after one that would have had to wait.
/// - Throws: `.system` with the step "written", and what `ready` throws.
func writeAll<Failure: Error>(
  _ bytes: UnsafeRawBufferPointer, to descriptor: CInt, piece: Int = .max,
  failure: (RegularFileError) -> Failure, ready: () throws(Failure) -> Void
) throws(Failure) {
  var written = 0
  while written < bytes.count {
    try ready()
    let start = bytes.baseAddress?.advanced(by: written)
    let count = withoutSignals { write(descriptor, start, min(bytes.count - written, piece)) }
    if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
    guard count >= 0 else { throw failure(.lastError(step: "written")) }
    written += count
  }
}

/// Writes all of `bytes` to a regular file.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) throws(RegularFileError) {
  try writeAll(bytes, to: descriptor, failure: { $0 }, ready: { () throws(RegularFileError) in })
}

/// Writes all of `bytes` to a new or emptied file, and returns when the disk has them.
func writeThrough(_ bytes: UnsafeRawBufferPointer, to descriptor: CInt) throws(RegularFileError) {
  try writeAll(bytes, to: descriptor)
  guard fsync(descriptor) == 0 else { throw .lastError(step: "written") }
}

/// Runs a write. The kernel sends SIGPIPE and SIGXFSZ to the thread that writes: it takes them back here.
private func withoutSignals(_ write: () -> Int) -> Int {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGPIPE)
  sigaddset(&signals, SIGXFSZ)
  var before = sigset_t()
  pthread_sigmask(SIG_BLOCK, &signals, &before)
  let count = write()
  let code = errno
  if count < 0, code == EPIPE || code == EFBIG {
    var now = timespec()
    while sigtimedwait(&signals, nil, &now) < 0 && errno == EINTR {}
  }
  pthread_sigmask(SIG_SETMASK, &before, nil)
  errno = code
  return count
}
