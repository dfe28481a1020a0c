import Files
import Glibc
import Values

/// What one supervisor leaves for others to find it by, as long as it lives: `supervise --status` and `--stop`.
///
/// A file in the user's own folder for state, named by what is supervised. The supervisor holds a lock on it, and the kernel lets go
/// of that when the process ends, however it ends: whoever can lock it knows that nobody supervises there.
public final class SupervisorRecord: Sendable {
  /// What a supervisor says of itself.
  public struct Content: Equatable, Sendable {
    public var process: Int32
    public var host: String
    /// Where its words go; nil for those of its caller.
    public var log: String?
    /// How often the job was started.
    public var starts = 0
    /// The furthest step that was heard of, once ranks have begun to train.
    public var step: Int?

    public init(process: Int32, host: String, log: String?) {
      (self.process, self.host, self.log) = (process, host, log)
    }
  }

  private let path: String
  private let descriptor: Descriptor
  /// What the supervisor said when it took its place.
  let first: Content

  /// Where the record of such a job is.
  ///
  /// - Parameters:
  ///   - subject: the folder of checkpoints, or the file of results.
  ///   - environment: XDG_STATE_HOME or HOME in it.
  /// - Returns: nil where there is no place for state.
  public static func path(of subject: String, environment: [String: String]) -> String? {
    func folder(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
    guard let state = folder("XDG_STATE_HOME") ?? folder("HOME").map({ "\($0)/.local/state" }) else { return nil }
    var hasher = ContentHasher()
    Array(absolute(subject).utf8).withUnsafeBytes { hasher.update($0) }
    return "\(state)/ddp-train/supervisors/\(hasher.hexDigest())"
  }

  /// Takes the place of the supervisor of a job.
  ///
  /// - Throws: where somebody supervises it already (`Content` of whom, if it can be read), or the record cannot be kept.
  public init(taking path: String, _ content: Content) throws(SupervisorRecordError) {
    do throws(RegularFileError) {
      try makeFolder(path: folder(of: path))
    } catch {
      throw SupervisorRecordError(kind: .impossible("\(path): \(error)"))
    }
    let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard number >= 0 else {
      throw SupervisorRecordError(kind: .impossible("\(path): \(String(cString: strerror(errno)))"))
    }
    descriptor = Descriptor(number)
    (self.path, first) = (path, content)
    // Who only asks whether somebody has it has it for a moment, and so has a process of a dead supervisor that is just becoming
    // another program.
    for _ in 0..<20 {
      if flock(number, LOCK_EX | LOCK_NB) == 0 {
        write(content)
        return
      }
      guard errno == EWOULDBLOCK else { throw SupervisorRecordError(kind: .impossible(path)) }
      usleep(10_000)
    }
    throw SupervisorRecordError(kind: .taken(Self.content(of: descriptor)))
  }

  /// Nobody supervises any more.
  public func remove() { unlink(path) }

  /// Says something new.
  public func write(_ content: Content) {
    let fields =
      [
        "process \(content.process)", "host \(escaped(content.host))", "starts \(content.starts)",
      ] + (content.step.map { ["step \($0)"] } ?? []) + (content.log.map { ["log \(escaped($0))"] } ?? [])
    let bytes = Array((fields.joined(separator: "\n") + "\n").utf8)
    // A reader in the middle of this sees a part, which it does not take.
    ftruncate(descriptor.number, 0)
    _ = bytes.withUnsafeBytes { pwrite(descriptor.number, $0.baseAddress, $0.count, 0) }
  }

  /// What the supervisor of a job says of itself; nil where there is none.
  public static func find(_ path: String) -> Content? {
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard number >= 0 else { return nil }
    let descriptor = Descriptor(number)
    // Where the file system knows no locks nobody knows who lives.
    guard flock(number, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
    return content(of: descriptor)
  }

  private static func content(of descriptor: Descriptor) -> Content? {
    // It may be about to be written.
    for _ in 0..<20 {
      var bytes = [UInt8](repeating: 0, count: 8192)
      let count = pread(descriptor.number, &bytes, bytes.count, 0)
      if count > 0, let content = Content(String(decoding: bytes[..<count], as: UTF8.self)) { return content }
      usleep(10_000)
    }
    return nil
  }

  private static func absolute(_ path: String) -> String {
    // What is not there yet has a parent that is.
    for (candidate, rest) in [(path, ""), (folder(of: path), "/" + name(of: path))] {
      guard let real = realpath(candidate, nil) else { continue }
      defer { free(real) }
      return String(cString: real) + rest
    }
    return path
  }
}

extension SupervisorRecord.Content {
  /// Nil where it is not whole.
  init?(_ text: String) {
    guard text.hasSuffix("\n") else { return nil }
    var values: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      if parts.count == 2 { values[parts[0]] = parts[1] }
    }
    guard let process = values["process"].flatMap({ Int32($0) }), process > 1, let host = values["host"],
      let starts = values["starts"].flatMap({ Int($0) })
    else { return nil }
    self.init(process: process, host: String(host), log: values["log"].map(String.init))
    (self.starts, step) = (starts, values["step"].flatMap { Int($0) })
  }
}

/// Why the place of a supervisor cannot be taken.
public struct SupervisorRecordError: Error, Sendable {
  public enum Kind: Sendable {
    /// Somebody supervises the job already.
    case taken(SupervisorRecord.Content?)
    /// The record cannot be kept: the file, and the system's reason.
    case impossible(String)
  }

  public let kind: Kind
}

/// Keeps a record true while a job runs: at most one write per event that changes it.
struct SupervisorJournal {
  private let record: SupervisorRecord?
  private var content: SupervisorRecord.Content?

  init(_ record: SupervisorRecord?) { (self.record, content) = (record, record?.first) }

  mutating func note(_ event: SupervisionEvent) {
    guard let record, var content else { return }
    switch event {
    case .started: content.starts += 1
    case .signs(let signs):
      // Ranks that have not begun to train know no step.
      if let step = content.step { content.step = max(step, signs.map(\.step).max() ?? 0) }
    case .begun(_, let step): content.step = step
    default: return
    }
    guard content != self.content else { return }
    self.content = content
    record.write(content)
  }
}
