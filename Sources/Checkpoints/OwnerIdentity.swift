import Files
import Foundation

/// Who holds a folder of checkpoints: a number that nobody else ever has, and what tells whether the process still
/// lives. In a file it is one line of text.
struct OwnerIdentity: Equatable, Sendable {
  enum Life { case alive, dead, unknown }

  /// What each such line begins with.
  static let beginning = "ddp-train "

  /// 128 random bits, in hexadecimal digits.
  private let token: String
  let host: String
  /// The start of the system and the namespaces in which `process` and `started` mean something; "-" where the system
  /// does not tell.
  private let place: String
  let process: pid_t
  /// Ticks since the system's start; 0 where the system does not tell.
  private let started: UInt64

  /// This process's, with a new number.
  init() {
    var random = SystemRandomNumberGenerator()
    token = (0..<2).map { _ in
      let digits = String(random.next(), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
    host = Self.ownHost ?? "-"
    place = Self.ownPlace ?? "-"
    process = getpid()
    started = ProcessStatus(getpid())?.started ?? 0
  }

  /// Nil for what is no such line.
  init?(text: String) {
    let words = text.split(separator: " ")
    guard text.hasPrefix(Self.beginning), words.count == 10, words[2] == "host", words[4] == "system",
      words[6] == "process",
      words[8] == "started", let process = pid_t(words[7]), process > 0, let started = UInt64(words[9]),
      words.allSatisfy({ $0.allSatisfy(Self.isPlain) })
    else { return nil }
    (token, host, place) = (String(words[1]), String(words[3]), String(words[5]))
    (self.process, self.started) = (process, started)
  }

  var text: String { "\(Self.beginning)\(token) host \(host) system \(place) process \(process) started \(started)" }

  /// Whether the process lives. It is dead only where that is certain: of another system, such as another host or this
  /// one before it was started again, and of another container nothing can be said.
  var life: Life {
    guard place != "-", place == Self.ownPlace else { return .unknown }
    if kill(process, 0) != 0, errno == ESRCH { return .dead }
    guard let status = ProcessStatus(process) else { return .alive }
    return status.hasEnded || (started != 0 && status.started != started) ? .dead : .alive
  }

  /// Printable, and no blank.
  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "-._:/[]".contains(character))
  }

  private static let ownPlace: String? = {
    guard let boot = systemText("/proc/sys/kernel/random/boot_id"), !boot.isEmpty else { return nil }
    let namespaces = ["pid", "time"].map { linkText("/proc/self/ns/\($0)") }
    // Process numbers without their namespace mean nothing; one of time is newer than some kernels.
    guard let processes = namespaces[0] else { return nil }
    let place = "\(boot)/\(processes)/\(namespaces[1] ?? "")"
    return place.allSatisfy(isPlain) ? place : nil
  }()

  private static var ownHost: String? {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return nil }
    let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return name.count <= 64 && !name.isEmpty && name.allSatisfy(isPlain) ? name : nil
  }
}

/// What /proc says of a process.
private struct ProcessStatus {
  /// Ticks since the system's start.
  let started: UInt64
  /// It is a name without a process, until its parent has asked for its exit code.
  let hasEnded: Bool

  /// Nil where /proc does not tell, or is of another namespace, whose process numbers are others.
  init?(_ process: pid_t) {
    guard let own = Self.fields("self"), own.process == getpid(), let fields = Self.fields("\(process)"),
      fields.others.count > 19, let started = UInt64(fields.others[19])
    else { return nil }
    self.started = started
    hasEnded = ["Z", "X"].contains(fields.others[0])
  }

  /// - Source: proc(5), /proc/pid/stat: the number, the name in brackets, which may hold anything, the state, …
  private static func fields(_ name: String) -> (process: pid_t, others: [Substring])? {
    guard let text = systemText("/proc/\(name)/stat"), let process = pid_t(text.prefix { $0.isNumber }),
      let name = text.lastIndex(of: ")")
    else { return nil }
    return (process, text[text.index(after: name)...].split(separator: " "))
  }
}

/// What a file of /proc holds; nil where it is not there or may not be read.
private func systemText(_ path: String) -> String? {
  do {
    let bytes = try readRegularFile(path: path, limitInBytes: 4096)
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  } catch {
    return nil
  }
}
