import Glibc

extension Topology {
  /// The CPUs of each NUMA domain that has CPUs of its own, neighbours together. No CPU is in two of them.
  public var memoryDomains: [[Int]] {
    // Memory that belongs to a larger part of the machine, or a second one of the same part, is no domain of its own.
    let all = numaDomains.map { Set($0.cpus) }
    let smallest = all.indices.filter { index in
      !all[index].isEmpty && !all.contains { !$0.isEmpty && $0.isStrictSubset(of: all[index]) }
        && all.firstIndex(of: all[index]) == index
    }
    return smallest.map { numaDomains[$0].cpus }
  }

  /// Whether hwloc might know of more than one NUMA domain: one file is read, where reading the topology takes
  /// milliseconds.
  public static var mayHaveSeveralNUMADomains: Bool {
    // hwloc's own variables name another machine.
    if getenv("HWLOC_SYNTHETIC") != nil || getenv("HWLOC_XMLFILE") != nil { return true }
    guard let file = fopen("/sys/devices/system/node/online", "re") else { return false }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 64)
    guard fgets(&text, CInt(text.count), file) != nil else { return false }
    // "0-1" or "0,2"
    return text.contains { $0 == CChar(UInt8(ascii: "-")) || $0 == CChar(UInt8(ascii: ",")) }
  }
}
