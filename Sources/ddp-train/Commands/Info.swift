import ArgumentParser
import CGuard
import CSIMD
import CSME2
import DataParallel
import GPT
import Laboratory
import MPI
import Schemas
import Values

struct Info: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what a checkpoint or a safetensors file holds, or what this build and machine can do.",
    discussion: """
      With a file: whether it is whole, its model, and of a checkpoint the step, the loss, the learning rate, the data and \
      the options of its run; of a folder the newest whole checkpoint, and a list of all. Nothing is changed.

      Without one: the version, the CPU, MPI and the ranks.
      """)

  @Argument(
    help: ArgumentHelp("A checkpoint, a safetensors file, or a folder of checkpoints.", valueName: "file"),
    completion: .file())
  var file: String?

  @Flag(help: "Of a file: print JSON.")
  var json = false

  static let oneTaskIsEnough = true

  func validate() throws {
    if json, file == nil { throw ValidationError("--json is of a file: name one") }
  }

  func run(on world: Communicator) throws {
    guard let file else { return try describeBuild(on: world) }
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let found = try ModelFile(path: file)
      print(json ? String(decoding: try SchemaJSON.encode(found).dropLast(), as: UTF8.self) : found.text)
    }
  }

  private func describeBuild(on world: Communicator) throws {
    let hosts = try world.allGather(Environment.processorName)
    let cpus = try world.allGather(String(cString: cguard_cpu_has()))
    guard world.rank == 0 else { return }
    var lines = [
      ("version", packageVersion),
      ("built for", String(cString: csimd_built_for())),
      ("this CPU has", Array(Set(cpus)).sorted().joined(separator: ", ")),
      ("vector lanes", "\(CSIMD_LANES) × 32-bit floats"),
      ("SME2", csme2_is_available() != 0 ? "\(csme2_vector_bits())-bit vectors" : "not present"),
      (
        "MPI",
        (Environment.libraryVersion.split(separator: ",").first.map(String.init) ?? "unknown")
          + ", built for \(Environment.versionBuiltFor)"
      ),
      ("ranks", "\(world.size)\(world.isAlone ? " (started without mpirun)" : "")"),
    ]
    let counts = Dictionary(hosts.map { ($0, 1) }, uniquingKeysWith: +)
    let ranksOnHosts = counts.sorted { $0.key < $1.key }.map { "\($0.key) (\(plural($0.value, "rank")))" }
    lines.append(("hosts", ranksOnHosts.joined(separator: ", ")))
    for line in Table(lines, [.words { $0.0 }, .words { $0.1 }]).lines() { print(line) }
  }
}
