import Testing

@testable import Launch

@Suite("quotas of control groups") struct QuotaTests {
  private func whole(_ system: FakeSystem) -> Int? { ControlGroups(system.files).quota.map(wholeCPUs) }

  @Test(
    "version 2, at the top",
    arguments: [
      ("150000 100000", 1), ("20000 100000", 1), ("250000 100000", 2), ("max 100000", nil), ("900000 100000", 9),
      ("-1 100000", nil), ("0 100000", nil), ("100000 0", nil), ("100000", nil), ("", nil), ("a b", nil),
      ("1 2 3", nil),
      ("nan 100000", nil),
    ])
  func atTheTop(limit: String, whole expected: Int?) throws {
    let system = try FakeSystem([
      "proc/self/cgroup": "0::/",
      "proc/self/mountinfo": FakeSystem.mounts(["/ /sys/fs/cgroup rw - cgroup2 cgroup2 rw"]),
      "sys/fs/cgroup/cpu.max": limit,
    ])
    #expect(whole(system) == expected)
  }

  @Test("a parent's quota counts where the group has none, and the tighter of the two") func parents() throws {
    let system = try FakeSystem([
      "proc/self/cgroup": "0::/user.slice/job:7",
      "proc/self/mountinfo": FakeSystem.mounts(["/ /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"]),
      "sys/fs/cgroup/user.slice/job:7/cpu.max": "max 100000", "sys/fs/cgroup/user.slice/cpu.max": "300000 100000",
    ])
    #expect(whole(system) == 3)
    try system.write("sys/fs/cgroup/user.slice/job:7/cpu.max", "200000 100000")
    #expect(whole(system) == 2)
  }

  @Test("version 1: no limit is -1, and both versions side by side are asked") func bothVersions() throws {
    let version1 = ["/docker/0a /sys/fs/cgroup\\040one/cpu rw shared:4 - cgroup cgroup rw,cpu,cpuacct"]
    let folder = "sys/fs/cgroup one/cpu/job"
    let system = try FakeSystem([
      "proc/self/cgroup": "3:cpuset:/x\n5:cpu,cpuacct:/docker/0a/job",
      "proc/self/mountinfo": FakeSystem.mounts(version1),
      "\(folder)/cpu.cfs_period_us": "50000", "\(folder)/cpu.cfs_quota_us": "-1",
    ])
    #expect(whole(system) == nil)
    try system.write("proc/self/cgroup", "5:cpu,cpuacct:/docker/0a/job\n0::/")
    try system.write(
      "proc/self/mountinfo",
      FakeSystem.mounts(version1 + ["/ /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw,nsdelegate"]))
    try system.write("sys/fs/cgroup/unified/cgroup.controllers", "")
    try system.write("\(folder)/cpu.cfs_quota_us", "50000")
    #expect(whole(system) == 1)
    try system.write("\(folder)/cpu.cfs_quota_us", "250000")
    #expect(whole(system) == 5)
    try system.write("sys/fs/cgroup/unified/cpu.max", "200000 100000")
    #expect(whole(system) == 2)
  }

  @Test("a mount of another group whose name begins alike is no parent") func neighbour() throws {
    let system = try FakeSystem([
      "proc/self/cgroup": "0::/docker/0a1/job",
      "proc/self/mountinfo": FakeSystem.mounts(["/docker/0a /cgroup rw - cgroup2 cgroup2 rw"]),
    ])
    #expect(
      ControlGroups(system.files).folders("") == [
        "/cgroup/docker/0a1/job", "/cgroup/docker/0a1", "/cgroup/docker", "/cgroup",
      ])
  }

  @Test("lines that say nothing are left out") func nonsense() throws {
    let system = try FakeSystem([
      "proc/self/cgroup": "\n:\n0\n0::\n::::\n0::/a",
      "proc/self/mountinfo": "x\n1 2 3 4 5 -\n1 2 3 4 5 - cgroup2 x\n- - -",
    ])
    #expect(ControlGroups(system.files).folders("") == [])
    #expect(whole(system) == nil)
  }
}
