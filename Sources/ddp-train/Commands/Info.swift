import ArgumentParser
import CGuard
import CSIMD
import CSME2
import DataParallel
import GPT
import Laboratory
import MPI
import Schemas
import Topology
import Values

struct Info: JobCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print what a checkpoint, a safetensors file, a step or this build and machine come to.",
    discussion: """
      With a file: whether it is whole, its model, and of a checkpoint the step, the loss, the learning rate, the data and \
      the options of its run; of a folder the newest whole checkpoint, and a list of all. Nothing is changed.

      Without one: the version, the CPU, MPI and the ranks.

      With --model: what a step of one core comes to on the project's names, width by width: parameters; operations, \
      padded (6 · parameters · 16 positions of each name), nominal (predicted positions alone) and really done; bytes of \
      each array and of each phase, and the cache that holds them; operations per byte. With --measure also the \
      roofline: this core's peak, its bandwidth out of each level, and what a phase could come to at most.
      """)

  @Argument(
    help: ArgumentHelp("A checkpoint, a safetensors file, or a folder of checkpoints.", valueName: "file"),
    completion: .file())
  var file: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "A width, and names in a batch (default: 16 names).", valueName: "C [B]"))
  var model: [Int] = []

  @Flag(help: "Steps of all the usual widths, as --model has them of one.")
  var models = false

  @Flag(help: "Of --model and --models: measure this core, for about 4 seconds.")
  var measure = false

  @Flag(help: "Of a file, --model and --models: print JSON.")
  var json = false

  static let oneTaskIsEnough = true

  func validate() throws {
    let isOfModels = models || !model.isEmpty
    if json, file == nil, !isOfModels { throw ValidationError("--json is of a file, --model or --models: name one") }
    if measure, !isOfModels { throw ValidationError("--measure is of --model or --models: name a width") }
    if isOfModels, file != nil { throw ValidationError("a file says itself what its model is: leave --model out") }
    if models, !model.isEmpty { throw ValidationError("--models has all widths: leave --model out") }
    guard model.count <= 2 else { throw ValidationError("--model takes a width and a batch, and no more") }
    for (value, range) in zip(model, [Ranges.dModel, Ranges.batch]) where !range.range.contains(value) {
      throw ValidationError("--model: \(range.name) \(value) is not \(range.words)")
    }
  }

  func run(on world: Communicator) throws {
    guard !models, model.isEmpty else { return try describeSteps(on: world) }
    guard let file else { return try describeBuild(on: world) }
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let found = try ModelFile(path: file)
      print(json ? String(decoding: try SchemaJSON.encode(found).dropLast(), as: UTF8.self) : found.text)
    }
  }

  private func describeSteps(on world: Communicator) throws {
    let batch = model.count > 1 ? model[1] : 16
    let shapes = try onEveryRank(of: world) {
      try (models ? Self.usualWidths : [model[0]]).map { try Shape(dModel: $0, heads: nil) }
    }
    try onEveryRank(of: world) {
      guard world.rank == 0 else { return }
      let names = try ProjectFiles.names()
      var found = RooflineFile()
      (found.isa, found.origin) = (String(cString: csimd_built_for()), Origin(of: world))
      let core = measure ? Core.pin() : nil
      found.levels = RooflineFile.levels(caches: Self.caches(of: core))
      if measure { try add(to: &found, core: core) } else { found.forgetMeasuredBytes() }
      found.models = shapes.map { shape in
        found.size(shape, batch: batch, StepSize(shape: shape, batch: batch, engine: EngineOptions(), names: names))
      }
      print(json ? String(decoding: try SchemaJSON.encode(found).dropLast(), as: UTF8.self) : found.text)
    }
  }

  private static let usualWidths = [16, 32, 64, 128, 256, 512, 1024]

  /// Of the core that this process is on, the nearest first; empty where the system does not tell.
  private static func caches(of core: Int?) -> [(level: Int, bytes: Int, cpus: Int)] {
    guard let topology = try? Topology(), let cpu = core ?? allowedCPUs().first ?? topology.cpus.first else {
      return []
    }
    let own = topology.caches.filter { $0.cpus.contains(cpu) && $0.bytes > 0 }
    return own.map { ($0.level, $0.bytes, $0.cpus.count) }
  }

  private func add(to found: inout RooflineFile, core: Int?) throws {
    let arrays = found.levels.compactMap(\.measuredBytes)
    var need = MemoryNeed()
    need.touched = arrays.max() ?? 0
    (need.reserved, need.largest) = (need.touched, need.touched)
    if let obstacle = memoryObstacle(to: need, ranksOnHost: 1) { throw CommandFailure("--measure \(obstacle)") }
    let measurement = RooflineMeasurement(bytes: arrays)
    try measurement.run(seconds: Rehearsal.isOn ? 0 : 3)
    try StopSignal.check()
    found.core = core
    found.add(measurement)
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
