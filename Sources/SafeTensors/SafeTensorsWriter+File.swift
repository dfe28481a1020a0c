import Foundation

extension SafeTensorsWriter {
  /// Writes the file so that `path` holds either its former content or all of the new one, also after a crash.
  ///
  /// The bytes go to `path` + ".partial", reach the disk, and are renamed. One writer a path at a time.
  ///
  /// - Throws: `SafeTensorsError`, where the operating system refuses a step; then `path` is unchanged and the partial
  ///   file is removed.
  public func write(to path: String) throws(SafeTensorsError) {
    let partial = path + ".partial"
    do throws(SafeTensorsError) {
      try writeThrough(serialize(), to: partial)
      guard rename(partial, path) == 0 else {
        throw SafeTensorsError(source: path, reason: "cannot be replaced: \(systemReason(errno))")
      }
    } catch {
      unlink(partial)
      throw error
    }
  }

  /// Writes `bytes` to a new or emptied file, and returns when the disk has them.
  private func writeThrough(_ bytes: [UInt8], to path: String) throws(SafeTensorsError) {
    func failure(_ step: String) -> SafeTensorsError {
      SafeTensorsError(source: path, reason: "cannot be \(step): \(systemReason(errno))")
    }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("created") }
    var written = 0
    var fault: SafeTensorsError?
    bytes.withUnsafeBytes { buffer in
      while written < buffer.count, fault == nil {
        let count = Foundation.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if count >= 0 { written += count } else if errno != EINTR { fault = failure("written") }
      }
    }
    if fault == nil, fsync(descriptor) != 0 { fault = failure("written") }
    if close(descriptor) != 0, fault == nil { fault = failure("written") }
    if let fault { throw fault }
  }
}
