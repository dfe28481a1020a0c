import Glibc

extension Topology {
  /// The CPUs of each NUMA domain that has some, each set once, neighbours together: memory without CPUs of its own has
  /// those of another domain.
  public var memoryDomains: [[Int]] {
    var found: [[Int]] = []
    for domain in numaDomains where !domain.cpus.isEmpty && !found.contains(domain.cpus) { found.append(domain.cpus) }
    return found
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
