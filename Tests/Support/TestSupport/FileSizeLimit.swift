import Foundation

/// Runs `body` while no file of this process may grow beyond so many bytes: a disk that is full, for large files only.
/// Tests that run meanwhile write smaller ones; and no job starts, which would have the limit too.
public func limitingFiles<Result>(to bytes: Int, _ body: () throws -> Result) throws -> Result {
  try withJobLock {
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    var before = rlimit()
    guard getrlimit(resource, &before) == 0 else { throw POSIXError(.EINVAL) }
    var limit = before
    limit.rlim_cur = rlim_t(bytes)
    guard setrlimit(resource, &limit) == 0 else { throw POSIXError(.EINVAL) }
    defer { setrlimit(resource, &before) }
    return try body()
  }
}
