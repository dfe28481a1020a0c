import Files
import Launch
import Topology

/// What is known of one rank.
struct RankFacts: Codable, Equatable, Sendable {
  /// Index of its host.
  var host: Int
  /// The CPUs it may use, ascending; empty where the system does not tell.
  var cpus: [Int]
  var singleCopy: SingleCopy
}

/// Whether a rank can read the memory of another one.
enum SingleCopy: Codable, Equatable, Sendable {
  case works
  /// Why not, in the system's words.
  case refused(String)
  /// By Open MPI's own parameter.
  case switchedOff
  /// One rank on its host.
  case notNeeded
}

/// What is known of one host, as its first rank sees it.
struct HostFacts: Codable, Equatable, Sendable {
  var name: String
  /// The same for all processes of one machine since its start, and for no other machine.
  var machine: String
  /// Addresses that the name leads to; empty where it leads nowhere.
  var addresses: [String]
  /// The variable that describes another machine to hwloc, with its value; nil where what follows is true of this one.
  var pretended: String?
  /// The CPUs that are on, by core.
  var cores: [[Int]]
  /// False where the system does not say which CPUs share a core; then each counts as one.
  var coresAreKnown = true
  /// The CPUs of each NUMA domain that has some.
  var domains: [[Int]] = []
  /// Places of memory that mpirun counts as domains, with or without CPUs.
  var memories = 1
  /// The slowest first; one or none where all cores are alike.
  var kinds: [Topology.Kind] = []
  /// The CPUs a job may use here: what a rank had before mpirun bound it.
  var allowed: [Int]
  /// The CPUs that mpirun itself takes for its own: it asks hwloc, which knows of a cgroup's cpuset and of no other mask.
  var seenByMPIRun: [Int]
  /// CPUs' worth of time; nil without a limit.
  var quota: Double?
  /// Over the last minute, of the whole machine.
  var load: Double?
  var governor: String?
  var sharedMemory: FolderRoom
  /// Where Open MPI keeps files of a job.
  var temporary: FolderRoom
  var builtFor: String
  var cpuHas: String
  /// 0 where there is no matrix unit.
  var sme2Bits: Int
}

/// What is known of a job, or of a process started by hand: then it is one rank, and what it may do is looked at for
/// the job that could be.
struct JobFacts: Codable, Equatable, Sendable {
  var hosts: [HostFacts]
  var ranks: [RankFacts]
  var isUnderMPIRun: Bool
  var isRoot: Bool
  /// Whether the environment tells mpirun to accept root.
  var rootIsAllowed: Bool
  /// Whether ranks that wait let others run.
  var yields: Bool
  var launcher: Launcher
  /// The program as it was called.
  var program: String
  /// The words before the program that bind each rank to a core of its mask; nil where there is nothing to do so.
  var binder: [String]?

  /// The mpirun of the command line to print.
  struct Launcher: Codable, Equatable, Sendable {
    /// Nil where none was found.
    var command: String?
    /// "4.1.4", nil where it was not asked.
    var version: String?
    /// Of the library this program runs with.
    var libraryVersion: String
  }
}

extension JobFacts {
  /// The ranks of a host, ascending.
  func ranks(on host: Int) -> [Int] { ranks.indices.filter { ranks[$0].host == host } }

  /// The cores a job's ranks may use on a host, each by those of its hardware threads that they may use.
  func usableCores(on host: Int) -> [[Int]] {
    cores(on: host, of: Set(hosts[host].allowed).union(ranks(on: host).flatMap { ranks[$0].cpus }))
  }

  /// Those that a job may use that was started as this one, and bound by its mask.
  func allowedCores(on host: Int) -> [[Int]] { cores(on: host, of: Set(hosts[host].allowed)) }

  /// Those that the line at the end gives ranks to.
  func proposedCores(on host: Int) -> [[Int]] { cores(on: host, of: Set(fastMask ?? hosts[host].allowed)) }

  /// The allowed CPUs that are fast, where there are slow ones too; nil where there is nothing to leave out, or the hosts
  /// differ, so that no one list is true of all.
  var fastMask: [Int]? {
    let masks = hosts.map { host in host.allowed.filter { host.fastCPUs?.contains($0) ?? true } }
    guard let mask = masks.first, !mask.isEmpty, masks.allSatisfy({ $0 == mask }) else { return nil }
    return hosts.allSatisfy { $0.allowed == mask } ? nil : mask
  }

  private func cores(on host: Int, of cpus: Set<Int>) -> [[Int]] {
    hosts[host].cores.map { $0.filter(cpus.contains) }.filter { !$0.isEmpty }
  }

  /// The ranks that can really work at the same time on a host: cores, or fewer where a quota pays for fewer.
  func room(on host: Int) -> Int {
    let cores = max(1, proposedCores(on: host).count)
    guard let quota = hosts[host].quota else { return cores }
    return min(cores, wholeCPUs(quota))
  }

  /// The ranks a host has, or of a process started by hand: those it should have.
  func wantedRanks(on host: Int) -> Int { isUnderMPIRun ? ranks(on: host).count : room(on: host) }
}

extension HostFacts {
  /// The CPUs of the fastest kind of core; nil where all are alike, or the system does not say which is faster.
  var fastCPUs: Set<Int>? {
    guard kinds.count > 1, kinds.allSatisfy({ $0.efficiency != nil }) else { return nil }
    return kinds.last.map { Set($0.cpus) }
  }
}
