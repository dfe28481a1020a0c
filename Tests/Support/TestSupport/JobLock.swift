import Foundation

/// Runs `body` while no other process or thread of this user runs one.
///
/// Tests run in parallel, but several MPI jobs on a few cores slow each other by orders of magnitude, because a
/// rank that waits keeps its core. The lock is a file's, so it also holds between two test processes, and the
/// system drops it with the process that has it.
public func withJobLock<Result>(_ body: () throws -> Result) throws -> Result {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("mpirun-\(getuid()).lock").path
  let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  defer { close(file) }
  while flock(file, LOCK_EX) != 0 {
    guard errno == EINTR else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }
  return try body()
}
