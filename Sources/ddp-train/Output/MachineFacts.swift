import CSIMD
import DataParallel
import Foundation
import GPT
import Laboratory
import MPI
import Schemas
import Topology
import Values

extension Machine {
  /// This machine, as rank 0 sees it, and the hosts of all ranks. Collective.
  static func current(of world: Communicator) throws -> Machine {
    try Machine {
      ($0.cpu, $0.isa, $0.cores) = (cpuName, String(cString: csimd_built_for()), allowedCPUs().count)
      ($0.ranks, $0.hosts) = (world.size, try world.allGather(Environment.processorName))
      ($0.system, $0.version) = (operatingSystem, packageVersion)
      $0.mpi = Environment.libraryVersion.split(separator: ",").first.map(String.init) ?? "unknown"
      ($0.command, $0.date) = (commandLine(world), now)
    }
  }

  /// The kernel's name for the CPU; Arm kernels give numbers, of which the common ones are known here.
  static var cpuName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    func field(_ name: String) -> String? {
      text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":").last
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    if let name = field("model name") { return name }
    guard let part = field("CPU part") else { return "unknown CPU" }
    let known = [
      "0xd0c": "Neoverse N1", "0xd40": "Neoverse V1", "0xd49": "Neoverse N2", "0xd4f": "Neoverse V2",
      "0xd83": "Neoverse V3AE", "0xd84": "Neoverse V3", "0xd8e": "Neoverse N3", "0xac3": "Ampere-1",
      "0xac4": "Ampere-1a",
    ]
    return known[part] ?? "CPU part \(part) of implementer \(field("CPU implementer") ?? "unknown")"
  }

  private static var operatingSystem: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    let release = withUnsafeBytes(of: &name.release) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    return "Linux \(release)"
  }

  /// For people: the day and the time of a result.
  static var now: String { Date().ISO8601Format() }

  /// As one would type it. What mpirun itself was given is not to be had.
  static func commandLine(_ world: Communicator) -> String {
    let program = (CommandLine.arguments.first.map { ($0 as NSString).lastPathComponent }) ?? "ddp-train"
    let own = ([program] + CommandLine.arguments.dropFirst()).joined(separator: " ")
    return world.isAlone ? own : "mpirun -np \(world.size) \(own)"
  }
}

extension SweepMachine {
  /// What of it a search keeps.
  init(_ machine: Machine) {
    self.init()
    (cpu, isa, version) = (machine.cpu, machine.isa, machine.version)
    (date, command) = (machine.date, machine.command)
  }
}

extension HandOutWait {
  /// - Parameter waits: at least one.
  init(_ waits: [Double]) {
    self.init()
    let sample = Sample(waits)
    (median, longest) = (sample.median, waits.max() ?? .nan)
  }
}
