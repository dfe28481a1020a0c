import Foundation
import RegularFiles

/// A folder of one run's checkpoints, `step-000000500.safetensors` and so on, held by one process at a time.
public final class CheckpointFolder: Sendable {
  public let path: String
  /// Checkpoints that are kept; at least 1.
  public let keep: Int
  private let lock: CInt

  private static let ending = ".safetensors"
  /// Of what is left of a checkpoint that could not be read.
  private static let asideEnding = ".damaged"
  private static let lockName = ".lock"

  /// Makes the folder where there is none, waits a few seconds where another process holds it, and removes what
  /// killed processes have left half written.
  ///
  /// - Parameters:
  ///   - keep: checkpoints that are kept; at least 1.
  ///   - patience: seconds to wait. The ranks of a job whose mpirun was killed live on for one or two.
  ///   - isStopped: whether to wait no longer.
  /// - Throws: `CheckpointError` where it cannot be had or written to.
  public init(path: String, keep: Int, patience: Double = 5, isStopped: () -> Bool = { false }) throws(CheckpointError)
  {
    self.path = path
    self.keep = keep
    guard Self.make(path) else { throw Self.lastError(path, "cannot be made a folder for checkpoints") }
    lock = open("\(path)/\(Self.lockName)", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    // From here on `deinit` closes it, also where this throws.
    guard lock >= 0 else { throw Self.lastError(path, "cannot be written to") }
    let deadline = Date().addingTimeInterval(patience)
    while flock(lock, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else { throw Self.lastError(path, "cannot be locked") }
      guard Date() < deadline, !isStopped() else {
        throw CheckpointError(.system, path, "another job keeps its checkpoints there; name another folder")
      }
      usleep(50_000)
    }
    for name in try Self.names(path) where Self.isUnfinished(name) { unlink("\(path)/\(name)") }
  }

  deinit { if lock >= 0 { close(lock) } }

  /// The file of a step's checkpoint.
  public func file(step: Int) -> String { "\(path)/\(Self.name(step: step))" }

  /// Steps of the checkpoints there are, whole or not, in ascending order.
  public func steps() throws(CheckpointError) -> [Int] {
    try Self.names(path).compactMap { Self.step(of: $0) }.sorted()
  }

  /// The newest whole checkpoint, and why newer ones are not.
  ///
  /// - Throws: `CheckpointError` where the folder, or a file in it, cannot be read, and for a checkpoint of another
  ///   version of the format.
  public func newest() throws(CheckpointError) -> (checkpoint: Checkpoint?, damaged: [CheckpointError]) {
    var damaged: [CheckpointError] = []
    for step in try steps().reversed() {
      do throws(CheckpointError) {
        let checkpoint = try Checkpoint(path: file(step: step))
        guard checkpoint.step == step else {
          throw CheckpointError(.damaged, checkpoint.path, "it is of step \(checkpoint.step)")
        }
        return (checkpoint, damaged)
      } catch {
        guard error.kind == .damaged else { throw error }
        damaged.append(error)
      }
    }
    return (nil, damaged)
  }

  /// Renames a damaged file, so that it counts as a checkpoint no more and can still be looked at.
  public func setAside(_ damaged: CheckpointError) throws(CheckpointError) {
    guard rename(damaged.path, damaged.path + Self.asideEnding) == 0 else {
      throw Self.lastError(damaged.path, "cannot be renamed")
    }
  }

  /// Writes a checkpoint, and removes old ones beyond those that are kept once it is safe on the disk.
  public func store(_ bytes: UnsafeRawBufferPointer, step: Int) throws(CheckpointError) {
    let path = file(step: step)
    do {
      try replaceRegularFile(path: path, with: bytes)
    } catch {
      throw CheckpointError(.system, path, error.reason)
    }
    for old in try steps().filter({ $0 <= step }).dropLast(keep) {
      guard unlink(file(step: old)) == 0 || errno == ENOENT else {
        throw Self.lastError(file(step: old), "is no longer needed and cannot be removed")
      }
    }
  }

  static func name(step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(9 - digits.count, 0)) + digits + ending
  }

  /// The step in a file's name; nil for a name that no checkpoint has.
  static func step(of name: String) -> Int? {
    guard name.hasPrefix("step-"), name.hasSuffix(ending) else { return nil }
    let digits = name.dropFirst("step-".count).dropLast(ending.count)
    guard let step = Int(digits), step >= 1, self.name(step: step) == name else { return nil }
    return step
  }

  /// Whether a file of this name in such a folder belongs to the checkpoints: nobody else may write to it.
  public static func owns(_ name: String) -> Bool { name.hasPrefix(".") || name.hasPrefix("step-") }

  private static func isUnfinished(_ name: String) -> Bool {
    finalName(ofPartial: name).flatMap { step(of: $0) } != nil
  }

  /// Makes a folder, and those it lies in, where they are missing.
  ///
  /// - Returns: whether it is there; if not, `errno` says why.
  private static func make(_ path: String) -> Bool {
    if mkdir(path, 0o777) == 0 { return true }
    if errno == EEXIST {
      var status = stat()
      guard stat(path, &status) == 0 else { return false }
      if status.st_mode & S_IFMT == S_IFDIR { return true }
      errno = ENOTDIR
      return false
    }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return false }
    return make(String(path[..<slash])) && (mkdir(path, 0o777) == 0 || errno == EEXIST)
  }

  private static func names(_ path: String) throws(CheckpointError) -> [String] {
    guard let folder = opendir(path) else { throw lastError(path, "cannot be listed") }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
    }
    guard errno == 0 else { throw lastError(path, "cannot be listed") }
    return names
  }

  private static func lastError(_ path: String, _ what: String) -> CheckpointError {
    CheckpointError(.system, path, "\(what): \(String(cString: strerror(errno)))")
  }
}
