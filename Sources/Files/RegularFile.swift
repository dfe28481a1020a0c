import Foundation

/// Why a file, or standard input, could not be read or written whole. Its description is what every message about a file says after its
/// path; what to do may follow.
public enum RegularFileError: Error, Equatable, Sendable {
  case notFound
  case isDirectory
  /// A pipe, a socket or a device.
  case isSpecial
  /// Of standard input: a person would have to type.
  case isTerminal
  case tooLarge(limitInBytes: Int)
  /// What was being done ("opened", "read", "written", …), and the system's reason.
  case system(step: String, reason: String)
}

extension RegularFileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound: "no such file"
    case .isDirectory: "is a directory"
    case .isSpecial: "is a pipe, a socket or a device"
    case .isTerminal: "is a terminal"
    case .tooLarge(let limit): "is larger than \(limit) bytes, the most that is read"
    case .system(let step, let reason): "cannot be \(step): \(reason)"
    }
  }

  /// The system's own words where there are some: for a message that says itself what was being done.
  public var cause: String { if case .system(_, let reason) = self { reason } else { description } }

  /// What the system says of the call that has just failed.
  static func lastError(step: String) -> RegularFileError {
    .system(step: step, reason: String(cString: strerror(errno)))
  }
}

/// All bytes of a regular file; where it cannot be read, `failure` makes the caller's error of the reason.
public func readRegularFile<Failure: Error>(
  path: String, limitInBytes: Int, failure: (RegularFileError) -> Failure
) throws(Failure) -> [UInt8] {
  do {
    return try readRegularFile(path: path, limitInBytes: limitInBytes)
  } catch {
    throw failure(error)
  }
}

/// All bytes of a regular file.
///
/// Opened without blocking and checked before anything is read, so that a pipe, a device or a directory is refused at
/// once. The size the file system reports is a hint only: reading stops at the end of the file, or past the limit.
///
/// - Parameters:
///   - path: symbolic links are followed.
///   - limitInBytes: the most that is read.
/// - Throws: `RegularFileError`, saying which of these failed.
public func readRegularFile(path: String, limitInBytes: Int) throws(RegularFileError) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else {
    switch errno {
    case ENOENT: throw .notFound
    case ENXIO: throw .isSpecial
    default: throw .lastError(step: "opened")
    }
  }
  defer { close(descriptor) }

  var status = stat()
  guard fstat(descriptor, &status) == 0 else { throw .lastError(step: "examined") }
  switch status.kind {
  case S_IFREG: break
  case S_IFDIR: throw .isDirectory
  default: throw .isSpecial
  }
  guard status.st_size <= limitInBytes else { throw .tooLarge(limitInBytes: limitInBytes) }

  return try readAll(descriptor, expecting: Int(status.st_size), limitInBytes: limitInBytes) { true } ?? []
}

/// All bytes of standard input, to its end.
///
/// - Parameter limitInBytes: the most that is read.
/// - Returns: nil where a request to stop came before the end.
/// - Throws: `RegularFileError`; `.isTerminal` at once.
public func readStandardInput(limitInBytes: Int, waiting: Waiting) throws(RegularFileError) -> [UInt8]? {
  guard isatty(STDIN_FILENO) == 0 else { throw .isTerminal }
  return try readAll(STDIN_FILENO, expecting: 0, limitInBytes: limitInBytes) {
    waiting.untilReadable(STDIN_FILENO, named: "standard input")
  }
}

/// - Parameter goesOn: asked before each piece.
/// - Returns: nil where it does not.
private func readAll(
  _ descriptor: CInt, expecting count: Int, limitInBytes: Int, goesOn: () -> Bool
) throws(RegularFileError) -> [UInt8]? {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count)
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    guard goesOn() else { return nil }
    let got = read(descriptor, &piece, piece.count)
    if got < 0 && (errno == EINTR || errno == EAGAIN) { continue }
    guard got >= 0 else { throw .lastError(step: "read") }
    if got == 0 { return bytes }
    guard bytes.count + got <= limitInBytes else { throw .tooLarge(limitInBytes: limitInBytes) }
    bytes += piece[..<got]
  }
}
