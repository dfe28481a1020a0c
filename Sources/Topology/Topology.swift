import CHwloc

/// A machine's CPUs: which share a core, a cache, a package, a NUMA domain, and which are of one kind.
///
/// A CPU is what the operating system schedules on, a hardware thread, and has the system's number. What is switched off
/// is not in it; what a control group forbids is. Objects of one kind stand in hwloc's order, in which neighbours share
/// the most; their CPUs ascend.
///
/// Source: hwloc (Broquedis et al., "hwloc: a generic framework for managing hardware affinities in HPC applications",
/// 2010), which Open MPI uses too.
public struct Topology: Equatable, Sendable {
  /// The hardware threads of each core, which have one set of floating-point units.
  public let cores: [[Int]]
  /// The CPUs of each socket.
  public let packages: [[Int]]
  /// Caches for data, the smallest level first.
  public let caches: [Cache]
  public let numaDomains: [NUMADomain]
  /// Kinds of cores, the slowest first; one or none where all are alike. hwloc knows kinds since 2.4.
  public let kinds: [Kind]
  /// False where an environment variable such as HWLOC_SYNTHETIC or HWLOC_XMLFILE, or the source, describes another machine.
  /// HWLOC_THISSYSTEM=1 says that it is this one all the same.
  public let isThisMachine: Bool
  /// The CPUs that control groups allow this process. Its own mask, which a launcher sets, is not part of it.
  public let allowed: [Int]
  /// False where the system does not say which CPUs share a core; then each counts as a core.
  public let coresAreKnown: Bool

  public struct Cache: Equatable, Sendable {
    /// 1 is the nearest to the core.
    public let level: Int
    public let bytes: Int
    /// Those that share it.
    public let cpus: [Int]
  }

  public struct NUMADomain: Equatable, Sendable {
    /// The system's number.
    public let number: Int
    /// Its memory; 0 where the system does not tell.
    public let bytes: Int
    /// The nearest. Memory without CPUs of its own has those of the part of the machine that it belongs to.
    public let cpus: [Int]
    /// To each domain in order, relative to each other: 10 is a domain's own memory. Empty where the system does not tell.
    public let distances: [Int]
  }

  /// Cores that are alike, such as a processor's performance cores.
  public struct Kind: Codable, Equatable, Sendable {
    public let cpus: [Int]
    /// From 0 for the slowest kind; nil where the system does not say which is faster.
    public let efficiency: Int?

    public init(cpus: [Int], efficiency: Int?) { (self.cpus, self.efficiency) = (cpus, efficiency) }
  }

  public enum Source: Sendable {
    /// Or the machine that HWLOC_SYNTHETIC, HWLOC_XMLFILE or another of hwloc's variables describes.
    case thisMachine
    /// A file that `lstopo --of xml` wrote.
    case xml(path: String)
    /// In hwloc's words, outermost first: "pack:2 l3:4 core:8 pu:2".
    case synthetic(String)
  }

  /// All CPUs that are switched on, ascending.
  public var cpus: [Int] { cores.joined().sorted() }

  /// Takes 3 ms for a machine of 2 CPUs, the first time 11.
  public init(_ source: Source = .thisMachine) throws(TopologyError) {
    guard let hwloc else { throw TopologyError(description: "there is no hwloc 2 here (libhwloc.so.15)") }
    var handle: hwloc_topology_t?
    guard hwloc.topology_init(&handle) == 0, let handle else { throw TopologyError(source: source) }
    defer { hwloc.topology_destroy(handle) }
    let isAccepted =
      switch source {
      case .thisMachine: true
      case .xml(let path): hwloc.topology_set_xml(handle, path) == 0
      case .synthetic(let description): hwloc.topology_set_synthetic(handle, description) == 0
      }
    guard isAccepted, hwloc.topology_set_flags(handle, hwloc.flags) == 0, hwloc.topology_load(handle) == 0 else {
      throw TopologyError(source: source)
    }
    self.init(loaded: handle, hwloc)
  }

  private init(loaded handle: hwloc_topology_t, _ hwloc: chwloc_functions) {
    func objects(_ type: hwloc_obj_type_t) -> [hwloc_obj] {
      let depth = hwloc.get_type_depth(handle, type)
      return (0..<hwloc.get_nbobjs_by_depth(handle, depth)).compactMap {
        hwloc.get_obj_by_depth(handle, depth, $0)?.pointee
      }
    }
    let known = objects(HWLOC_OBJ_CORE).map { numbers(in: $0.cpuset) }
    coresAreKnown = !known.isEmpty
    cores = coresAreKnown ? known : objects(HWLOC_OBJ_PU).map { numbers(in: $0.cpuset) }
    packages = objects(HWLOC_OBJ_PACKAGE).map { numbers(in: $0.cpuset) }
    let types = [HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE]
    caches = types.enumerated().flatMap { index, type in
      objects(type).map {
        Cache(level: index + 1, bytes: Int($0.attr?.pointee.cache.size ?? 0), cpus: numbers(in: $0.cpuset))
      }
    }
    let domains = objects(HWLOC_OBJ_NUMANODE)
    let distances = latencies(handle, hwloc, between: domains.count)
    numaDomains = domains.enumerated().map { index, domain in
      NUMADomain(
        number: Int(domain.os_index), bytes: Int(domain.attr?.pointee.numanode.local_memory ?? 0),
        cpus: numbers(in: domain.cpuset), distances: distances.isEmpty ? [] : distances[index])
    }
    kinds = cpuKinds(handle, hwloc)
    isThisMachine = hwloc.topology_is_thissystem(handle) != 0
    allowed = numbers(in: hwloc.topology_get_allowed_cpuset(handle))
  }
}

/// Why a topology could not be read. hwloc says no more than that.
public struct TopologyError: Error, Sendable, CustomStringConvertible {
  public let description: String

  init(description: String) { self.description = description }

  init(source: Topology.Source) {
    description =
      switch source {
      case .thisMachine: "hwloc cannot read this machine's topology"
      case .xml(let path): "\(path): is not a topology that hwloc can read"
      case .synthetic(let text): "\"\(text)\" is not a topology in hwloc's words"
      }
  }
}

/// Nil where there is none on this machine.
private let hwloc = chwloc_load()?.pointee

/// The numbers of a set, ascending.
private func numbers(in set: hwloc_const_cpuset_t?) -> [Int] {
  guard let set, let hwloc else { return [] }
  return Array(sequence(first: hwloc.bitmap_first(set)) { hwloc.bitmap_next(set, $0) }.prefix { $0 >= 0 }.map(Int.init))
}

private func cpuKinds(_ handle: hwloc_topology_t, _ hwloc: chwloc_functions) -> [Topology.Kind] {
  guard let count = hwloc.cpukinds_get_nr, let information = hwloc.cpukinds_get_info, let set = hwloc.bitmap_alloc()
  else {
    return []
  }
  defer { hwloc.bitmap_free(set) }
  return (0..<max(0, count(handle, 0))).compactMap { index in
    var efficiency: Int32 = -1
    guard information(handle, UInt32(index), set, &efficiency, nil, nil, 0) == 0 else { return nil }
    return Topology.Kind(cpus: numbers(in: set), efficiency: efficiency < 0 ? nil : Int(efficiency))
  }
}

/// (count, count) relative latencies of memory; empty where the system tells none.
private func latencies(_ handle: hwloc_topology_t, _ hwloc: chwloc_functions, between count: Int) -> [[Int]] {
  var found: UnsafeMutablePointer<hwloc_distances_s>?
  var matrices: UInt32 = 1
  let kind = UInt(HWLOC_DISTANCES_KIND_MEANS_LATENCY.rawValue)
  guard hwloc.distances_get_by_type(handle, HWLOC_OBJ_NUMANODE, &matrices, &found, kind, 0) == 0, let found else {
    return []
  }
  defer { hwloc.distances_release(handle, found) }
  guard Int(found.pointee.nbobjs) == count, let values = found.pointee.values else { return [] }
  return (0..<count).map { row in (0..<count).map { Int(values[row * count + $0]) } }
}
