import Files
import Foundation
import Synchronization

/// A folder of one run's checkpoints, `step-000000500.safetensors` and so on, changed by one process at a time.
public final class CheckpointFolder: Sendable {
  public let path: String
  /// Checkpoints that are kept; at least 1.
  public let keep: Int
  /// Steps whose checkpoints stay besides.
  private let staying: (@Sendable (Int) -> Bool)?
  private let ownership: FolderOwnership
  private let leftThere = Mutex(LeftThere())

  /// Steps of files that stay although they are of no use.
  private struct LeftThere {
    /// Damaged, and not to be renamed: they count as no checkpoint.
    var damaged: Set<Int> = []
    /// No longer needed, and not to be removed, as was said.
    var old: Set<Int> = []
  }

  private static let ending = ".safetensors"
  private static let initialName = "initial" + ending
  /// Of what is left of a checkpoint that could not be read.
  private static let asideEnding = ".damaged"
  /// What a checkpoint is called while it is written.
  private static let partialEnding = ".partial"

  /// Makes the folder where there is none, waits a few seconds where another process holds it, and removes what
  /// killed processes have left half written.
  ///
  /// - Parameters:
  ///   - keep: checkpoints that are kept; at least 1.
  ///   - staying: whether a step's checkpoint stays, however many newer ones there are; nil where none does.
  ///   - patience: seconds to wait. The ranks of a job whose mpirun was killed live on for one or two.
  ///   - isStopped: whether to wait no longer.
  /// - Throws: `CheckpointError` where it cannot be had or written to.
  public init(
    path: String, keep: Int, staying: (@Sendable (Int) -> Bool)? = nil, patience: Double = 5,
    isStopped: () -> Bool = { false }
  ) throws(CheckpointError) {
    (self.path, self.keep, self.staying) = (path, keep, staying)
    do {
      try makeFolder(path: path)
    } catch {
      throw CheckpointError(.system, path, "cannot be made a folder for checkpoints: \(error.cause)")
    }
    ownership = try FolderOwnership(path: path, patience: patience, isStopped: isStopped)
    for name in try names() where Self.isUnfinished(name) {
      try ownership.require()
      // Whoever was writing it is dead, or has lost the folder and finds that out before it would rename it. One that
      // cannot be removed is in nobody's way until a checkpoint of its step is written, which then fails and says why.
      unlinkat(ownership.folder.number, name, 0)
    }
  }

  /// Lets other processes have it. It may not be changed afterwards.
  public func release() { ownership.release() }

  /// The file of a step's checkpoint.
  public func file(step: Int) -> String { Self.file(in: path, step: step) }

  /// The file of a step's checkpoint in such a folder.
  public static func file(in path: String, step: Int) -> String { "\(path)/\(name(step: step))" }

  /// Steps of the checkpoints there are, whole or not, in ascending order.
  public func steps() throws(CheckpointError) -> [Int] {
    try names().compactMap { Self.step(of: $0) }.sorted()
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

  /// The newest whole checkpoint in a folder that another process may be changing; nil where there is none that can be
  /// read.
  public static func newest(in path: String) -> Checkpoint? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.compactMap { step(of: $0) }.sorted().reversed().lazy
      .compactMap { step in
        (try? Checkpoint(path: "\(path)/\(name(step: step))")).flatMap { $0.step == step ? $0 : nil }
      }
      .first
  }

  /// Renames a damaged file, so that it counts as a checkpoint no more and can still be looked at.
  ///
  /// - Throws: where it cannot be renamed. Then it stays, and is left out of all that is counted and removed.
  public func setAside(_ damaged: CheckpointError) throws(CheckpointError) {
    let name = damaged.path.split(separator: "/").last.map(String.init) ?? damaged.path
    do throws(CheckpointError) {
      try ownership.require()
      let folder = ownership.folder.number
      guard renameat(folder, name, folder, name + Self.asideEnding) == 0 else {
        throw lastError(damaged.path, "cannot be renamed")
      }
    } catch {
      if let step = Self.step(of: name) { leftThere.withLock { _ = $0.damaged.insert(step) } }
      throw error
    }
  }

  /// Writes a checkpoint, and removes old ones beyond those that are kept once it is safe on the disk.
  ///
  /// - Returns: what is wrong although the checkpoint is there: old ones that cannot be removed, each told once.
  /// - Throws: where the checkpoint is not there; those before are untouched.
  public func store(_ bytes: UnsafeRawBufferPointer, step: Int) throws(CheckpointError) -> [CheckpointError] {
    do throws(CheckpointError) {
      try write(bytes, name: Self.name(step: step))
    } catch {
      throw CheckpointError(error.kind, file(step: step), error.reason)
    }
    leftThere.withLock { _ = $0.damaged.remove(step) }
    do throws(CheckpointError) {
      return try removeOld(step: step)
    } catch {
      return [error]
    }
  }

  /// The file of the model that a run was given to begin with, in such a folder.
  public static func initialFile(in path: String) -> String { "\(path)/\(initialName)" }

  /// Writes the model that a run was given to begin with, which no seed draws again.
  public func storeInitial(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
    try write(bytes, name: Self.initialName)
  }

  private func write(_ bytes: UnsafeRawBufferPointer, name: String) throws(CheckpointError) {
    let (path, folder) = ("\(self.path)/\(name)", ownership.folder)
    let partial = name + Self.partialEnding
    try ownership.require()
    // Made anew, and by nobody else: through a link or a pipe of that name other files could be written to.
    guard unlinkat(folder.number, partial, 0) == 0 || errno == ENOENT,
      let file = Descriptor(in: folder, partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o666)
    else { throw lastError(path, "cannot be created") }
    do throws(CheckpointError) {
      do {
        try writeAll(bytes, to: file.number)
      } catch {
        throw CheckpointError(.system, path, "\(error)")
      }
      guard fsync(file.number) == 0 else { throw lastError(path, "cannot be written") }
      try ownership.require()
      // A later owner removes what it finds half written.
      guard folder.file(named: partial) == file.file else {
        throw CheckpointError(.lost, self.path, "the folder is no longer this run's: \(partial) in it was replaced")
      }
      guard renameat(folder.number, partial, folder.number, name) == 0 else {
        throw lastError(path, "cannot be replaced")
      }
    } catch {
      if folder.file(named: partial) == file.file { unlinkat(folder.number, partial, 0) }
      throw error
    }
    // EINVAL: a file system that cannot do this for a folder.
    guard fsync(folder.number) == 0 || errno == EINVAL else {
      throw lastError(path, "cannot be synchronised with its folder")
    }
  }

  /// - Returns: those that cannot be removed, and were not said to be before.
  private func removeOld(step: Int) throws(CheckpointError) -> [CheckpointError] {
    var failures: [CheckpointError] = []
    let damaged = leftThere.withLock(\.damaged)
    for old in try steps().filter({ $0 <= step && !damaged.contains($0) }).dropLast(keep)
    where staying?(old) != true {
      try ownership.require()
      guard unlinkat(ownership.folder.number, Self.name(step: old), 0) != 0, errno != ENOENT else { continue }
      let failure = lastError(file(step: old), "is no longer needed and cannot be removed")
      if leftThere.withLock({ $0.old.insert(old).inserted }) { failures.append(failure) }
    }
    return failures
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
  public static func owns(_ name: String) -> Bool {
    name.hasPrefix(".") || name.hasPrefix("step-") || name.hasPrefix(initialName)
  }

  private static func isUnfinished(_ name: String) -> Bool {
    let whole = String(name.dropLast(partialEnding.count))
    return name.hasSuffix(partialEnding) && (step(of: whole) != nil || whole == initialName)
  }

  private func names() throws(CheckpointError) -> [String] {
    // Opened for this alone: a list goes on where the descriptor's last one ended. The list closes it.
    let descriptor = openat(ownership.folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw lastError(path, "cannot be listed") }
    guard let list = fdopendir(descriptor) else {
      let error = lastError(path, "cannot be listed")
      close(descriptor)
      throw error
    }
    defer { closedir(list) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(list) {
      names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) })
      errno = 0
    }
    guard errno == 0 else { throw lastError(path, "cannot be listed") }
    return names
  }

  private func lastError(_ path: String, _ what: String) -> CheckpointError {
    CheckpointError(.system, path, "\(what): \(String(cString: strerror(errno)))")
  }
}
