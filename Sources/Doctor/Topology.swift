/// CPUs and the cores they belong to: hardware threads of one core have one set of floating-point units.
extension SystemFiles {
  /// CPUs that are plugged in and on, ascending; empty where the system does not tell.
  var onlineCPUs: [Int] { expandedList(line("/sys/devices/system/cpu/online") ?? "") }

  /// The hardware threads of each core among `cpus`, ascending. A CPU whose core is not told counts as one.
  func cores(of cpus: [Int]) -> [[Int]] {
    var seen: Set<Int> = []
    var cores: [[Int]] = []
    for cpu in cpus where !seen.contains(cpu) {
      let folder = "/sys/devices/system/cpu/cpu\(cpu)/topology/"
      // Newer kernels call it by the first name.
      let list = line(folder + "core_cpus_list") ?? line(folder + "thread_siblings_list") ?? "\(cpu)"
      let core = expandedList(list).filter { cpus.contains($0) }
      seen.formUnion(core)
      cores.append(core)
    }
    return cores
  }

  /// The CPUs that Open MPI's starter on this host may use: what ranks had before it bound them. Nil without one.
  ///
  /// - Parameter process: the rank's.
  func launcherCPUs(above process: Int32) -> [Int]? {
    let launchers: Set = ["mpirun", "mpiexec", "orterun", "orted", "prterun", "prted"]
    var next = process
    for _ in 0..<32 {
      let status = "/proc/\(next)/status"
      guard let parent = value("PPid", in: status).flatMap({ Int32($0) }), parent > 0 else { return nil }
      let above = "/proc/\(parent)/status"
      // mpirun is often a link to orterun; the kernel's name is the one it was started by, cut to 15 characters.
      if let name = value("Name", in: above), launchers.contains(String(name.prefix { $0 != "." })) {
        return value("Cpus_allowed_list", in: above).map(expandedList)
      }
      next = parent
    }
    return nil
  }
}
