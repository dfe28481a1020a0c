import CGuard
import CHost
import CSIMD
import CSME2
import Files
import Foundation
import Launch
import MPI
import Topology
import Values

extension JobFacts {
  /// Asks all ranks and their systems. Collective; the same on all ranks.
  init(of world: Communicator, program: String, binder: [String]?) throws {
    let files = SystemFiles()
    let name = Environment.processorName
    let machine = files.line("/proc/sys/kernel/random/boot_id") ?? ""
    let keys = try world.allGather("\(name)\n\(machine)")
    var order: [String] = []
    for key in keys where !order.contains(key) { order.append(key) }
    let own = keys[world.rank]
    let neighbours = keys.indices.filter { keys[$0] == own }
    let isFirst = neighbours.first == world.rank
    let environment = ProcessInfo.processInfo.environment

    let host = isFirst ? [HostFacts(name: name, machine: machine, files: files, environment: environment)] : []
    let rank = RankFacts(
      host: order.firstIndex(of: own) ?? 0, cpus: allowedCPUs(),
      singleCopy: try SingleCopy(of: world, neighbours: neighbours, environment: environment))
    let first = JobFacts(
      hosts: [], ranks: [], isUnderMPIRun: !world.isAlone, isRoot: geteuid() == 0,
      rootIsAllowed: environment["OMPI_ALLOW_RUN_AS_ROOT"] == "1"
        && environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] == "1",
      yields: (environment["OMPI_MCA_mpi_yield_when_idle"] ?? environment["OMPI_MCA_mpi_oversubscribe"]) == "1",
      launcher: Launcher(environment: environment, isRunning: !world.isAlone), program: program, binder: binder)

    self = try Self.decoded(JobFacts.self, try world.broadcast(Self.encoded(first)))
    hosts = try world.allGather(Self.encoded(host)).flatMap { try Self.decoded([HostFacts].self, $0) }
    ranks = try world.allGather(Self.encoded(rank)).map { try Self.decoded(RankFacts.self, $0) }
  }

  private static func encoded(_ value: some Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
  }
}

extension HostFacts {
  /// Asks the system.
  init(name: String, machine: String, files: SystemFiles, environment: [String: String]) {
    self.name = name
    self.machine = machine
    addresses = numericAddresses(of: name)
    let own = allowedCPUs()
    allowed = files.launcherCPUs(above: getpid()) ?? own
    cores = allowed.map { [$0] }
    seenByMPIRun = allowed
    quota = ControlGroups(files).quota
    load = files.line("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
    governor = files.line("/sys/devices/system/cpu/cpu\(own.first ?? 0)/cpufreq/scaling_governor")
    (sharedMemory, temporary) = (.sharedMemory, .temporary)
    builtFor = String(cString: csimd_built_for())
    cpuHas = String(cString: cguard_cpu_has())
    sme2Bits = csme2_is_available() != 0 ? Int(csme2_vector_bits()) : 0
    guard let topology = try? Topology() else {
      coresAreKnown = false
      return
    }
    describe(topology)
    guard !topology.isThisMachine else { return }
    // They are of the machine that this process runs on.
    (quota, load, governor) = (nil, nil, nil)
    pretended = hwlocVariable(environment)
  }

  /// Takes what a topology says of cores. A mask is of the machine that this process runs on.
  mutating func describe(_ topology: Topology) {
    (cores, coresAreKnown) = (topology.cores, topology.coresAreKnown)
    (domains, memories, kinds) = (topology.memoryDomains, topology.numaDomains.count, topology.kinds)
    seenByMPIRun = topology.allowed
    // A mask may name CPUs that are off.
    allowed = topology.isThisMachine ? allowed.filter(topology.cpus.contains) : topology.allowed
  }
}

/// The variable that makes hwloc describe another machine, with its value.
private func hwlocVariable(_ environment: [String: String]) -> String {
  // In hwloc's own order: a later one prevails.
  let names = ["HWLOC_FSROOT", "HWLOC_CPUID_PATH", "HWLOC_SYNTHETIC", "HWLOC_XMLFILE"]
  return names.last { environment[$0] != nil }.map { "\($0)=\(printable(environment[$0] ?? ""))" } ?? "hwloc"
}

extension SingleCopy {
  /// Really tries it: each rank reads a number of the next one on its host. Collective.
  ///
  /// - Parameter neighbours: the ranks of this host, ascending.
  init(of world: Communicator, neighbours: [Int], environment: [String: String]) throws {
    let secret = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
    defer { secret.deallocate() }
    secret.pointee = UInt64(world.rank) + 1
    let all = try world.allGather([Int(getpid()), Int(bitPattern: secret)])
    var error: Int32 = 0
    if neighbours.count > 1 {
      let place = neighbours.firstIndex(of: world.rank) ?? 0
      let next = neighbours[(place + 1) % neighbours.count]
      var value: UInt64 = 0
      error = chost_read_process(Int32(all[2 * next]), UInt64(UInt(bitPattern: all[2 * next + 1])), &value)
      if error == 0, value != UInt64(next) + 1 { error = EIO }
    } else if world.isAlone {
      error = chost_child_reads_this_process()
    }
    // The number must stay until it has been read.
    try world.barrier()
    // Refused before switched off: where the system refuses, the program itself switches it off.
    if neighbours.count == 1, !world.isAlone {
      self = .notNeeded
    } else if error != 0 {
      self = .refused(String(cString: strerror(error)))
    } else {
      self = environment["OMPI_MCA_btl_vader_single_copy_mechanism"] == "none" ? .switchedOff : .works
    }
  }
}

/// The addresses a name leads to, numeric, each once.
private func numericAddresses(of name: String) -> [String] {
  var list: UnsafeMutablePointer<addrinfo>?
  guard getaddrinfo(name, nil, nil, &list) == 0 else { return [] }
  defer { freeaddrinfo(list) }
  var addresses: [String] = []
  var next = list
  while let entry = next {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = getnameinfo(
      entry.pointee.ai_addr, entry.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    let address = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    if code == 0, !addresses.contains(address) { addresses.append(address) }
    next = entry.pointee.ai_next
  }
  return addresses
}
