import Schemas

@testable import Doctor

/// A host with nothing wrong: `cores` cores, each of `threads` hardware threads that are `cores` apart, as on x86.
func soundHost(_ name: String = "one", cores: Int = 4, threads: Int = 1) -> HostFacts {
  let cpus = Array(0..<cores * threads)
  return HostFacts(
    name: name, machine: name, addresses: ["10.0.0.1"],
    cores: (0..<cores).map { core in (0..<threads).map { core + $0 * cores } }, allowed: cpus, seenByMPIRun: cpus,
    quota: nil, load: 0, governor: nil, sharedMemory: .init(path: "/dev/shm", free: 1 << 40, isWritable: true),
    temporary: .init(path: "/tmp", free: 1 << 40, isWritable: true), builtFor: "AVX-512", cpuHas: "AVX-512",
    sme2Bits: 0)
}

/// A job on one host.
///
/// - Parameter masks: the CPUs each rank may use; nil for a process started by hand.
func job(_ host: HostFacts = soundHost(), _ masks: [[Int]]? = nil) -> JobFacts {
  JobFacts(
    hosts: [host], ranks: (masks ?? [host.allowed]).map { RankFacts(host: 0, cpus: $0, singleCopy: .works) },
    isUnderMPIRun: masks != nil, isRoot: false, rootIsAllowed: false, yields: false,
    launcher: .init(command: masks == nil ? "mpirun" : nil, version: "4.1.4", libraryVersion: "4.1.4"),
    program: "./ddp-train", binder: ["bin/ddp-launch", "bind"])
}

extension JobFacts {
  /// The finding of a check, nil where the check said nothing.
  func finding(_ check: String) -> Finding? { findings.first { $0.check == check } }

  /// Titles of what is not fine.
  var complaints: [String] { findings.filter { $0.severity != .fine }.map(\.check) }
}
