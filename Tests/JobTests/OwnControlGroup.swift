import Foundation

/// A control group of a test's own, empty at first, which goes with its owner. Root alone may make one, and in many
/// containers not even root.
final class OwnControlGroup {
  enum Limit {
    /// One CPU and nothing else.
    case cpu(Int)
    /// In percent of one CPU's time.
    case quota(percent: Int)

    var controller: String {
      switch self {
      case .cpu: "cpuset"
      case .quota: "cpu"
      }
    }
  }

  private let path: String

  /// Whether this machine lets this user make one.
  static func canBeMade(_ limit: Limit) -> Bool { (try? OwnControlGroup(limit)) != nil }

  init(_ limit: Limit) throws {
    let parent = "/sys/fs/cgroup"
    let name = "ddp-train-test-\(UUID().uuidString)"
    let version1 = "\(parent)/\(limit.controller)"
    let isVersion1 = FileManager.default.fileExists(atPath: version1)
    if !isVersion1 { try Self.write("+\(limit.controller)", to: "\(parent)/cgroup.subtree_control") }
    path = "\(isVersion1 ? version1 : parent)/\(name)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    switch limit {
    case .cpu(let cpu):
      // Version 1 takes no process without memory.
      if isVersion1 {
        let memory = try String(contentsOfFile: "\(version1)/cpuset.mems", encoding: .utf8)
        try Self.write(memory, to: "\(path)/cpuset.mems")
      }
      try Self.write("\(cpu)", to: "\(path)/cpuset.cpus")
    case .quota(let percent):
      if isVersion1 {
        try Self.write("100000", to: "\(path)/cpu.cfs_period_us")
        try Self.write("\(percent * 1000)", to: "\(path)/cpu.cfs_quota_us")
      } else {
        try Self.write("\(percent * 1000) 100000", to: "\(path)/cpu.max")
      }
    }
  }

  /// A shell's command that moves the shell into the group. A group with a quota takes no real-time process, which
  /// whoever started the tests may have made them.
  var enter: String { "chrt --other --pid 0 $$ && echo $$ > '\(path)/cgroup.procs'" }

  deinit { rmdir(path) }

  private static func write(_ text: String, to path: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    try file.write(contentsOf: Data(text.utf8))
  }
}
