import Foundation

/// Where a command writes a result: what an option such as `--json` names.
///
/// Nothing or a regular file is replaced as a whole by `replaceRegularFile`. Anything else (a device, a pipe, a socket, a
/// descriptor that the program was given, such as /dev/stdout) is written to as it is. `-` is standard output.
///
/// It is found wrong when it is made, before a command begins its work; what is there stays as it is until `write`.
public final class Destination {
  public let option: String
  public let path: String
  /// Of the file that it is, or will be; nil where nothing can be overwritten.
  public let identity: FileIdentity?
  let waiting: Waiting
  private var place: Place

  /// Whether it is what the program prints to.
  public var isStandardOutput: Bool {
    if case .open(STDOUT_FILENO, isOwn: false) = place { true } else { false }
  }

  private enum Place {
    case file
    /// Open already. `isOwn`: by us, and to be closed.
    case open(CInt, isOwn: Bool)
    /// Nobody reads it yet.
    case pipe
  }

  /// - Parameters:
  ///   - folderComes: whether the folder will have been made by the time of `write`, if it is not there now.
  /// - Throws: where it cannot be written.
  public init(_ option: String, _ path: String, folderComes: Bool = false, waiting: Waiting) throws(DestinationError) {
    self.option = option
    self.path = path
    self.waiting = waiting
    func refused(_ reason: String) -> DestinationError { DestinationError(option: option, path: path, reason: reason) }
    func refusedBySystem() -> DestinationError { refused(String(cString: strerror(errno))) }
    if let descriptor = givenDescriptor(path) {
      guard isWritable(descriptor) else { throw refused("is not open for writing") }
      (place, identity) = (.open(descriptor, isOwn: false), nil)
      return
    }
    let there = status(of: path)
    switch there?.kind {
    case nil:
      guard errno == ENOENT else { throw refusedBySystem() }
      if let reason = obstacle(toMaking: path, folderComes: folderComes) { throw refused(reason) }
    case S_IFREG:
      guard faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 else { throw refusedBySystem() }
    case S_IFDIR: throw refused("is a directory, not a file")
    default:
      identity = nil
      let descriptor = openSpecial(path)
      if descriptor >= 0 {
        place = .open(descriptor, isOwn: true)
      } else if errno == ENXIO, there?.kind == S_IFIFO {
        place = .pipe
      } else {
        throw refusedBySystem()
      }
      return
    }
    place = .file
    identity = FileIdentity(path: path)
  }

  deinit {
    if case .open(let descriptor, isOwn: true) = place { close(descriptor) }
  }

  /// Writes the whole result.
  ///
  /// - Throws: where it cannot be written; a file that was there is then unchanged, if it could be replaced as a whole.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(DestinationError) {
    switch place {
    case .file:
      do {
        try replaceRegularFile(path: path, with: bytes)
      } catch {
        throw failed(error)
      }
    case .open(let descriptor, _): try write(bytes, toSpecial: descriptor)
    case .pipe: try write(bytes, toSpecial: try openPipe())
    }
  }

  // MARK: - For a stream

  /// A descriptor to write a stream to: a file is made or opened, and written at its end whoever else changes it.
  ///
  /// - Returns: the descriptor, and whether it is a regular file's that was opened for this.
  func openForAppending() throws(DestinationError) -> (descriptor: CInt, isFile: Bool) {
    switch place {
    case .open(let descriptor, _): return (descriptor, false)
    case .pipe: return (try openPipe(), false)
    case .file:
      let flags = O_WRONLY | O_APPEND | O_CLOEXEC
      // Without O_CREAT first: a kernel may forbid root to open another's file in /tmp with it.
      var descriptor = open(path, flags)
      if descriptor < 0, errno == ENOENT, let target = try? followLinks(path) {
        descriptor = open(target, flags | O_CREAT, 0o666)
      }
      guard descriptor >= 0 else { throw failed(.lastError(step: "opened")) }
      place = .open(descriptor, isOwn: true)
      return (descriptor, true)
    }
  }

  /// Writes to what is no regular file, or was opened by somebody else.
  func write(_ bytes: UnsafeRawBufferPointer, toSpecial descriptor: CInt) throws(DestinationError) {
    // What was printed before comes before; where that fails, standard output itself will tell.
    fflush(nil)
    let piece = Int(PIPE_BUF)
    try writeAll(bytes, to: descriptor, piece: piece, failure: { failed($0) }) { () throws(DestinationError) in
      guard waiting.untilWritable(descriptor, named: "\(option) \(path)") else { throw stopped }
    }
  }

  /// What went wrong, as an error of this option.
  public func failed(_ error: RegularFileError) -> DestinationError {
    DestinationError(option: option, path: path, reason: "\(error)")
  }

  private var stopped: DestinationError {
    DestinationError(option: option, path: path, reason: "not written: nobody read it until the stop", isStop: true)
  }

  private func openPipe() throws(DestinationError) -> CInt {
    guard let descriptor = waiting.openPipe(path, named: "\(option) \(path)") else { throw stopped }
    guard descriptor >= 0 else { throw failed(.lastError(step: "opened")) }
    place = .open(descriptor, isOwn: true)
    return descriptor
  }
}

/// Why no file can be made at this path; nil where one can.
private func obstacle(toMaking path: String, folderComes: Bool) -> String? {
  guard let target = try? followLinks(path) else { return String(cString: strerror(ELOOP)) }
  guard !name(of: target).isEmpty else { return path.isEmpty ? "names no file" : "there is no such folder" }
  let folder = folder(of: target)
  guard status(of: folder) != nil || errno != ENOENT else {
    return folderComes ? nil : "there is no folder \(folder)"
  }
  return obstacle(toChanging: folder)
}

/// The descriptor that the program was given under this name: `-`, /dev/stdout, /dev/fd/3, /proc/self/fd/3, or a link to
/// one of them. To open it by its name again would begin a file at its start, and is refused for a socket.
private func givenDescriptor(_ path: String) -> CInt? {
  if path == "-" { return STDOUT_FILENO }
  var path = path
  for _ in 0..<mostLinks {
    if let number = CInt(name(of: path)), let real = realpath(folder(of: path), nil) {
      defer { free(real) }
      let folder = String(cString: real)
      if folder.hasPrefix("/proc/\(getpid())/"), folder.hasSuffix("/fd") { return number }
    }
    guard let next = followLink(path) else { return nil }
    path = next
  }
  return nil
}

private func isWritable(_ descriptor: CInt) -> Bool {
  let flags = fcntl(descriptor, F_GETFL)
  return flags >= 0 && flags & O_ACCMODE != O_RDONLY
}

/// Why a result cannot be written where it was to go: one sentence that begins with the option and its value.
public struct DestinationError: Error, Equatable, Sendable, CustomStringConvertible {
  public let option: String
  public let path: String
  public let reason: String
  /// Whether a request to stop ended the wait for somebody who reads.
  public var isStop = false

  public var description: String { "\(option) \(path): \(reason)" }
}
