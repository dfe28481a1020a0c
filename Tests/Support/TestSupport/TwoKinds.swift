/// A machine of fast cores, with the first numbers, and slow ones, as `lstopo --of xml` writes it: one package, one hardware
/// thread per core, at most 32.
public func machineOfTwoKinds(fast: Int, slow: Int) -> String {
  func hex(_ cpus: Range<Int>) -> String { "0x" + String((1 << cpus.upperBound) - (1 << cpus.lowerBound), radix: 16) }
  let all = hex(0..<fast + slow)
  func sets(_ cpus: String) -> String {
    "cpuset=\"\(cpus)\" complete_cpuset=\"\(cpus)\" nodeset=\"0x1\" complete_nodeset=\"0x1\""
  }
  let cores = (0..<fast + slow).map { number in
    let sets = sets(hex(number..<number + 1))
    return """
      <object type="Core" os_index="\(number)" \(sets) gp_index="\(2 * number + 10)">
        <object type="PU" os_index="\(number)" \(sets) gp_index="\(2 * number + 11)"/>
      </object>
      """
  }
  return """
    <?xml version="1.0" encoding="UTF-8"?>
    <!DOCTYPE topology SYSTEM "hwloc2.dtd">
    <topology version="2.0">
      <object type="Machine" os_index="0" \(sets(all)) allowed_cpuset="\(all)" allowed_nodeset="0x1" gp_index="1">
        <object type="Package" os_index="0" \(sets(all)) gp_index="2">
          <object type="NUMANode" os_index="0" \(sets(all)) gp_index="3" local_memory="1073741824"/>
          \(cores.joined(separator: "\n"))
        </object>
      </object>
      <cpukind cpuset="\(hex(fast..<fast + slow))" forced_efficiency="0"/>
      <cpukind cpuset="\(hex(0..<fast))" forced_efficiency="1"/>
    </topology>
    """
}
