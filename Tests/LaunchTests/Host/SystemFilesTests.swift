import Testing

@testable import Launch

@Suite("what the system says")
struct SystemFilesTests {
  @Test("lists of CPUs")
  func lists() {
    #expect(expandedList("0-2,5\n") == [0, 1, 2, 5])
    #expect(expandedList("") == [])
    #expect(compactList([0, 1, 2, 5]) == "0-2,5")
    #expect(compactList([7]) == "7")
    #expect(compactList([]) == "")
  }

  @Test("the mask of mpirun, above whatever lies between")
  func launcher() throws {
    let status = { (name: String, parent: Int, cpus: String) in
      "Name:\t\(name)\nPPid:\t\(parent)\nCpus_allowed_list:\t\(cpus)"
    }
    let system = try FakeSystem([
      "proc/30/status": status("ddp-train", 20, "1"), "proc/20/status": status("sh", 10, "1"),
      "proc/10/status": status("mpirun", 1, "0-3"), "proc/1/status": status("init", 0, "0-7"),
    ])
    #expect(system.files.launcherCPUs(above: 30) == [0, 1, 2, 3])
    #expect(system.files.launcherCPUs(above: 10) == nil)
  }

  @Test(
    "version 2: the tightest quota of the group and its parents",
    arguments: [
      ("150000 100000", "max 100000", 1.5), ("max 100000", "max 100000", nil), ("900000 100000", "50000 100000", 0.5),
    ])
  func version2(own: String, parent: String, quota: Double?) throws {
    let system = try FakeSystem([
      "proc/self/cgroup": "0::/slice/job:7",
      "proc/self/mountinfo": FakeSystem.mounts(["/ /sys/fs/cgroup rw - cgroup2 cgroup2 rw"]),
      "sys/fs/cgroup/slice/job:7/cpu.max": own, "sys/fs/cgroup/slice/cpu.max": parent,
    ])
    let groups = ControlGroups(system.files)
    #expect(groups.quota == quota)
  }

  @Test("version 1, seen from inside a container, below a folder with a blank")
  func version1() throws {
    let system = try FakeSystem([
      "proc/self/cgroup": "5:cpu,cpuacct:/docker/0a/job\n3:cpuset:/docker/0a\n0::/",
      "proc/self/mountinfo": FakeSystem.mounts([
        "/docker/0a /cg\\040one/cpu rw - cgroup cgroup rw,cpu,cpuacct",
        "/docker/0a /cg\\040one/cpuset rw - cgroup cgroup rw,cpuset", "/ /cg\\040one/unified rw - cgroup2 cgroup2 rw",
      ]),
      "cg one/cpu/job/cpu.cfs_period_us": "50000", "cg one/cpu/job/cpu.cfs_quota_us": "125000",
      "cg one/cpu/cpu.cfs_period_us": "50000", "cg one/cpu/cpu.cfs_quota_us": "-1",
    ])
    let groups = ControlGroups(system.files)
    #expect(groups.quota == 2.5)
  }

  @Test("no control groups, no limits")
  func none() throws {
    let groups = ControlGroups(try FakeSystem([:]).files)
    #expect(groups.quota == nil)
  }
}
