import DataParallel
import Launch
import Testing

@testable import ddp_train

/// What is said where memory does not suffice; limits on addresses have real ones in the tests of jobs.
@Suite("memory that is wanted and memory that is there")
struct MemoryCheckTests {
  private func need(_ gigabytes: Int) -> MemoryNeed {
    var need = MemoryNeed()
    (need.touched, need.reserved, need.largest) = (gigabytes << 30, gigabytes << 30, gigabytes << 30)
    return need
  }

  private func limits(_ change: (inout MemoryLimits) -> Void) -> MemoryLimits {
    var limits = MemoryLimits()
    (limits.available, limits.addresses, limits.promisedAtOnce, limits.promised) = (nil, nil, nil, nil)
    change(&limits)
    return limits
  }

  @Test("none in the way, each that is, and who is concerned")
  func obstacles() {
    let free = limits { _ in }
    #expect(obstacle(to: need(9), limits: [free, free], hosts: ["a", "b"]) == nil)
    let little = limits { $0.available = 10 << 30 }
    #expect(obstacle(to: need(9), limits: [little], hosts: ["a"]) == nil)
    #expect(
      obstacle(to: need(11), limits: [little], hosts: ["a"])?.hasPrefix(
        "takes 12 GB of memory, and there are 11 GB")
        == true)
    // On one host they share it, on two they do not.
    #expect(obstacle(to: need(6), limits: [little, little], hosts: ["a", "b"]) == nil)
    let shared = obstacle(to: need(6), limits: [little, little], hosts: ["a", "a"])
    #expect(shared?.contains("on each of the 2 ranks of host a") == true)
    let promises = limits { $0.promisedAtOnce = 5 << 30 }
    #expect(
      obstacle(to: need(6), limits: [free, promises], hosts: ["a", "b"])
        == "reserves 6.4 GB on rank 1, host b, and the system promises at most 5.4 GB")
    let all = limits { $0.promised = 5 << 30 }
    #expect(obstacle(to: need(6), limits: [all], hosts: ["a"])?.contains("promises at most 5.4 GB") == true)
    let addresses = limits { $0.addresses = 5 << 30 }
    #expect(obstacle(to: need(6), limits: [addresses], hosts: ["a"])?.contains("ulimit -v leaves 5.4 GB") == true)
  }
}
