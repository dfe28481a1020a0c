import Testing

@testable import Launch

@Suite("memory that a process may still take") struct MemoryLimitsTests {
  private static let memory =
    "MemTotal: 8000 kB\nMemAvailable: 6000 kB\nSwapTotal: 1000 kB\nCommitLimit: 5000 kB\nCommitted_AS: 4500 kB"

  private func limits(_ more: [String: String], addresses: Int? = nil) throws -> MemoryLimits {
    let system = try FakeSystem(["proc/meminfo": Self.memory].merging(more) { $1 })
    return MemoryLimits(system.files, addressLimit: addresses)
  }

  @Test("what the host has; a system that tells nothing limits nothing") func host() throws {
    let some = try limits([:])
    #expect(some.available == 6000 << 10 && some.promisedAtOnce == 9000 << 10 && some.promised == nil)
    let none = try limits(["proc/meminfo": ""])
    #expect(none.available == nil && none.promisedAtOnce == nil && none.promised == nil && none.addresses == nil)
  }

  @Test("promises: any, none, and up to a limit") func promises() throws {
    let any = try limits(["proc/sys/vm/overcommit_memory": "1"])
    #expect(any.promisedAtOnce == nil && any.promised == nil)
    let strict = try limits(["proc/sys/vm/overcommit_memory": "2"])
    #expect(strict.promisedAtOnce == nil && strict.promised == 500 << 10)
    let over = try limits([
      "proc/sys/vm/overcommit_memory": "2", "proc/meminfo": "CommitLimit: 5 kB\nCommitted_AS: 9 kB",
    ])
    #expect(over.promised == 0)
  }

  @Test("a limit on addresses, less those in use") func addresses() throws {
    #expect(try limits(["proc/self/statm": "3 2 1"], addresses: 1 << 20).addresses == (1 << 20) - 3 * 4096)
    #expect(try limits(["proc/self/statm": "300 2 1"], addresses: 4096).addresses == 0)
    #expect(try limits([:], addresses: 4096).addresses == 4096)
  }

  @Test("the tightest control group of either version, with what the kernel would give up") func groups() throws {
    let version2 = [
      "proc/self/cgroup": "0::/slice/job",
      "proc/self/mountinfo": FakeSystem.mounts(["/ /sys/fs/cgroup rw - cgroup2 cgroup2 rw"]),
      "sys/fs/cgroup/slice/job/memory.max": "max", "sys/fs/cgroup/slice/job/memory.current": "1000",
      "sys/fs/cgroup/slice/memory.max": "100000", "sys/fs/cgroup/slice/memory.current": "60000",
      "sys/fs/cgroup/slice/memory.stat": "anon 5\ninactive_file 7000\nactive_file 9",
    ]
    #expect(try limits(version2).available == 47_000)
    let full = version2.merging(["sys/fs/cgroup/slice/memory.current": "900000"]) { $1 }
    #expect(try limits(full).available == 0)
    let version1 = [
      "proc/self/cgroup": "4:memory:/job",
      "proc/self/mountinfo": FakeSystem.mounts(["/ /cg rw - cgroup cgroup rw,memory"]),
      "cg/job/memory.limit_in_bytes": "5000", "cg/job/memory.usage_in_bytes": "2000",
      "cg/job/memory.stat": "total_inactive_file 100", "cg/memory.limit_in_bytes": "9223372036854771712",
      "cg/memory.usage_in_bytes": "1",
    ]
    #expect(try limits(version1).available == 3100)
    // More than the host has.
    let loose = version1.merging(["cg/job/memory.limit_in_bytes": "99000000"]) { $1 }
    #expect(try limits(loose).available == 6000 << 10)
  }
}
