import ArgumentParser
import CGuard
import CSIMD
import CSME2
import DataParallel
import GPT
import Laboratory
import MPI
import Values

struct Info: JobCommand {
  static let configuration = CommandConfiguration(abstract: "Print what this build and this machine can do.")

  static let oneTaskIsEnough = true

  func run(on world: Communicator) throws {
    let hosts = try world.allGather(Environment.processorName)
    let cpus = try world.allGather(String(cString: cguard_cpu_has()))
    guard world.rank == 0 else { return }
    var lines = [
      ("version", DDPTrain.version),
      ("built for", String(cString: csimd_built_for())),
      ("this CPU has", Array(Set(cpus)).sorted().joined(separator: ", ")),
      ("vector lanes", "\(CSIMD_LANES) × 32-bit floats"),
      ("SME2", csme2_is_available() != 0 ? "\(csme2_vector_bits())-bit vectors" : "not present"),
      ("MPI", Environment.libraryVersion.split(separator: ",").first.map(String.init) ?? "unknown"),
      ("ranks", "\(world.size)\(world.isAlone ? " (started without mpirun)" : "")"),
    ]
    let counts = Dictionary(hosts.map { ($0, 1) }, uniquingKeysWith: +)
    let ranksOnHosts = counts.sorted { $0.key < $1.key }.map { "\($0.key) (\(plural($0.value, "rank")))" }
    lines.append(("hosts", ranksOnHosts.joined(separator: ", ")))
    for line in Table(lines, [.words { $0.0 }, .words { $0.1 }]).lines() { print(line) }
  }
}
