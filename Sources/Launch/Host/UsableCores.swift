import Topology

/// The cores that a job started by this process may use on this host.
public struct UsableCores: Equatable, Sendable {
  /// For each core those of its hardware threads that the job may use, ascending. Neighbours stand together, one NUMA domain
  /// after the other. Hardware threads of one core share its floating-point units, so they count once.
  public let cores: [[Int]]
  /// Whole cores' worth of time that control groups pay for; nil where there is no quota. 0.5 CPUs are 1: one rank can still
  /// work.
  public let quota: Int?

  /// The cores that can really work at the same time.
  public var count: Int { min(cores.count, quota ?? cores.count) }

  /// - Parameters:
  ///   - mask: the CPUs that the process may use.
  ///   - cores: those of the machine, each by its hardware threads; nil where they are not known. Then each CPU counts as one.
  ///   - quota: CPUs' worth of time; nil without a limit.
  public init(mask: [Int], cores: [[Int]]?, quota: Double?) {
    let allowed = Set(mask)
    // A mask may name CPUs that are off.
    self.cores = (cores ?? mask.map { [$0] }).map { $0.filter(allowed.contains) }.filter { !$0.isEmpty }
    self.quota = quota.map(wholeCPUs)
  }

  /// Asks the system.
  public static func ofThisHost() -> UsableCores {
    let topology = try? Topology()
    // Another machine's cores, which hwloc's variables describe, are not those that ranks can be bound to.
    let cores = topology.flatMap { $0.isThisMachine ? $0.cores : nil }
    return UsableCores(mask: allowedCPUs(), cores: cores, quota: ControlGroups(SystemFiles()).quota)
  }
}

/// The ranks that so many CPUs' worth of time pay for: rounded down, at least 1.
public func wholeCPUs(_ quota: Double) -> Int {
  // A quota is a quotient: 2.9999 is meant to be 3.
  max(1, Int(min(quota, 1e6) + 0.001))
}
