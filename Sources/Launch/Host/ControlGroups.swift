/// The control groups of this process, from which container engines and schedulers hang their limits.
///
/// Source: cgroups(7); the kernel's admin-guide/cgroup-v2 and admin-guide/cgroup-v1/cpusets.
public struct ControlGroups: Sendable {
  public let files: SystemFiles
  /// Mount point and the group's path below it, by controller; version 2's is "".
  private var groups: [String: (mount: String, path: String)] = [:]

  public init(_ files: SystemFiles) {
    self.files = files
    var paths: [String: String] = [:]
    for line in files.lines("/proc/self/cgroup") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { continue }
      for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
        paths[String(controller)] = parts[2]
      }
    }
    for line in files.lines("/proc/self/mountinfo") {
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count else { continue }
      let isVersion2 = fields[dash + 1] == "cgroup2"
      guard isVersion2 || fields[dash + 1] == "cgroup" else { continue }
      let controllers = isVersion2 ? [""] : fields[dash + 3].split(separator: ",").map(String.init)
      for controller in controllers {
        guard var path = paths[controller] else { continue }
        // In a container the mount may begin below the hierarchy's root; the kernel writes blanks as \040.
        if (path + "/").hasPrefix(fields[3] + "/") { path.removeFirst(fields[3].count) }
        groups[controller] = (
          fields[4].split(separator: "\\040", omittingEmptySubsequences: false).joined(separator: " "), path
        )
      }
    }
  }

  /// The folders of a controller's group and of its parents, the group's own first.
  public func folders(_ controller: String) -> [String] {
    guard let (mount, path) = groups[controller] else { return [] }
    let parts = path.split(separator: "/")
    return (0...parts.count).reversed().map { count in
      ([mount] + parts.prefix(count).map(String.init)).joined(separator: "/")
    }
  }

  /// CPUs' worth of time that the tightest quota pays for; nil where there is none.
  public var quota: Double? {
    let version2 = folders("").compactMap { folder -> Double? in
      let parts = (files.line(folder + "/cpu.max") ?? "").split(separator: " ").compactMap { Double($0) }
      return parts.count == 2 ? Self.cpus(quota: parts[0], period: parts[1]) : nil
    }
    let version1 = folders("cpu").compactMap { folder -> Double? in
      guard let quota = files.line(folder + "/cpu.cfs_quota_us").flatMap({ Double($0) }),
        let period = files.line(folder + "/cpu.cfs_period_us").flatMap({ Double($0) })
      else { return nil }
      return Self.cpus(quota: quota, period: period)
    }
    return (version2 + version1).min()
  }

  /// -1 means no limit.
  private static func cpus(quota: Double, period: Double) -> Double? {
    quota > 0 && period > 0 ? quota / period : nil
  }
}
