import Files
import Foundation

/// A folder that this process alone may change, until it is released.
///
/// Three things make it the owner, and it looks at them before each change (`require`):
/// - locks (flock) on the open folder and on the file `.lock` in it, where the file system has them. They end with the
///   process, hold whatever is renamed, and of the folder's own nobody can take the file away;
/// - the owner's identity in `.lock`: where a file system has no locks, or hosts do not see each other's, it alone
///   says whose the folder is. Who writes it last is the owner, and the one before finds out;
/// - the path, which must still lead to the folder that was opened.
///
/// `.lock` need not survive a power cut: no owner does.
final class FolderOwnership: Sendable {
  /// For changes by name, which then happen in this folder, wherever it is by now.
  let folder: Descriptor
  private let lock: Descriptor
  private let path: String
  private let identity: OwnerIdentity
  /// Whether the system keeps others away from the open folder.
  private let isLocked: Bool

  private static let lockName = ".lock"
  /// A fixed length: a line is then never read half written or with the end of a longer one.
  private static let lineLength = 512

  /// - Parameters:
  ///   - patience: seconds to wait for another owner. The ranks of a job whose mpirun was killed live on for one or two.
  ///   - isStopped: whether to wait no longer.
  /// - Throws: `CheckpointError` where there is no such folder, it cannot be written to, or another process has it.
  init(path: String, patience: Double, isStopped: () -> Bool) throws(CheckpointError) {
    let identity = OwnerIdentity()
    let deadline = ContinuousClock.now + .seconds(patience)
    var attempt = try Self.take(path, as: identity)
    while case .anothers = attempt, ContinuousClock.now < deadline, !isStopped() {
      usleep(50_000)
      attempt = try Self.take(path, as: identity)
    }
    switch attempt {
    case .anothers(let refusal): throw refusal
    case .own(let folder, let lock, let isLocked):
      (self.folder, self.lock, self.isLocked) = (folder, lock, isLocked)
      (self.path, self.identity) = (path, identity)
    }
    try require()
  }

  deinit { release() }

  /// Lets the folder go: what is no longer done by locks alone. It may not be changed afterwards.
  func release() {
    // Another owner's line stays.
    guard Self.line(in: lock) == identity.text else { return }
    _ = Self.write("", to: lock)
  }

  /// - Throws: `.lost`, naming `path`, where the folder is not this process's any more, or is another one.
  func require() throws(CheckpointError) {
    guard let there = Descriptor.file(at: path) else {
      throw lost("the folder is no longer where this run opened it: \(Self.reason())")
    }
    guard there == folder.file else {
      throw lost("this is another folder than the one that the run opened, which was moved")
    }
    // Opened anew, because over a network only that shows what others have written.
    guard let current = Descriptor(in: folder, Self.lockName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
      // Where the open folder is locked, nobody else can have taken it.
      if errno == ENOENT, isLocked { return }
      throw lost("the folder is no longer this run's: \(Self.lockName) in it cannot be opened: \(Self.reason())")
    }
    guard current.file == lock.file, Self.line(in: current) == identity.text else {
      let owner = Self.line(in: current).flatMap { OwnerIdentity(text: $0) }
      throw lost(
        "the folder is no longer this run's: "
          + (owner.map { "process \($0.process) on \($0.host) has taken it over" }
            ?? "\(Self.lockName) in it was replaced"))
    }
  }

  private func lost(_ reason: String) -> CheckpointError { CheckpointError(.lost, path, reason) }

  private enum Attempt {
    case own(folder: Descriptor, lock: Descriptor, isLocked: Bool)
    case anothers(CheckpointError)
  }

  /// Becomes the owner, if nobody else is.
  private static func take(_ path: String, as identity: OwnerIdentity) throws(CheckpointError) -> Attempt {
    let refusal = CheckpointError(.system, path, "another job keeps its checkpoints there; name another folder")
    guard let folder = Descriptor(path, O_RDONLY | O_DIRECTORY) else {
      throw CheckpointError(.system, path, "cannot be opened: \(reason())")
    }
    let ownFolder = takeLock(folder)
    if ownFolder == .anothers { return .anothers(refusal) }
    guard let lock = Descriptor(in: folder, lockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o666) else {
      throw CheckpointError(.system, path, "cannot be written to: \(lockName): \(reason())")
    }
    let ownFile = takeLock(lock)
    if ownFile == .anothers { return .anothers(refusal) }
    if case .failed(let reason) = ownFile { throw CheckpointError(.system, path, "cannot be locked: \(reason)") }
    // Somebody may have removed it before it was locked.
    guard folder.file(named: lockName) == lock.file else { return .anothers(refusal) }
    let line = try ownLine(in: lock, of: path)
    if !line.isEmpty, ownFolder != .own, ownFile != .own {
      let owner = OwnerIdentity(text: line)
      if owner?.life != .dead { return .anothers(CheckpointError(.system, path, advice(about: owner))) }
    }
    if let reason = write(identity.text, to: lock) {
      throw CheckpointError(.system, path, "cannot be written to: \(lockName): \(reason)")
    }
    let isLocked = ownFolder == .own
    // Without locks two may have found no owner, and the last to write is it: time for the other one to write.
    if !isLocked, ownFile != .own { usleep(300_000) }
    return .own(folder: folder, lock: lock, isLocked: isLocked)
  }

  /// The line of who has taken the folder and has not let it go; empty where nobody has.
  ///
  /// - Throws: where `.lock` is not this program's: then it is not written to.
  private static func ownLine(in lock: Descriptor, of path: String) throws(CheckpointError) -> String {
    guard lock.file?.isRegular == true, let line = line(in: lock) else {
      throw CheckpointError(.system, path, "cannot be used: \(lockName) in it cannot be read")
    }
    guard line.isEmpty || line.hasPrefix(OwnerIdentity.beginning) else {
      throw CheckpointError(.system, path, "holds a file \(lockName) of another program; name another folder")
    }
    return line
  }

  /// For the user, where no lock has told whose the folder is.
  ///
  /// - Parameter owner: nil where its line cannot be understood.
  private static func advice(about owner: OwnerIdentity?) -> String {
    let who = owner.map { "process \($0.process) on \($0.host)" } ?? "another job"
    return owner?.life == .alive
      ? "\(who) keeps its checkpoints there; name another folder"
      : "\(who) kept its checkpoints there, and this file system has no locks that would tell whether it still does: "
        + "if it has ended, remove \(lockName) in the folder"
  }

  private enum Lock: Equatable {
    case own, anothers
    /// The file system has none.
    case none
    case failed(String)
  }

  private static func takeLock(_ descriptor: Descriptor) -> Lock {
    while flock(descriptor.number, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return .anothers
      // EBADF: NFS locks only what is open for writing, which a folder cannot be.
      case ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL, EBADF: return .none
      default: return .failed(reason())
      }
    }
    return .own
  }

  /// The line in `.lock`, without the blanks that fill it up, or the zeros that a power cut may leave.
  ///
  /// - Returns: nil where it cannot be read.
  private static func line(in lock: Descriptor) -> String? {
    var bytes = [UInt8](repeating: 0, count: lineLength)
    var count = -1
    repeat {
      count = bytes.withUnsafeMutableBytes { pread(lock.number, $0.baseAddress, $0.count, 0) }
    } while count < 0 && errno == EINTR
    guard count >= 0 else { return nil }
    let text = String(decoding: bytes[..<count].filter { $0 != 0 }, as: UTF8.self)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// - Returns: why it cannot be written; nil where it was.
  private static func write(_ line: String, to lock: Descriptor) -> String? {
    let blanks = String(repeating: " ", count: lineLength - 1 - line.utf8.count)
    let bytes = Array((line + blanks + "\n").utf8)
    let count = pwrite(lock.number, bytes, bytes.count, 0)
    // What is not taken whole finds no room.
    if count >= 0, count < bytes.count { errno = ENOSPC }
    return count == bytes.count && fsync(lock.number) == 0 ? nil : reason()
  }

  private static func reason() -> String { String(cString: strerror(errno)) }
}
