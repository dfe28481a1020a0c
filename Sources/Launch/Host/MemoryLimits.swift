import Glibc

/// What this process may still take of its host's memory.
public struct MemoryLimits: Sendable, Equatable, BitwiseCopyable {
  /// Bytes that this host, and this process's control groups, still have for it; nil where the system does not tell.
  public var available: Int?
  /// Bytes of addresses that a limit (`ulimit -v`) leaves; nil without one.
  public var addresses: Int?
  /// Bytes that the system promises in one piece, and in all; nil where it promises anything.
  public var promisedAtOnce: Int?
  public var promised: Int?

  public init() { self.init(SystemFiles(), addressLimit: Self.addressLimit) }

  /// - Parameter addressLimit: in bytes, nil for none.
  init(_ files: SystemFiles, addressLimit: Int?) {
    let memory = "/proc/meminfo"
    func kilobytes(_ key: String) -> Int? {
      files.value(key, in: memory).flatMap { $0.split(separator: " ").first }.flatMap { Int($0) }.map { $0 << 10 }
    }
    available = [kilobytes("MemAvailable"), ControlGroups(files).memoryLeft].compactMap { $0 }.min()
    addresses = addressLimit.map { Self.left(of: $0, files) }
    switch files.line("/proc/sys/vm/overcommit_memory") {
    case "1": break
    case "2":
      promised = kilobytes("CommitLimit").flatMap { limit in
        kilobytes("Committed_AS").map { max(0, limit - $0) }
      }
    default: promisedAtOnce = kilobytes("MemTotal").map { $0 + (kilobytes("SwapTotal") ?? 0) }
    }
  }

  /// `addresses` alone, at no cost where there is no limit.
  public static var addressesLeft: Int? { addressLimit.map { left(of: $0, SystemFiles()) } }

  private static func left(of limit: Int, _ files: SystemFiles) -> Int {
    // In pages.
    let used = files.line("/proc/self/statm")?.split(separator: " ").first.flatMap { Int($0) } ?? 0
    return max(0, limit - used * Int(sysconf(Int32(_SC_PAGESIZE))))
  }

  private static var addressLimit: Int? {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur < UInt(Int.max) else {
      return nil
    }
    return Int(limit.rlim_cur)
  }
}

extension ControlGroups {
  /// Bytes that the tightest group leaves, with what the kernel would give up for it; nil where there is no limit.
  var memoryLeft: Int? {
    func number(_ path: String) -> Int? { files.line(path).flatMap { Int($0) } }
    func cache(_ path: String, _ key: String) -> Int {
      files.lines(path).first { $0.hasPrefix(key + " ") }.flatMap { Int($0.dropFirst(key.count + 1)) } ?? 0
    }
    let version2 = folders("").compactMap { folder -> Int? in
      guard let most = number(folder + "/memory.max"), let used = number(folder + "/memory.current") else { return nil }
      return max(0, most - used + cache(folder + "/memory.stat", "inactive_file"))
    }
    let version1 = folders("memory").compactMap { folder -> Int? in
      guard let most = number(folder + "/memory.limit_in_bytes"), most < 1 << 60,
        let used = number(folder + "/memory.usage_in_bytes")
      else { return nil }
      return max(0, most - used + cache(folder + "/memory.stat", "total_inactive_file"))
    }
    return (version2 + version1).min()
  }
}
